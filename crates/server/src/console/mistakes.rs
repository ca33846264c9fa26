//! What an operation of the management API did not take of a form: shown beside the fields where it is
//! about them.

use protocols::management::refusal::{FieldError, Refusal};

use super::language::Language;
use super::said::said;
use super::trouble::Trouble;

tokio::task_local! {
    /// The language of the visit that this task answers.
    static LANGUAGE: Language;
}

/// Answers a visit; what is said of its mistakes is said in this language.
pub(super) async fn in_language<Answering: Future>(
    language: Language,
    answering: Answering,
) -> Answering::Output {
    LANGUAGE.scope(language, answering).await
}

/// What an operation said, in the language of the visit.
fn told(detail: &str) -> String {
    let language = LANGUAGE.try_with(|language| *language);
    said(detail, language.unwrap_or_default())
}

/// What was not taken; nothing of it where a form is shown first.
#[derive(Clone, Debug, Default)]
pub(super) struct Mistakes(Vec<FieldError>);

impl Mistakes {
    /// What the refusal says of the form; or the trouble, where it is not the form's.
    pub(super) fn of(refusal: Refusal) -> Result<Self, Trouble> {
        let wire = refusal.to_wire();
        match wire.kind.name {
            "invalid" | "taken" | "malformed" | "not-possible" if wire.errors.is_empty() => {
                Ok(Self(vec![FieldError::new("", told(&wire.detail))]))
            }
            "invalid" | "taken" => {
                let errors = wire.errors.into_iter();
                let told = errors.map(|error| FieldError::new(error.pointer, told(&error.detail)));
                Ok(Self(told.collect()))
            }
            _ => Err(refusal.into()),
        }
    }

    /// One mistake, found here.
    pub(super) fn one(pointer: &str, detail: impl Into<String>) -> Self {
        Self(vec![FieldError::new(pointer, detail)])
    }

    /// What is wrong with the member at this place (a JSON pointer), or with something in it.
    pub(super) fn at(&self, pointer: &str) -> Option<&str> {
        let mut found = self.0.iter().filter(|error| is_within(error, pointer));
        found.next().map(|error| error.detail.as_str())
    }

    /// The same, and for the form's first field what is about none of these places: nothing that the
    /// server says is lost.
    pub(super) fn first(&self, pointer: &str, others: &[&str]) -> Option<&str> {
        let stray = |error: &&FieldError| !others.iter().any(|other| is_within(error, other));
        let found = self.at(pointer);
        found.or_else(|| Some(self.0.iter().find(stray)?.detail.as_str()))
    }
}

fn is_within(error: &FieldError, pointer: &str) -> bool {
    let rest = error.pointer.strip_prefix(pointer);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use challenge::officers::Denied;

    use super::*;

    #[test]
    fn each_mistake_is_told_at_its_field_and_none_is_lost() {
        let refused = Refusal::Invalid(vec![
            FieldError::new("/name", "too long"),
            FieldError::new("/nobody/knows", "strange"),
        ]);
        let found = Mistakes::of(refused).unwrap();
        assert_eq!(found.at("/name"), Some("too long"));
        assert_eq!(found.first("/days", &["/name"]), Some("strange"));
        let taken = Mistakes::of(Denied::Taken("officer").into()).unwrap();
        assert!(taken.first("/login_name", &[]).is_some());
        assert_eq!(Mistakes::default().first("/login_name", &[]), None);
    }

    #[test]
    fn a_list_has_the_mistakes_of_its_members() {
        let found = Mistakes::one("/origins/1", "no origin");
        assert_eq!(found.at("/origins"), Some("no origin"));
        assert_eq!(found.at("/origin"), None);
        assert_eq!(found.first("/name", &["/origins"]), None);
    }

    #[test]
    fn what_is_not_the_form_s_is_trouble() {
        let found = Mistakes::of(Refusal::unknown("tenant"));
        assert!(matches!(found, Err(Trouble::NotFound)));
        let found = Mistakes::of(Denied::OutOfReach.into());
        assert!(matches!(found, Err(Trouble::Forbidden)));
    }
}
