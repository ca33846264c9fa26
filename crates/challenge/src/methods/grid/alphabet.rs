//! The symbols of grids and cards, their labels, and what people type for them.

use zeroize::Zeroizing;

/// The 32 symbols: digits, and letters that are not taken for others (no i, l, o, q).
pub const SYMBOLS: &[u8; 32] = b"0123456789abcdefghjkmnprstuvwxyz";

/// The labels of the 22 columns, from west to east; rows are labelled 0 to 9, from north to south.
pub const LABELS: &str = "ABCDEFGHJKMNPRSTUVWXYZ";

/// What was typed, as it is compared: without white space, in lower case, and with the digits that
/// an O, an I or an L was meant for (no grid or card has these letters).
pub fn normalised(unverified: &str) -> Zeroizing<String> {
    // Room for all of it at once: a string that grows leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(unverified.len()));
    let typed = unverified.chars().filter(|typed| !typed.is_whitespace());
    text.extend(typed.map(|typed| match typed.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    }));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_symbol_and_no_label_is_one_that_people_take_for_another() {
        assert!(SYMBOLS.is_sorted());
        assert!(SYMBOLS.iter().all(|symbol| !b"iloq".contains(symbol)));
        let letters: Vec<u8> = SYMBOLS[10..].to_ascii_uppercase();
        assert_eq!(letters, LABELS.as_bytes());
    }

    #[test]
    fn what_people_type_is_read_as_they_meant_it() {
        for (typed, meant) in [
            (" Mx4B6\r\n", "mx4b6"),
            ("mx4 b6", "mx4b6"),
            ("OoIiLl", "001111"),
            ("q-é", "q-é"),
            ("\u{a0}\u{2003}", ""),
        ] {
            assert_eq!(normalised(typed).as_str(), meant, "{typed}");
        }
    }

    #[test]
    fn every_symbol_stays_what_it_is() {
        let all = std::str::from_utf8(SYMBOLS).unwrap();
        assert_eq!(normalised(all).as_str(), all);
        assert_eq!(normalised(&all.to_uppercase()).as_str(), all);
    }
}
