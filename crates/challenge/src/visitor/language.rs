//! The languages in which visitors are asked.

/// A language that questions, descriptions and spoken codes come in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English, also for everybody whose language is none of these.
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
    /// All of them.
    pub const ALL: [Self; 4] = [Self::English, Self::French, Self::German, Self::Spanish];

    /// Its code (ISO 639-1).
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::German => "de",
            Self::Spanish => "es",
        }
    }

    /// The language of a tag such as `fr-CA` (RFC 5646), by its first part in any case.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let first = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.code().eq_ignore_ascii_case(first))
    }

    /// The number under which a ticket carries it.
    pub(super) fn number(self) -> u8 {
        match self {
            Self::English => 0,
            Self::French => 1,
            Self::German => 2,
            Self::Spanish => 3,
        }
    }

    pub(super) fn of_number(number: u8) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.number() == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_read_by_its_first_part_in_any_case() {
        for (tag, expected) in [
            ("fr", Some(Language::French)),
            ("fr-CA", Some(Language::French)),
            ("DE_at", Some(Language::German)),
            ("es-419", Some(Language::Spanish)),
            ("en", Some(Language::English)),
            ("eng", None),
            ("it", None),
            ("", None),
        ] {
            assert_eq!(Language::of_tag(tag), expected, "{tag}");
        }
    }
}
