//! The fields of a form: each with its label, a hint, what was typed, and what is wrong with it beside it.
//!
//! A page makes them in Rust and puts them out in its template with `{{ field|safe }}`: a field escapes
//! what it holds by itself. What a form means is each page's matter.

use askama::Template;

/// What a field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A line of text; `type` says which.
    Line(&'static str),
    /// Several lines of text.
    Lines,
    /// One of several values, each with what it is called.
    Choice(Vec<(String, String)>),
    /// Any of several values.
    Boxes(Vec<(String, String)>),
    /// Yes or no.
    Tick,
}

/// A field.
#[derive(Clone, Debug, Template)]
#[template(path = "console/field.html")]
pub(super) struct Field {
    name: &'static str,
    label: String,
    kind: Kind,
    value: String,
    /// The values of the boxes that are ticked.
    ticked: Vec<String>,
    hint: Option<String>,
    wrong: Option<String>,
    is_required: bool,
    /// Attributes with values of ours, such as `autocomplete`.
    attributes: Vec<(&'static str, String)>,
}

impl Field {
    fn new(name: &'static str, label: impl Into<String>, kind: Kind) -> Self {
        Self {
            name,
            label: label.into(),
            kind,
            value: String::new(),
            ticked: Vec::new(),
            hint: None,
            wrong: None,
            is_required: false,
            attributes: Vec::new(),
        }
    }

    /// A line of text.
    pub(super) fn text(name: &'static str, label: impl Into<String>) -> Self {
        Self::new(name, label, Kind::Line("text"))
    }

    /// A line of another type: `email`, `number`, `date`, `url`, `search`, `datetime-local`.
    pub(super) fn typed(name: &'static str, label: impl Into<String>, of: &'static str) -> Self {
        Self::new(name, label, Kind::Line(of))
    }

    /// A secret, which is never put back into a page.
    pub(super) fn secret(name: &'static str, label: impl Into<String>) -> Self {
        Self::new(name, label, Kind::Line("password"))
    }

    /// Several lines of text.
    pub(super) fn lines(name: &'static str, label: impl Into<String>) -> Self {
        Self::new(name, label, Kind::Lines)
    }

    /// Its name in the form.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// One of several values.
    pub(super) fn choice(
        name: &'static str,
        label: impl Into<String>,
        choices: Vec<(String, String)>,
    ) -> Self {
        Self::new(name, label, Kind::Choice(choices))
    }

    /// Any of several values, as boxes of one name.
    pub(super) fn boxes(
        name: &'static str,
        label: impl Into<String>,
        choices: Vec<(String, String)>,
    ) -> Self {
        Self::new(name, label, Kind::Boxes(choices))
    }

    /// Yes or no.
    pub(super) fn tick(name: &'static str, label: impl Into<String>) -> Self {
        Self::new(name, label, Kind::Tick)
    }

    /// With this value. Of a secret it is dropped; a tick is on where it is not empty.
    #[must_use]
    pub(super) fn value(mut self, value: impl Into<String>) -> Self {
        if self.kind != Kind::Line("password") {
            self.value = value.into();
        }
        self
    }

    /// With these boxes ticked.
    #[must_use]
    pub(super) fn ticked(mut self, values: Vec<String>) -> Self {
        self.ticked = values;
        self
    }

    /// With a line that says what to put in.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With what is wrong, if anything is.
    #[must_use]
    pub(super) fn wrong(mut self, wrong: Option<impl Into<String>>) -> Self {
        self.wrong = wrong.map(Into::into);
        self
    }

    /// Which must be filled in.
    #[must_use]
    pub(super) fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// With a further attribute, such as `autocomplete`, `inputmode`, `maxlength`, or `data-` ones that a
    /// module looks for.
    #[must_use]
    pub(super) fn with(mut self, attribute: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((attribute, value.into()));
        self
    }

    fn is_ticked(&self, value: &str) -> bool {
        self.ticked.iter().any(|ticked| ticked == value)
    }

