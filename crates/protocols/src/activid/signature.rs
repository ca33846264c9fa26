//! The `context` parameter: the fields of a transaction as they come over the wire.
//!
//! Items are `NAME:VALUE:isForAudit`, separated by white space. A value may hold spaces and colons:
//! it ends at the first `:true` or `:false` that another item or the end of the text follows, as in
//! `(\w+):(.*?):(true|false)(?=\s+\w+:|\s*$)`. The scanner takes linear time on any text. What the
//! fields mean, and how they become a question, is in [`challenge::transaction`].

use challenge::policy::Limits;
use challenge::transaction::{self, Field};

use crate::activid::refusal::Refused;

/// Names that belong to requests of other kinds, and are read over.
const OTHERS: [&str; 2] = ["correlationId", "txID"];

/// One item, as it stands in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Item<'a> {
    name: &'a str,
    value: &'a str,
    audited: bool,
}

/// The fields to be signed, in order: each index from 1 on, once.
///
/// How many a policy wants is not looked at here.
pub(super) fn fields(context: &str) -> Result<Vec<Field>, Refused> {
    let mut fields = Vec::new();
    for item in items(context).ok_or_else(malformed)? {
        if OTHERS.contains(&item.name) {
            continue;
        }
        fields.push(Field {
            index: index_of(item.name).ok_or_else(|| unknown(item.name))?,
            name: item.name.to_owned(),
            value: item.value.to_owned(),
            audited: item.audited,
        });
    }
    if fields.is_empty() {
        return Ok(fields);
    }
    let any_number = Limits::default();
    transaction::in_order(fields, &any_number)
        .map_err(|error| Refused::Domain(challenge::refusal::Refusal::Transaction(error)))
}

fn malformed() -> Refused {
    Refused::Malformed("context is a list of NAME:VALUE:true or NAME:VALUE:false".to_owned())
}

fn unknown(name: &str) -> Refused {
    let name: String = name.chars().take(32).collect();
    Refused::Unsupported(format!(
        "context has an item {name}; known are sign1, sign2 and so on, correlationId and txID"
    ))
}

/// The N of `sign<N>`: plain decimals from 1, so that one index has one spelling.
fn index_of(name: &str) -> Option<u32> {
    let digits = name.strip_prefix("sign")?;
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// All items; nothing where the text is not a list of them.
fn items(text: &str) -> Option<Vec<Item<'_>>> {
    let mut items = Vec::new();
    let mut rest = text.trim_ascii_start();
    while !rest.is_empty() {
        let (name, body) = split_name(rest)?;
        let (value, audited, after) = split_value(body)?;
        items.push(Item {
            name,
            value,
            audited,
        });
        rest = after.trim_ascii_start();
    }
    Some(items)
}

/// A name, and what stands behind its colon.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_at(word_length(text));
    let rest = rest.strip_prefix(':')?;
    (!name.is_empty()).then_some((name, rest))
}

/// A value, its flag, and what stands behind them.
///
/// Between a flag and the end of what is looked at behind it there is no colon, and the search goes
/// on at the next colon: so no byte is looked at more than twice.
fn split_value(body: &str) -> Option<(&str, bool, &str)> {
    for (at, _) in body.match_indices(':') {
        let (value, flag) = (&body[..at], &body[at + 1..]);
        let found = [("true", true), ("false", false)]
            .into_iter()
            .find_map(|(word, audited)| Some((audited, flag.strip_prefix(word)?)));
        if let Some((audited, after)) = found
            && ends_item(after)
        {
            return Some((value, audited, after));
        }
    }
    None
}

/// Whether an item may end here: at the end of the text, or where white space and a name follow.
fn ends_item(after: &str) -> bool {
    let rest = after.trim_ascii_start();
    rest.is_empty() || (rest.len() < after.len() && split_name(rest).is_some())
}

