//! The words of all kinds of findings.

use super::finding::Severity::{Error, Note, Warning};
use super::finding::{Described, Kind, Severity};

const fn described(
    (kind, code): (Kind, &'static str),
    severity: Severity,
    means: &'static str,
    remedy: &'static str,
) -> Described {
    Described {
        kind,
        code,
        severity,
        means,
        remedy,
    }
}

/// All kinds, in the order in which they are looked for.
pub static KINDS: [Described; 44] = [
    described(
        (Kind::SettingsUnreadable, "settings.unreadable"),
        Error,
        "No command can read its settings.",
        "Correct what is named; `countersign serve --help` lists the settings.",
    ),
    described(
        (Kind::SettingsElsewhere, "settings.elsewhere"),
        Warning,
        "A part of the file is for another command and is not in force by this one.",
        "Run `countersign apply` with the file, or take that part out.",
    ),
    described(
        (Kind::KeyMissing, "key.missing"),
        Error,
        "Without the master key nothing that is sealed opens, and no server starts.",
        "Put the key file back from its copy; only for a new server run `countersign init`.",
    ),
    described(
        (Kind::KeyUnusable, "key.unusable"),
        Error,
        "The master key is there and cannot be read.",
        "Correct what is named, or put the file back from its copy.",
    ),
    described(
        (Kind::KeyOpen, "key.readable_by_others"),
        Error,
        "Others on this machine can read the master key, and with the database every secret.",
        "Run `chmod 600` on the file, and `countersign key rotate` if somebody may have read it.",
    ),
    described(
        (Kind::KeyWrong, "key.wrong"),
        Error,
        "The master key is not the one that this database was sealed under.",
        "Put the right key file in its place.",
    ),
    described(
        (Kind::KeyWaits, "key.unfinished"),
        Warning,
        "A change of the master key was begun and not ended.",
        "Run `countersign key rotate` again; it goes on where it was.",
    ),
    described(
        (Kind::KeyOld, "key.old"),
        Warning,
        "The master key has been in use for more than two years.",
        "Run `countersign key rotate`.",
    ),
    described(
        (Kind::DataOpen, "data.readable_by_others"),
        Warning,
        "Others on this machine can look into the data folder.",
        "Run `chmod 700` on the folder.",
    ),
    described(
        (Kind::DataUnwritable, "data.not_writable"),
        Error,
        "A file in the data folder cannot be written and brought to disk.",
        "Give the server's user the folder, and look at the disk.",
    ),
    described(
        (Kind::DataFleeting, "data.in_memory"),
        Error,
        "The database is on a file system in memory: it is gone when the machine stops.",
        "Move it to a disk (`--data`, `--store`).",
    ),
    described(
        (Kind::DiskFull, "disk.full"),
        Error,
        "The disk of the database is nearly full: soon nothing can be answered.",
        "Make room.",
    ),
    described(
        (Kind::DiskLittle, "disk.little"),
        Warning,
        "The disk of the database has little room left.",
        "Make room, or keep the audit log for a shorter time (`audit_keep_days`).",
    ),
    described(
        (Kind::StoreUnreachable, "store.unreachable"),
        Error,
        "The database cannot be opened.",
        "Do what the message says.",
    ),
    described(
        (Kind::StoreNewer, "store.newer_schema"),
        Error,
        "A newer program wrote the database; this one does not understand it.",
        "Install the newer program.",
    ),
    described(
        (Kind::StoreOlder, "store.older_schema"),
        Note,
        "The database will be brought up to date by the next `serve`.",
        "Make a backup before.",
    ),
    described(
        (Kind::StoreNotDurable, "store.not_durable"),
        Warning,
        "The database may forget what it acknowledged, and a used code may count again.",
        "Set what is named, or start with `--require-durable`, which refuses such a database.",
    ),
    described(
        (Kind::StoreJournal, "store.journal"),
        Error,
        "The database file is not in the mode in which commits are safe (WAL); something else changed it.",
        "Let no other program open the file for writing; start the server once, which sets it.",
    ),
    described(
        (Kind::ClockApart, "clock.apart"),
        Error,
        "This machine's clock and the database's differ: codes by time, locks and expiry are decided by this one.",
        "Let both be set by a time service (chrony, systemd-timesyncd).",
    ),
    described(
        (Kind::ClockBehind, "clock.behind_events"),
        Error,
        "The newest event is of the future: this clock was set back, or another node's is ahead.",
        "Set the clocks by a time service; until then, what expires does so late.",
    ),
    described(
        (Kind::ClockUnchecked, "clock.not_compared"),
        Note,
        "The clock was compared with the database's alone; no time source in the network is asked.",
        "Look at `timedatectl` or `chronyc tracking`.",
    ),
    described(
        (Kind::AuditKey, "audit.signature"),
        Error,
        "The end of the audit log's chain is not signed by a key that is here.",
        "Run `countersign audit verify`; if the key file is an old one, put the right one in its place.",
    ),
    described(
        (Kind::TlsUnusable, "tls.unusable"),
        Error,
        "The TLS listener cannot be opened with these files.",
        "Correct what is named.",
    ),
    described(
        (Kind::TlsExpired, "tls.not_valid"),
        Error,
        "Clients refuse the certificate: its time is over, or has not begun.",
        "Renew it; the server reads the files again by itself.",
    ),
    described(
        (Kind::TlsEnds, "tls.ends_soon"),
        Warning,
        "The certificate is valid for less than three weeks more.",
        "Renew it; the server reads the files again by itself.",
    ),
    described(
        (Kind::TlsName, "tls.other_name"),
        Error,
        "The certificate is for other names than the one that clients ask for.",
        "Get one for the name in `public_url`, or correct `public_url`.",
    ),
    described(
        (Kind::TlsChain, "tls.chain"),
        Warning,
        "The certificates in the file do not follow one after the other up to an authority, so that some clients refuse them.",
        "Put the server's own first, then each one that signed the one before.",
    ),
    described(
        (Kind::UrlMissing, "public_url.missing"),
        Note,
        "Links, QR codes and discovery documents name the listener's own address.",
        "Set `public_url` once others than this machine are to reach the server.",
    ),
    described(
        (Kind::UrlPlain, "public_url.plain"),
        Warning,
        "Clients are told an http:// address: what they send can be read on the way.",
        "Set `public_url` to https://, with `[tls]` or a proxy in front.",
    ),
    described(
        (Kind::ListenUnusable, "listen.unusable"),
        Error,
        "The server cannot listen on this address.",
        "Choose another with `--listen`.",
    ),
    described(
        (Kind::ListenTaken, "listen.taken"),
        Warning,
        "Another program than this server listens on the address.",
        "End it, or choose another address with `--listen`.",
    ),
    described(
        (Kind::ListenOpen, "listen.open"),
        Warning,
        "The listener without TLS is reached from other machines, and no proxy is named that would be in front of it.",
        "Listen on 127.0.0.1, name the proxy in `trusted_proxies`, or set `[tls]`.",
    ),
    described(
        (Kind::ProxiesWide, "proxies.everybody"),
        Error,
        "So many addresses are believed when they say whom they speak for that a stranger may be among them: limits and the audit log can be lied to.",
        "Name the addresses of the proxies themselves in `trusted_proxies`.",
    ),
    described(
        (Kind::TenantNoPolicy, "tenant.no_policy"),
        Warning,
        "The tenant has no policy, so none of its authenticators can be used.",
        "Add a `[[tenant.policy]]` and name it at the authenticators.",
    ),
    described(
        (Kind::ClientWeak, "client.weak_secret"),
        Warning,
        "The client's secret is one that is tried first.",
        "Give it a new one, such as the output of `openssl rand -hex 32`.",
    ),
    described(
        (Kind::SiteWeak, "site.weak_secret"),
        Warning,
        "The site's secret is shorter than 32 bytes: whoever sees what is signed with it can try it out.",
        "Give it one of 64 characters, such as the output of `openssl rand -hex 32`.",
    ),
    described(
        (Kind::OkayWeak, "okay.weak_secret"),
        Warning,
        "The tenant's secret is shorter than 16 bytes: whoever sees what is signed with it can try it out.",
        "Agree on a longer one, such as the output of `openssl rand -hex 32`.",
    ),
    described(
        (Kind::KeyPublished, "authenticator.published_key"),
        Warning,
        "The authenticator has a key that stands in a published test vector: everybody can compute its codes.",
        "Enrol it again with a key of its own (`secret = { generate = true }`).",
    ),
    described(
        (Kind::CallbackUnreachable, "callback.unreachable"),
        Warning,
        "The tenant's callbacks cannot be delivered.",
        "Correct `callback_url`, or look at the receiver; what waits is tried again for days.",
    ),
    described(
        (Kind::CallbackInternal, "callback.internal"),
        Error,
        "The tenant's callbacks go to an address that is not public, which is refused.",
        "Give a public address, or set `allow_private_callback`.",
    ),
    described(
        (Kind::CallbackPlain, "callback.plain"),
        Warning,
        "The tenant's callbacks go over http:// to a public address: they can be read on the way.",
        "Give an https:// address.",
    ),
    described(
        (Kind::DeliveryUnreachable, "delivery.unreachable"),
        Error,
        "Codes and letters cannot be handed over.",
        "Correct `[delivery]`, or look at the mail server or the gateway.",
    ),
    described(
        (Kind::SignUpWithoutMail, "sign_up.without_mail"),
        Error,
        "Visitors may open accounts, and no mail server is set by which their addresses could be confirmed.",
        "Set `[delivery.smtp]`, or close signing up.",
    ),
    described(
        (Kind::CutShort, "doctor.cut_short"),
        Error,
        "Not everything could be looked at: there may be more to find.",
        "Do what the message says, and run it again.",
    ),
];
