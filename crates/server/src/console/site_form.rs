//! The form of a site: its fields, and what they say as the members of the management API.

use challenge::directory::provision::SiteBlueprint;
use protocols::management::shapes::sites::{SiteBody, SiteShown};
use serde_json::{Value, json};

use super::asked;
use super::field::Field;
use super::form::Form;
use super::mistakes::Mistakes;
use super::page::Page;

/// The JWT algorithms that a site's server may sign with.
const ALGORITHMS: [&str; 3] = ["HS256", "HS384", "HS512"];

/// The members that have a field of their own.
pub(super) const OTHERS: [&str; 6] = [
    "/kinds",
    "/origins",
    "/difficulty",
    "/corpora",
    "/jwt_algorithms",
    "/secret",
];

/// The key of the word for a kind of challenge.
pub(super) fn kind_key(kind: &str) -> &'static str {
    match kind {
        "classification" => "sites.classification",
        "transcription" => "sites.transcription",
        "text" => "sites.text",
        _ => "sites.pow",
    }
}

/// What a form asks for. The kind that is asked first stands first; the others keep the order they had.
pub(super) fn wish(form: &Form, kept: &[String]) -> Value {
    let first = form.text("first").to_owned();
    let ticked = form.all("kinds");
    let known = kept.iter().map(String::as_str).chain(SiteBlueprint::KINDS);
    let mut kinds = vec![first];
    for kind in known {
        if ticked.iter().any(|one| one == kind) && !kinds.iter().any(|one| one == kind) {
            kinds.push(kind.to_owned());
        }
    }
    json!({
        "kinds": kinds,
        "origins": form.lines("origins"),
        "difficulty": asked::number(form, "difficulty"),
        "corpora": form.lines("corpora"),
        "jwt_algorithms": form.all("jwt_algorithms"),
    })
}

/// The fields of a site as it is, or as it was typed.
pub(super) fn fields(page: &Page, site: &SiteBody, wrong: &Mistakes) -> Vec<Field> {
    let choice = |kind: &str| (kind.to_owned(), page.t(kind_key(kind)).to_owned());
    let kinds = || SiteBlueprint::KINDS.map(choice).into();
    let algorithms = ALGORITHMS.map(|name| (name.to_owned(), name.to_owned()));
    let difficulty = site.difficulty.map(|it| it.to_string());
    vec![
        Field::choice("first", page.t("sites.first"), kinds())
            .value(site.kinds.first().map_or("", String::as_str))
            .hint(page.t("sites.first_hint"))
            .wrong(wrong.at("/kinds")),
        Field::boxes("kinds", page.t("sites.more_kinds"), kinds())
            .ticked(site.kinds.clone())
            .hint(page.t("sites.more_kinds_hint")),
        Field::lines("origins", page.t("sites.origins"))
            .value(site.origins.join("\n"))
            .hint(page.t("sites.origins_hint"))
            .wrong(wrong.at("/origins"))
            .with("placeholder", "https://shop.example")
            .with("spellcheck", "false"),
        Field::typed("difficulty", page.t("sites.difficulty"), "number")
            .value(difficulty.unwrap_or_default())
            .hint(page.t("sites.difficulty_hint"))
            .wrong(wrong.at("/difficulty"))
            .with("min", "1")
            .with("max", "50000"),
        Field::lines("corpora", page.t("sites.corpora"))
            .value(site.corpora.join("\n"))
            .hint(page.t("sites.corpora_hint"))
            .wrong(wrong.at("/corpora"))
            .with("spellcheck", "false"),
        Field::boxes(
            "jwt_algorithms",
            page.t("sites.algorithms"),
            algorithms.into(),
        )
        .ticked(site.jwt_algorithms.clone())
        .hint(page.t("sites.algorithms_hint"))
        .wrong(wrong.at("/jwt_algorithms")),
    ]
}

/// The field for a private id that somebody chose.
pub(super) fn secret_field(page: &Page, hint: &'static str, wrong: &Mistakes) -> Field {
    Field::text("secret", page.t("sites.secret"))
        .hint(hint)
        .wrong(wrong.at("/secret"))
        .with("autocomplete", "off")
        .with("spellcheck", "false")
}

/// What a form shows of a site: what was typed where it was, though it may not fit.
pub(super) fn as_typed(form: &Form, wish: &Value) -> SiteBody {
    let list = |name: &str| asked::list(wish, name);
    SiteBody {
        public_id: form.text("public_id").to_owned(),
        secret: None,
        jwt_algorithms: list("jwt_algorithms"),
        kinds: list("kinds"),
        origins: list("origins"),
        difficulty: form.text("difficulty").parse().ok(),
        corpora: list("corpora"),
    }
}

/// What can be written of a site, as the API shows it.
pub(super) fn body_of(site: &SiteShown) -> SiteBody {
    SiteBody {
        public_id: site.public_id.clone(),
        secret: None,
        jwt_algorithms: site.jwt_algorithms.clone(),
        kinds: site.kinds.clone(),
        origins: site.origins.clone(),
        difficulty: site.difficulty,
        corpora: site.corpora.clone(),
    }
}
