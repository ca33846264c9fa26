//! Rules about the text itself, in any language.

use crate::source::{Finding, Source};

/// The words for unfinished work, put together so that this file does not break its own rule.
const UNFINISHED: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// Unfinished work without an issue number, which nobody will find again.
pub(crate) fn unfinished_without_issue(file: &Source) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for word in UNFINISHED
            .into_iter()
            .filter(|word| stands_without_issue(line, word))
        {
            let what = format!("{word} without an issue; write `{word}(#12)`, or do it now");
            found.push(file.at(index + 1, what));
        }
    }
    found
}

fn stands_without_issue(line: &str, word: &str) -> bool {
    let of_a_word = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        let alone = !before.ends_with(of_a_word) && !after.starts_with(of_a_word);
        alone && !starts_with_issue(after)
    })
}

fn starts_with_issue(after: &str) -> bool {
    let number = after
        .strip_prefix("(#")
        .and_then(|rest| rest.split_once(')'));
    number
        .is_some_and(|(digits, _)| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[test]
fn unfinished_work_without_an_issue_is_found() {
    for word in UNFINISHED {
        for (text, lines) in [
            (format!("// {word}(#12): finish\n"), &[][..]),
            (format!("let AUTO{word}S = {word}_LIST;\n"), &[]),
            (format!("a\n// {word}: finish\n"), &[2]),
            (format!("// {word}\n"), &[1]),
            (format!("// {word}(somebody): finish\n"), &[1]),
            (format!("// {word}(#): finish\n"), &[1]),
            (format!("// {word}(#12): a, {word}: b\n"), &[1]),
        ] {
            crate::source::assert_found(unfinished_without_issue, "web/a.js", &text, lines);
        }
    }
}
