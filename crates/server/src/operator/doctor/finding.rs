//! What may be found, in words: the table of `docs/doctor.md` is printed from here.

use serde_json::{Value, json};

use super::kinds::KINDS;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It works, and will not always, or not as safely as it should.
    Warning,
    /// Something does not work, or is open to others.
    Error,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What.
    pub kind: Kind,
    /// Where, and with which numbers. Never a secret.
    pub about: String,
}

impl Finding {
    /// The finding for programs.
    pub(super) fn value(&self) -> Value {
        let words = self.kind.described();
        json!({
            "code": words.code, "severity": words.severity.name(), "about": self.about,
            "means": words.means, "remedy": words.remedy,
        })
    }

    /// The finding for people.
    pub(super) fn lines(&self) -> [String; 3] {
        let words = self.kind.described();
        [
            format!("{} {}: {}", words.severity.name(), words.code, self.about),
            format!("    {}", words.means),
            format!("    what to do: {}", words.remedy),
        ]
    }
}

/// What may be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `settings.unreadable`
    SettingsUnreadable,
    /// `settings.elsewhere`
    SettingsElsewhere,
    /// `key.missing`
    KeyMissing,
    /// `key.unusable`
    KeyUnusable,
    /// `key.readable_by_others`
    KeyOpen,
    /// `key.wrong`
    KeyWrong,
    /// `key.unfinished`
    KeyWaits,
    /// `key.old`
    KeyOld,
    /// `data.readable_by_others`
    DataOpen,
    /// `data.not_writable`
    DataUnwritable,
    /// `data.in_memory`
    DataFleeting,
    /// `disk.full`
    DiskFull,
    /// `disk.little`
    DiskLittle,
    /// `store.unreachable`
    StoreUnreachable,
    /// `store.newer_schema`
    StoreNewer,
    /// `store.older_schema`
    StoreOlder,
    /// `store.not_durable`
    StoreNotDurable,
    /// `store.journal`
    StoreJournal,
    /// `clock.apart`
    ClockApart,
    /// `clock.behind_events`
    ClockBehind,
    /// `clock.not_compared`
    ClockUnchecked,
    /// `audit.signature`
    AuditKey,
    /// `tls.unusable`
    TlsUnusable,
    /// `tls.not_valid`
    TlsExpired,
    /// `tls.ends_soon`
    TlsEnds,
    /// `tls.other_name`
    TlsName,
    /// `tls.chain`
    TlsChain,
    /// `public_url.missing`
    UrlMissing,
    /// `public_url.plain`
    UrlPlain,
    /// `listen.unusable`
    ListenUnusable,
    /// `listen.taken`
    ListenTaken,
    /// `listen.open`
    ListenOpen,
    /// `proxies.everybody`
    ProxiesWide,
    /// `tenant.no_policy`
    TenantNoPolicy,
    /// `client.weak_secret`
    ClientWeak,
    /// `site.weak_secret`
    SiteWeak,
    /// `okay.weak_secret`
    OkayWeak,
    /// `authenticator.published_key`
    KeyPublished,
    /// `callback.unreachable`
    CallbackUnreachable,
    /// `callback.internal`
    CallbackInternal,
    /// `callback.plain`
    CallbackPlain,
    /// `delivery.unreachable`
    DeliveryUnreachable,
    /// `sign_up.without_mail`
    SignUpWithoutMail,
    /// `doctor.cut_short`
    CutShort,
}

/// A kind of findings in words.
pub struct Described {
    /// The kind.
    pub kind: Kind,
    /// Its name for programs.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it means.
    pub means: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl Kind {
    /// Its words.
    pub fn described(self) -> &'static Described {
        let found = KINDS.iter().find(|described| described.kind == self);
        found.expect("a test finds every kind in the table")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_has_its_words_once() {
        let codes: BTreeSet<_> = KINDS.iter().map(|described| described.code).collect();
        assert_eq!(codes.len(), KINDS.len());
        for described in &KINDS {
            assert_eq!(described.kind.described().code, described.code);
            assert!(described.means.ends_with('.') && described.remedy.ends_with('.'));
        }
    }
}
