//! Filters (RFC 7644, section 3.4.2.2), with the unquoted values that the vendor's clients send.
//!
//! The published parsers (`scim_v2` among them) take values as JSON alone, and `userName eq testbci`
//! is not; so this one is ours. Operators and words are read in any case.

use serde_json::Value;

use crate::activid::scim::path::Path;

/// Bytes of a filter at most.
pub(super) const LENGTH_MAX: usize = 4096;

/// Parentheses within parentheses at most.
const DEPTH_MAX: usize = 32;

/// What a resource has to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    /// One of these holds.
    Any(Vec<Filter>),
    /// All of these hold.
    All(Vec<Filter>),
    /// This does not hold.
    Not(Box<Filter>),
    /// There is a value.
    Present(Path),
    /// One of the values compares so with the text.
    Compare(Path, Operator, String),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

impl Operator {
    const ALL: [(&'static str, Self); 9] = [
        ("eq", Self::Eq),
        ("ne", Self::Ne),
        ("co", Self::Co),
        ("sw", Self::Sw),
        ("ew", Self::Ew),
        ("gt", Self::Gt),
        ("ge", Self::Ge),
        ("lt", Self::Lt),
        ("le", Self::Le),
    ];

    fn named(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find_map(|(name, operator)| name.eq_ignore_ascii_case(word).then_some(operator))
    }

    /// Compares a resource's value with a filter's. Two numbers compare as numbers.
    fn holds(self, held: &str, wanted: &str) -> bool {
        let order = match (held.parse::<i128>(), wanted.parse::<i128>()) {
            (Ok(held), Ok(wanted)) => held.cmp(&wanted),
            _ => held.cmp(wanted),
        };
        match self {
            Self::Eq => held == wanted,
            Self::Ne => held != wanted,
            Self::Co => held.contains(wanted),
            Self::Sw => held.starts_with(wanted),
            Self::Ew => held.ends_with(wanted),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
        }
    }
}

impl Filter {
    /// Reads a filter; the error says what was expected, and at which byte.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LENGTH_MAX {
            return Err(format!("the filter is longer than {LENGTH_MAX} bytes"));
        }
        let mut parser = Parser { text, at: 0 };
        let filter = parser.any(0)?;
        if parser.rest().is_empty() {
            Ok(filter)
        } else {
            Err(parser.expected("and, or, or the end"))
        }
    }

    /// Whether a resource is like this. Attributes that it does not have match nothing.
    pub(super) fn matches(&self, resource: &Value) -> bool {
        match self {
            Self::Any(filters) => filters.iter().any(|one| one.matches(resource)),
            Self::All(filters) => filters.iter().all(|one| one.matches(resource)),
            Self::Not(filter) => !filter.matches(resource),
            Self::Present(path) => path
                .values(resource)
                .into_iter()
                .any(|value| value.as_str() != Some("")),
            Self::Compare(path, operator, wanted) => {
                let exact = path.is_exact();
                let wanted = if exact {
                    wanted.clone()
                } else {
                    wanted.to_lowercase()
                };
                path.values(resource).into_iter().any(|value| {
                    let held = text_of(value);
                    let held = if exact { held } else { held.to_lowercase() };
                    operator.holds(&held, &wanted)
                })
            }
        }
    }

    /// Values that a resource must have: path in lower case, value.
    pub(super) fn required(&self) -> Vec<(String, &str)> {
        match self {
            Self::All(filters) => filters.iter().flat_map(Self::required).collect(),
            Self::Compare(path, Operator::Eq, value) => vec![(path.key(), value.as_str())],
            Self::Any(_) | Self::Not(_) | Self::Present(_) | Self::Compare(..) => Vec::new(),
        }
    }
}

