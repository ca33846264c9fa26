//! Rules about pages and scripts, which have no compiler and no build step to hold them.

use crate::shape::MOST_FILE_LINES;
use crate::source::{Finding, Source};

/// The widget is one file, because that is what a page loads and what its hash covers.
const WIDGET: &str = "web/widget/ocapi.js";

/// Files below web/ that nobody reads whole.
pub(crate) fn long_files(file: &Source) -> Vec<Finding> {
    let lines = file.text.lines().count();
    // A lock file is written and read by npm alone.
    if file.below("web").is_none()
        || file.path.ends_with("/package-lock.json")
        || file.path == WIDGET
        || lines <= MOST_FILE_LINES
    {
        return Vec::new();
    }
    let what = format!(
        "has {lines} lines, {MOST_FILE_LINES} at most; one file a screen, a module a thing"
    );
    vec![file.at(1, what)]
}

/// Beginnings of the names of events, as HTML's handler attributes spell them.
const EVENTS: [&str; 25] = [
    "animation",
    "before",
    "blur",
    "change",
    "click",
    "copy",
    "cut",
    "dblclick",
    "drag",
    "drop",
    "error",
    "focus",
    "hash",
    "input",
    "invalid",
    "key",
    "load",
    "mouse",
    "paste",
    "pointer",
    "reset",
    "submit",
    "toggle",
    "touch",
    "wheel",
];

/// Handlers written as attributes, in pages and in pages that scripts write.
pub(crate) fn inline_handlers(file: &Source) -> Vec<Finding> {
    let lines = file
        .text
        .lines()
        .enumerate()
        .filter(|(_, line)| has_handler(line));
    let what = "an inline handler, which our content security policy refuses; use addEventListener";
    lines.map(|(index, _)| file.at(index + 1, what)).collect()
}

fn has_handler(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.match_indices("on").any(|(at, _)| {
        let before = lower[..at].chars().next_back();
        let starts = before.is_none_or(|c| c.is_whitespace() || c == '"' || c == '\'');
        let name = &lower[at + 2..];
        let end = name
            .find(|c: char| !c.is_ascii_lowercase())
            .unwrap_or(name.len());
        let event = EVENTS.iter().any(|event| name[..end].starts_with(event));
        let value = name[end..]
            .trim_start()
            .strip_prefix('=')
            .map(str::trim_start);
        starts && event && value.is_some_and(|value| value.starts_with(['"', '\'', '`', '{', '$']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::assert_found;

    #[test]
    fn a_web_file_of_401_lines_is_found() {
        assert_found(long_files, "web/widget/a.js", &"a();\n".repeat(400), &[]);
        assert_found(long_files, "web/widget/a.js", &"a();\n".repeat(401), &[1]);
        assert_found(long_files, "docs/a.md", &"a\n".repeat(401), &[]);
        assert_found(long_files, WIDGET, &"a();\n".repeat(401), &[]);
    }

    #[test]
    fn an_inline_handler_is_found() {
        for (text, lines) in [
            ("<button id=\"a\">\n<button onclick=\"f()\">", &[2][..]),
            ("<IMG SRC=a ONERROR = 'f()'>", &[1]),
            ("html = `<a onmouseover=${f}>`;", &[1]),
            ("<a href=\"b\"onclick=\"f()\">", &[1]),
            ("button.onclick = () => f();", &[]),
            ("button.addEventListener(\"click\", f);", &[]),
            ("const once = \"a\"; const online = `b`;", &[]),
            ("<p>Based on click = \"rate\"</p>", &[]),
        ] {
            assert_found(inline_handlers, "web/console/a.js", text, lines);
        }
    }
}