/// Bytes of the name that the text begins with.
fn word_length(text: &str) -> usize {
    text.bytes()
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The grammar word for word, with every end of a value tried from the left.
    fn reference(text: &str) -> Option<Vec<(String, String, bool)>> {
        fn word(character: char) -> bool {
            character.is_ascii_alphanumeric() || character == '_'
        }
        fn follows(rest: &[char]) -> bool {
            let spaces = rest
                .iter()
                .take_while(|one| one.is_ascii_whitespace())
                .count();
            let letters = rest[spaces..].iter().take_while(|one| word(**one)).count();
            let named = spaces > 0 && letters > 0 && rest.get(spaces + letters) == Some(&':');
            named || spaces == rest.len()
        }
        let whole: Vec<char> = text.chars().collect();
        let (mut rest, mut found) = (&whole[..], Vec::new());
        loop {
            while rest.first().is_some_and(char::is_ascii_whitespace) {
                rest = &rest[1..];
            }
            if rest.is_empty() {
                return Some(found);
            }
            let letters = rest.iter().take_while(|one| word(**one)).count();
            if letters == 0 || rest.get(letters) != Some(&':') {
                return None;
            }
            let name = rest[..letters].iter().collect::<String>();
            let body = &rest[letters + 1..];
            let end = (0..body.len()).find_map(|at| {
                [(":true", true), (":false", false)]
                    .into_iter()
                    .find_map(|(flag, audited)| {
                        let flag: Vec<char> = flag.chars().collect();
                        let after = body[at..].strip_prefix(&flag[..])?;
                        follows(after).then_some((at, audited, after))
                    })
            });
            let (at, audited, after) = end?;
            found.push((name, body[..at].iter().collect(), audited));
            rest = after;
        }
    }

    fn plain(text: &str) -> Option<Vec<(String, String, bool)>> {
        let owned = |item: Item<'_>| (item.name.to_owned(), item.value.to_owned(), item.audited);
        items(text).map(|items| items.into_iter().map(owned).collect())
    }

    #[test]
    fn the_seeds_fields_are_read_with_and_without_the_space_at_the_end() {
        let text = "sign1:AccountId1:false sign2:TransactionId1:false sign3:10000:false";
        for text in [text, &format!("{text} ")] {
            let values: Vec<_> = fields(text)
                .unwrap()
                .into_iter()
                .map(|one| one.value)
                .collect();
            assert_eq!(values, ["AccountId1", "TransactionId1", "10000"]);
        }
    }

    #[test]
    fn a_value_may_hold_spaces_colons_and_flags() {
        let found = fields("sign2:a:b :true, x:false:true  sign1:rent for May: 2:false").unwrap();
        let plain: Vec<_> = found
            .iter()
            .map(|field| (field.name.as_str(), field.value.as_str(), field.audited))
            .collect();
        assert_eq!(
            plain,
            [
                ("sign1", "rent for May: 2", false),
                ("sign2", "a:b :true, x:false", true)
            ]
        );
    }

    #[test]
    fn names_of_other_requests_are_read_over_and_unknown_ones_refused() {
        assert_eq!(
            fields("correlationId:1123:false txID:95549:false").unwrap(),
            []
        );
        for text in [
            "amount:1:false",
            "sign:1:false",
            "sign0:1:false",
            "sign01:1:false",
            "sign1x:1:false",
            "Sign1:1:false",
            "sign99999999999:1:false",
            "sign1:1",
            "sign1:1:TRUE",
            "sign1",
            ":1:false",
            "sign\u{661}:1:false",
        ] {
            assert!(fields(text).is_err(), "{text}");
        }
    }

    #[test]
    fn indexes_stand_once_and_without_a_gap() {
        for text in [
            "sign1:1:false sign1:2:false",
            "sign2:1:false",
            "sign1:1:false sign3:1:false",
        ] {
            assert!(matches!(fields(text), Err(Refused::Domain(_))), "{text}");
        }
    }

    #[test]
    fn hostile_texts_of_the_largest_size_are_read_in_one_go() {
        let length = 64 * 1024;
        for piece in [
            ":",
            ":true",
            ":true ",
            ":true a",
            " ",
            "a",
            "a:",
            "a: ",
            ":false x:",
            "sign1:",
        ] {
            let text = format!("sign1:{}", piece.repeat(length / piece.len()));
            // A quadratic scanner takes minutes here.
            let _ = fields(&text);
        }
    }

    proptest! {
        #[test]
        fn the_scanner_agrees_with_the_grammar(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("sign1"), Just("sign2"), Just(":"), Just(":true"), Just(":false"),
                    Just(" "), Just("\t"), Just("x"), Just("é"), Just("tru"), Just("_9"),
                ],
                0..24,
            )
        ) {
            let text = pieces.concat();
            prop_assert_eq!(plain(&text), reference(&text), "{}", text);
        }

        #[test]
        fn whole_items_come_back(
            values in proptest::collection::vec(("[a-z0-9:. ]{0,12}", any::<bool>()), 1..6)
        ) {
            let text: Vec<_> = (1..).zip(&values)
                .map(|(index, (value, audited))| format!("sign{index}:{value}:{audited}"))
                .collect();
            let text = text.join(" ");
            prop_assert_eq!(plain(&text), reference(&text), "{}", text);
            prop_assert!(items(&text).is_some());
        }
    }
}
