//! The languages of the console, and which one a visitor gets: the one they chose, else the one that
//! their browser asks for, else English.

/// A language that every word is there in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Language {
    /// English, as it is written in Britain.
    #[default]
    English,
    /// French.
    French,
    /// German.
    German,
    /// Spanish.
    Spanish,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub(super) const ALL: [Self; 4] = [Self::English, Self::French, Self::German, Self::Spanish];

    /// The language's tag (BCP 47), which is its first two letters.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Spanish => "es",
        }
    }

    /// What its speakers call it.
    pub(super) fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
            Self::German => "Deutsch",
            Self::Spanish => "Español",
        }
    }

    /// What stands between the groups of three digits of a number.
    pub(super) fn thousands(self) -> char {
        match self {
            Self::English => ',',
            Self::German => '.',
            Self::French | Self::Spanish => '\u{202f}',
        }
    }

    /// What stands before the decimals of a number.
    pub(super) fn decimal(self) -> char {
        match self {
            Self::English => '.',
            Self::French | Self::German | Self::Spanish => ',',
        }
    }

    /// Whether a count takes the singular: zero does in French.
    pub(super) fn is_singular(self, count: u64) -> bool {
        count == 1 || (count == 0 && self == Self::French)
    }

    /// The language with this tag, regional forms included (`de-AT`).
    pub(super) fn from_tag(tag: &str) -> Option<Self> {
        let first = tag.split(['-', '_']).next().unwrap_or_default().trim();
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(first))
    }

    /// The first of the languages of an `Accept-Language` header (RFC 9110, section 12.5.4) that is there,
    /// by weight; in the header's order where weights are equal.
    pub(super) fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for entry in header.split(',').take(ENTRIES_MAX) {
            let mut parts = entry.split(';');
            let Some(language) = parts.next().and_then(Self::from_tag) else {
                continue;
            };
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse().ok());
            let weight: f32 = weight.unwrap_or(1.0);
            if weight > best.map_or(0.0, |(weight, _)| weight) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// Entries of the header that are looked at.
const ENTRIES_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_s_wish_goes_by_weight_then_order() {
        for (header, expected) in [
            ("de-AT,de;q=0.9,en;q=0.8", Some(Language::German)),
            ("nl, es;q=0.5, fr;q=0.7", Some(Language::French)),
            ("fr, de", Some(Language::French)),
            ("en;q=0, es;q=0.1", Some(Language::Spanish)),
            ("nl, *", None),
            ("", None),
            ("EN-gb", Some(Language::English)),
            ("fr;q=nonsense", Some(Language::French)),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }

    #[test]
    fn a_long_header_is_read_to_a_bound() {
        let header = format!("{}fr", "nl,".repeat(ENTRIES_MAX));
        assert_eq!(Language::accepted(&header), None);
    }
}
