//! The frame of a page: what the layout needs beside a page's own content, and how a page becomes an answer.
//!
//! # How a page is written
//!
//! 1. A template `console/NAME.html` that begins with `{% extends "console/layout.html" %}` and has a block
//!    `title` and a block `main` whose first element is the page's `h1`.
//! 2. A struct with `#[derive(Template)]`, a member `page: Page` and the page's own values. The template
//!    says words by `{{ page.t("area.name") }}`, puts out a [`Field`](super::field::Field) by
//!    `{{ field|safe }}`, a [`Moment`](super::moment::Moment) by `{{ moment }}`, and names of others within
//!    `<bdi>`. Every form is `method="post"` and begins with `{{ page.token()|safe }}`.
//! 3. A handler that takes a [`Visit`](super::visit::Visit), asks the operation of the management API for
//!    the answer as the visit's officer, and ends with `visit.show(&template)`; after something was done,
//!    with `visit.go_on(path, notice)`, so that a reload does nothing twice. Mistakes are `?`: a
//!    [`Trouble`](super::trouble::Trouble) becomes a page. What a form got wrong is shown beside its fields,
//!    by the same template with status 422.
//! 4. Its route, in the file that has the handler.
//!
//! A table that is to become cards on a phone is `<table class="cards">`, with `data-label` on each `td`.

use std::borrow::Borrow;

use askama::filters::Safe;
use challenge::officers::Role;

use super::csrf;
use super::language::Language;
use super::place::{Entry, Place, TenantPlace, navigation};
use super::visit::Visit;
use super::words::Words;

/// What the layout shows around a page's content.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// In which language.
    pub(super) words: Words,
    /// What its forms hold.
    pub(super) token: String,
    /// Whoever is signed in, by name.
    pub(super) officer: Option<String>,
    /// The key of the word for the officer's role.
    pub(super) role: &'static str,
    /// The way between pages.
    pub(super) entries: Vec<Entry>,
    /// Whether it is a page of the officer's own account.
    pub(super) is_account: bool,
    /// What was done just now.
    pub(super) notice: Option<String>,
    /// Where the visitor is, to come back there in another language.
    pub(super) here: String,
}

impl Page {
    /// The frame for a visit, at this place.
    pub(super) fn at(visit: &Visit, place: Place) -> Self {
        Self::new(visit, place, None)
    }

    /// The frame for a page of a tenant, by its name.
    pub(super) fn of_tenant(visit: &Visit, tenant: &str, place: TenantPlace) -> Self {
        Self::new(visit, Place::Tenants, Some((tenant, place)))
    }

    fn new(visit: &Visit, place: Place, tenant: Option<(&str, TenantPlace)>) -> Self {
        let officer = visit.signed_in();
        Self {
            words: visit.words,
            token: visit.token(),
            officer: officer.map(|officer| officer.name.clone()),
            role: officer.map_or("", |officer| role_key(officer.role)),
            entries: officer.map_or_else(Vec::new, |officer| navigation(officer, place, tenant)),
            is_account: place == Place::Account,
            notice: visit.notice(),
            here: visit.path().to_owned(),
        }
    }

    /// A word.
    pub(super) fn t(&self, key: &'static str) -> &'static str {
        self.words.t(key)
    }

    /// A word with one value, at its `{name}`.
    pub(super) fn with(&self, key: &'static str, name: &str) -> String {
        self.words.with(key, &[("name", name)])
    }

    /// A word that goes by a count.
    pub(super) fn count(&self, key: &'static str, count: impl Borrow<u64>) -> String {
        self.words.count(key, *count.borrow())
    }

    /// A whole number.
    pub(super) fn number(&self, number: impl Borrow<u64>) -> String {
        self.words.number(*number.borrow())
    }

    /// What a role is called.
    pub(super) fn role(&self, role: impl Borrow<Role>) -> &'static str {
        self.t(role_key(*role.borrow()))
    }

    /// The hidden field that every form begins with.
    pub(super) fn token(&self) -> Safe<String> {
        // The token is base64url: nothing in it could end the attribute.
        let (name, token) = (csrf::FIELD, &self.token);
        Safe(format!(
            "<input type=\"hidden\" name=\"{name}\" value=\"{token}\">"
        ))
    }

    /// The languages, and whether each is the chosen one.
    pub(super) fn languages(&self) -> impl Iterator<Item = (Language, bool)> {
        let chosen = self.words.language;
        let all = Language::ALL.into_iter();
        all.map(move |language| (language, language == chosen))
    }
}

/// The key of the word for a role.
pub(super) fn role_key(role: Role) -> &'static str {
    match role {
        Role::Admin => "frame.role_admin",
        Role::Operator => "frame.role_operator",
        Role::Auditor => "frame.role_auditor",
    }
}
