//! What the kinds and states of authenticators are called. What a kind computes is the domain's matter.

use challenge::directory::provision::Kind;
use challenge::standing::Status;
use protocols::management::shapes::authenticators::AuthenticatorShown;

/// The kinds, those first that most people want.
pub(super) const KINDS: [Kind; 6] = [
    Kind::Totp,
    Kind::Hotp,
    Kind::Ocra,
    Kind::Grid,
    Kind::Card,
    Kind::OnDemand,
];

/// The kind of this name.
pub(super) fn named(name: &str) -> Option<Kind> {
    KINDS.into_iter().find(|kind| kind.name() == name)
}

/// The keys of the words for a kind: its name, and what it is.
pub(super) fn keys(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Totp => ("authenticators.totp", "authenticators.totp_text"),
        Kind::Hotp => ("authenticators.hotp", "authenticators.hotp_text"),
        Kind::Ocra => ("authenticators.ocra", "authenticators.ocra_text"),
        Kind::Grid => ("authenticators.grid", "authenticators.grid_text"),
        Kind::Card => ("authenticators.card", "authenticators.card_text"),
        Kind::OnDemand => ("authenticators.on_demand", "authenticators.on_demand_text"),
    }
}

/// The key of the word for a state, and how it is coloured.
pub(super) fn status(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Active => ("authenticators.active", "good"),
        Status::Locked => ("authenticators.locked", "bad"),
        Status::Revoked => ("authenticators.revoked", ""),
    }
}

/// What is not taken of one since the database was restored: the keys of the mark that it gets, and of what is to
/// be done. Of two counters it names the one that is found first.
pub(super) fn lost(one: &AuthenticatorShown) -> Option<(&'static str, &'static str)> {
    let mark = "authenticators.lost";
    if one.status == Status::Revoked {
        None
    } else if one.counter_is_lost && named(&one.kind).is_some_and(can_resynchronise) {
        Some((mark, "authenticators.lost_codes"))
    } else if one.counter_is_lost {
        Some((mark, "authenticators.lost_responses"))
    } else if one.signature_counter_is_lost {
        Some((mark, "authenticators.lost_signatures"))
    } else {
        let lost = ("authenticators.lost_for_good", "authenticators.lost_texts");
        one.texts_are_lost.then_some(lost)
    }
}

/// Whether two codes of a kind, one after the other, tell how far it has come.
pub(super) fn can_resynchronise(kind: Kind) -> bool {
    matches!(kind, Kind::Hotp | Kind::Totp)
}

/// Whether a kind has a key that is handed over as a QR code.
pub(super) fn has_key(kind: Kind) -> bool {
    matches!(kind, Kind::Hotp | Kind::Totp | Kind::Ocra)
}

/// Whether every authenticator app reads the address of such a key: that of OCRA is our own.
pub(super) fn is_common(kind: Kind) -> bool {
    matches!(kind, Kind::Hotp | Kind::Totp)
}