    /// What it holds, for those who may not change it: its label, and its value as text. `yes_no` are the
    /// words for a tick.
    pub(super) fn told(&self, yes_no: &[&str; 2]) -> (&str, String) {
        let called = |choices: &[(String, String)], is_meant: &dyn Fn(&str) -> bool| -> String {
            let meant = choices.iter().filter(|(value, _)| is_meant(value));
            let called: Vec<_> = meant.map(|(_, called)| called.as_str()).collect();
            called.join(", ")
        };
        let text = match &self.kind {
            Kind::Line(_) => self.value.clone(),
            Kind::Lines => self.value.lines().collect::<Vec<_>>().join(", "),
            Kind::Choice(choices) => called(choices, &|value| value == self.value),
            Kind::Boxes(choices) => called(choices, &|value| self.is_ticked(value)),
            Kind::Tick => yes_no[usize::from(self.value.is_empty())].to_owned(),
        };
        let text = if text.is_empty() {
            "–".to_owned()
        } else {
            text
        };
        (&self.label, text)
    }

    /// The ids of what describes it.
    fn described_by(&self) -> String {
        let name = self.name;
        let hint = self.hint.as_ref().map(|_| format!("{name}-hint"));
        let wrong = self.wrong.as_ref().map(|_| format!("{name}-wrong"));
        let ids: Vec<_> = [hint, wrong].into_iter().flatten().collect();
        ids.join(" ")
    }
}

/// What a form's fields got wrong, for the list above it: each with its label and its text.
pub(super) fn mistakes(fields: &[Field]) -> Vec<(&'static str, &str, &str)> {
    let wrong = fields.iter().filter_map(|field| {
        let wrong = field.wrong.as_deref()?;
        Some((field.name, field.label.as_str(), wrong))
    });
    wrong.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_escaped_and_a_secret_is_not_shown_again() {
        let hostile = "\"><script>x</script>";
        let field = Field::text("name", "Name")
            .value(hostile)
            .wrong(Some(hostile));
        let html = field.to_string();
        assert!(!html.contains("<script>"), "{html}");
        assert!(html.contains("aria-invalid=\"true\""), "{html}");
        assert!(html.contains("aria-describedby=\"name-wrong\""), "{html}");
        let secret = Field::secret("password", "Password").value("hunter2");
        assert!(!secret.to_string().contains("hunter2"));
    }

    #[test]
    fn what_was_chosen_stays_chosen() {
        let two = || {
            [("a", "A"), ("b", "B")]
                .map(|(v, l)| (v.to_owned(), l.to_owned()))
                .into()
        };
        let choice = Field::choice("c", "Choose", two()).value("b").to_string();
        assert!(choice.contains("value=\"b\" selected"), "{choice}");
        assert!(
            Field::tick("t", "T")
                .value("on")
                .to_string()
                .contains(" checked")
        );
        let boxes = Field::boxes("c", "Tick", two()).ticked(vec!["a".to_owned()]);
        assert_eq!(boxes.to_string().matches(" checked").count(), 1, "{boxes}");
    }

    #[test]
    fn whoever_may_not_change_it_is_told_what_it_holds() {
        let two = || [("a", "A"), ("b", "B")].map(|(v, l)| (v.to_owned(), l.to_owned()));
        let told = |field: &Field| field.told(&["yes", "no"]).1;
        assert_eq!(told(&Field::lines("l", "L").value("x\ny")), "x, y");
        assert_eq!(told(&Field::choice("c", "C", two().into()).value("b")), "B");
        let both = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(
            told(&Field::boxes("c", "C", two().into()).ticked(both)),
            "A, B"
        );
        assert_eq!(told(&Field::tick("t", "T").value("on")), "yes");
        assert_eq!(told(&Field::tick("t", "T")), "no");
        assert_eq!(told(&Field::text("t", "T")), "–");
    }
}