/// A simple value as filters and sorts see it.
pub(super) fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Reads from the left; each step leaves `at` behind what it took.
struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn any(&mut self, depth: usize) -> Result<Filter, String> {
        let mut filters = vec![self.all(depth)?];
        while self.take_word("or") {
            filters.push(self.all(depth)?);
        }
        Ok(one_or(filters, Filter::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Filter, String> {
        let mut filters = vec![self.factor(depth)?];
        while self.take_word("and") {
            filters.push(self.factor(depth)?);
        }
        Ok(one_or(filters, Filter::All))
    }

    fn factor(&mut self, depth: usize) -> Result<Filter, String> {
        let before = self.at;
        if self.take_word("not") {
            if self.rest().starts_with('(') {
                return Ok(Filter::Not(Box::new(self.group(depth)?)));
            }
            self.at = before;
        }
        if self.rest().starts_with('(') {
            return self.group(depth);
        }
        self.comparison()
    }

    fn group(&mut self, depth: usize) -> Result<Filter, String> {
        if depth == DEPTH_MAX {
            return Err(format!("the filter nests deeper than {DEPTH_MAX}"));
        }
        self.at += 1;
        let inner = self.any(depth + 1)?;
        if !self.rest().starts_with(')') {
            return Err(self.expected("a closing parenthesis"));
        }
        self.at += 1;
        Ok(inner)
    }

    fn comparison(&mut self) -> Result<Filter, String> {
        let before = self.at;
        let Some(path) = Path::parse(self.word()) else {
            self.at = before;
            return Err(self.expected("an attribute's name"));
        };
        self.rest();
        let before = self.at;
        let word = self.word();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let Some(operator) = Operator::named(word) else {
            self.at = before;
            return Err(self.expected("one of eq, ne, co, sw, ew, gt, ge, lt, le, pr"));
        };
        let value = self.value()?;
        if value.contains('\0') {
            return Err(self.expected("a value without NUL"));
        }
        Ok(Filter::Compare(path, operator, value))
    }

    /// A JSON string, or everything up to white space or a closing parenthesis.
    fn value(&mut self) -> Result<String, String> {
        let rest = self.rest();
        if !rest.starts_with('"') {
            let value = self.word();
            return match value {
                "" => Err(self.expected("a value")),
                value => Ok(value.to_owned()),
            };
        }
        let mut escaped = false;
        let end = rest.char_indices().skip(1).find_map(|(at, character)| {
            let closes = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            closes.then_some(at + 1)
        });
        let quoted = end.and_then(|end| rest.get(..end));
        let Some(quoted) = quoted else {
            return Err(self.expected("a closing quotation mark"));
        };
        let Ok(value) = serde_json::from_str(quoted) else {
            return Err(self.expected("a JSON string"));
        };
        self.at += quoted.len();
        Ok(value)
    }

    /// Takes a word, where it is this one in any case.
    fn take_word(&mut self, wanted: &str) -> bool {
        let before = self.at;
        let word = self.word();
        // `not(` is one word to people, and two to us.
        let (word, end) = match word.split_once('(') {
            Some((head, tail)) => (head, self.at - tail.len() - 1),
            None => (word, self.at),
        };
        let found = word.eq_ignore_ascii_case(wanted);
        self.at = if found { end } else { before };
        found
    }

    /// The characters up to white space or a closing parenthesis.
    fn word(&mut self) -> &'t str {
        let rest = self.rest();
        let end = rest
            .find(|one: char| one.is_whitespace() || one == ')')
            .unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// What is left, after white space.
    fn rest(&mut self) -> &'t str {
        let rest = self.text.get(self.at..).unwrap_or_default().trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    fn expected(&self, what: &str) -> String {
        format!("filter, byte {}: expected {what}", self.at)
    }
}

fn one_or(mut filters: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match (filters.pop(), filters.is_empty()) {
        (Some(only), true) => only,
        (Some(last), false) => {
            filters.push(last);
            many(filters)
        }
        (None, _) => many(filters),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn matches(filter: &str) -> bool {
        let resource = json!({
            "id": "42", "userName": "Anna", "displayName": "Anna Müller", "active": true,
            "emails": [{"value": "Anna@example.org"}],
            "groups": [{"value": "UG_ROOT"}],
            "statistics": {"totalFailed": "9", "last": "2024-09-07T15:11:11Z"},
            "nickName": "",
        });
        Filter::parse(filter)
            .unwrap_or_else(|error| panic!("{filter}: {error}"))
            .matches(&resource)
    }

    #[test]
    fn the_vendors_filters_hold() {
        for filter in [
            "userName eq Anna",
            r#"username eq "Anna""#,
            "UserName EQ Anna",
            r#"groups eq "UG_ROOT""#,
            "groups.value eq UG_ROOT",
            "emails co EXAMPLE",
            "emails ew .org",
            "emails.value sw anna@",
            "id eq 42 and active eq true",
            "(id eq 41 or id eq 42) and not (userName eq x)",
            "not(id eq 41)",
            "NOT (id eq 41)",
            "id eq 41 or id eq 42 and userName pr",
            "statistics.totalFailed gt 10 or statistics.totalFailed lt 10",
            "statistics.totalFailed le 9 and statistics.totalFailed ge 9",
            "statistics.last gt 2024-09-07T15:11:10Z",
            "id ne 41",
            r#"displayName eq "anna mÜLLER""#,
            r#"displayName sw "anna \u006d""#,
            " ( ( id eq 42 ) ) ",
        ] {
            assert!(matches(filter), "{filter}");
        }
        for filter in [
            "userName eq anna",
            "nobody eq x",
            "nobody ne x",
            "nobody pr",
            "nickName pr",
            "statistics.totalFailed gt 10",
            "not (id eq 42)",
            "id ne 42",
            "roles eq x",
        ] {
            assert!(!matches(filter), "{filter}");
        }
    }

    #[test]
    fn what_does_not_parse_is_said_with_its_place() {
        for filter in [
            "",
            " ",
            "id",
            "id eq",
            "id is 42",
            "id eq 42 and",
            "id eq 42 xor id eq 43",
            "(id eq 42",
            "id eq 42)",
            "id eq \"42",
            "id eq \"\\x\"",
            "not id eq 42",
            "and",
            "a b c d",
            "() and ()",
            "id eq \"\\u0000\"",
            "emails[type eq \"work\"]",
            "id eq \"a\"b",
        ] {
            assert!(Filter::parse(filter).is_err(), "{filter}");
        }
        let error = Filter::parse("id eq 1 and userName is x").unwrap_err();
        assert_eq!(
            error,
            "filter, byte 21: expected one of eq, ne, co, sw, ew, gt, ge, lt, le, pr"
        );
    }

    #[test]
    fn length_and_depth_have_limits() {
        let nested = |depth: usize| format!("{}id eq 1{}", "(".repeat(depth), ")".repeat(depth));
        assert!(Filter::parse(&nested(DEPTH_MAX)).is_ok());
        assert!(Filter::parse(&nested(DEPTH_MAX + 1)).is_err());
        assert!(Filter::parse(&"not (".repeat(800)).is_err());
        assert!(Filter::parse(&format!("id eq {}", "x".repeat(LENGTH_MAX))).is_err());
        let long = vec!["id eq 1"; 300].join(" or ");
        assert!(Filter::parse(&long).is_ok());
    }

    #[test]
    fn only_what_must_hold_is_required() {
        let of = |text: &str| {
            let filter = Filter::parse(text).unwrap();
            filter
                .required()
                .into_iter()
                .map(|(path, value)| format!("{path}={value}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(of("userName eq a"), ["username=a"]);
        assert_eq!(
            of("active eq true and (owner.value eq 7 and id pr)"),
            ["active=true", "owner.value=7"]
        );
        assert_eq!(of("id eq 1 or id eq 2"), [""; 0]);
        assert_eq!(of("not (id eq 1)"), [""; 0]);
        assert_eq!(of("id co 1"), [""; 0]);
    }

    fn print(filter: &Filter) -> String {
        let list = |filters: &[Filter], word: &str| {
            let parts: Vec<_> = filters
                .iter()
                .map(|one| format!("({})", print(one)))
                .collect();
            parts.join(word)
        };
        match filter {
            Filter::Any(filters) => list(filters, " or "),
            Filter::All(filters) => list(filters, " and "),
            Filter::Not(inner) => format!("not ({})", print(inner)),
            Filter::Present(path) => format!("{} pr", path.key()),
            Filter::Compare(path, operator, value) => {
                let (name, _) = Operator::ALL
                    .into_iter()
                    .find(|(_, one)| one == operator)
                    .unwrap();
                format!("{} {name} {}", path.key(), Value::from(value.as_str()))
            }
        }
    }

    fn filters() -> impl Strategy<Value = Filter> {
        let path =
            "[a-z][a-z0-9_]{0,5}(\\.[a-z]{1,4})?".prop_map(|text| Path::parse(&text).unwrap());
        let leaf = prop_oneof![
            path.clone().prop_map(Filter::Present),
            (path, 0..9_usize, "[^\0]{0,8}").prop_map(|(path, which, value)| Filter::Compare(
                path,
                Operator::ALL[which].1,
                value
            )),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::Any),
                proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::All),
                inner.prop_map(|one| Filter::Not(Box::new(one))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_to_the_same(filter in filters()) {
            let text = print(&filter);
            prop_assume!(text.len() <= LENGTH_MAX);
            prop_assert_eq!(Filter::parse(&text), Ok(filter), "{}", text);
        }

        #[test]
        fn no_text_is_too_strange(text in "\\PC{0,60}|[a-z() \"\\\\.eqand]{0,80}") {
            if let Ok(filter) = Filter::parse(&text) {
                let _ = filter.matches(&json!({"a": 1}));
            }
        }

        #[test]
        fn quoted_or_not_a_word_is_the_same(value in "[A-Za-z0-9@._+:/=-]{1,20}") {
            let quoted = Filter::parse(&format!("userName eq \"{value}\""));
            prop_assert_eq!(Filter::parse(&format!("userName eq {value}")), quoted);
        }
    }
}
