//! What clients, policies and sites have in common: they are parts of a tenant, made and set up by forms and
//! removed after a question. What their fields are, and what is done, their own modules say.

use std::sync::Arc;

use axum::response::Response;
use challenge::officers::{Officer, Power};
use protocols::desk::Desk;
use protocols::management::precondition::Tag;
use protocols::management::refusal::Refusal;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::ask::AskPage;
use super::asked;
use super::edit::EditPage;
use super::field::Field;
use super::form::Form;
use super::mistakes::Mistakes;
use super::notice::Notice;
use super::place::{TenantPlace, tenant_path};
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::Visit;

/// A kind of part, with the keys of its words.
pub(super) struct Part {
    /// What a form of it is called where it is told from all others.
    pub(super) form: &'static str,
    /// The place of its list.
    pub(super) place: TenantPlace,
    /// The member that names one, with its word and its hint.
    pub(super) id: (&'static str, &'static str, &'static str),
    /// The members that have a field of their own besides, as JSON pointers.
    pub(super) others: &'static [&'static str],
    /// To make one.
    pub(super) make: &'static str,
    /// To remove one: what the button says, the question, and what will come of it.
    pub(super) remove: (&'static str, &'static str, &'static str),
}

impl Part {
    /// Where all of a tenant's are listed.
    pub(super) fn list(&self, tenant: &str) -> String {
        tenant_path(tenant, self.place)
    }

    /// A page of one of them; their names have nothing that a path would have to encode.
    pub(super) fn path(&self, (tenant, name): (&str, &str), page: &str) -> String {
        format!("{}/{name}/{page}", self.list(tenant))
    }

    /// The form by which one is made: its name comes first.
    pub(super) fn new_page(
        &self,
        console: &Console,
        visit: &Visit,
        tenant: &str,
        (form, wrong): (&Form, &Mistakes),
        fields: Vec<Field>,
    ) -> EditPage {
        let page = visit.tenant_page(tenant, self.place);
        let (name, label, hint) = self.id;
        let id = Field::text(name, page.t(label))
            .value(form.text(name))
            .hint(page.t(hint))
            .wrong(wrong.first(&format!("/{name}"), self.others))
            .required()
            .with("autocomplete", "off")
            .with("spellcheck", "false")
            .with("pattern", "[A-Za-z0-9._~\\-]+")
            .with("maxlength", "256");
        let key = form.given("key").map(str::to_owned);
        EditPage {
            title: page.t(self.make).to_owned(),
            fields: std::iter::once(id).chain(fields).collect(),
            hidden: ("key", key.unwrap_or_else(|| console.once_key())),
            may_change: true,
            act: page.t(self.make),
            back: self.list(tenant),
            removal: None,
            page,
        }
    }

    /// The form by which one is set up.
    pub(super) fn settings_page(
        &self,
        visit: &Visit,
        named: (&str, &str),
        (fields, tag): (Vec<Field>, &str),
        back: String,
    ) -> Result<EditPage, Trouble> {
        let page = visit.tenant_page(named.0, self.place);
        Ok(EditPage {
            title: named.1.to_owned(),
            fields,
            hidden: ("tag", tag.to_owned()),
            may_change: visit.officer()?.may(Power::Shape).is_ok(),
            act: page.t("frame.save"),
            back,
            removal: Some((self.path(named, "remove"), page.t(self.remove.0))),
            page,
        })
    }

    /// Makes one of what a form asks for, once for each of the form's keys.
    pub(super) async fn made<Body, Shown, Act, Acting>(
        &self,
        console: &Console,
        officer: &Officer,
        (form, tenant): (&Form, &str),
        wish: Value,
        act: Act,
    ) -> Result<Shown, Refusal>
    where
        Body: DeserializeOwned,
        Shown: Serialize + DeserializeOwned + Send + Sync + 'static,
        Act: FnOnce(Arc<Desk>, Officer, String, Body) -> Acting,
        Acting: Future<Output = Result<Shown, Refusal>> + Send + 'static,
    {
        let body = asked::body(wish)?;
        let what = format!("console {} of {tenant}", self.form);
        let acting = |desk, by| act(desk, by, tenant.to_owned(), body);
        console.once(officer, (form, &what), acting).await
    }

    /// Asks whether one is to be removed, by the tag of what it is.
    pub(super) fn ask_removal(&self, visit: &Visit, named: (&str, &str), tag: &Tag) -> Response {
        let page = visit.tenant_page(named.0, self.place);
        let (act, title, text) = self.remove;
        visit.show(&AskPage {
            title: page.with(title, named.1),
            text: page.t(text),
            act: page.t(act),
            tag: tag.as_str().to_owned(),
            back: self.path(named, "settings"),
            page,
        })
    }

    /// Goes back to the list and says that one was removed.
    pub(super) fn removed(&self, visit: &Visit, (tenant, name): (&str, &str)) -> Response {
        visit.go_on(&self.list(tenant), &Notice::of("notices.removed", name))
    }
}
