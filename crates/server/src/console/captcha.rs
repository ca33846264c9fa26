//! The challenge of the page where visitors sign up: our own, of the site that the server has for it. The
//! widget shows it; where no script runs, a drawn code is answered by a field of the form itself. Either way
//! the verifier of this process decides, and consumes it.

use std::sync::Arc;

use challenge::directory::Site;
use challenge::officers::SIGN_UP_SITE;
use challenge::visitor::{
    AnswerGiven, Answered, Check, Kind, Language, Refused, Told, Visitor, Wish,
};
use protocols::ocapi::neighbourhood_of;
use protocols::ocapi::widget;

use super::field::Field;
use super::form::Form;
use super::page::Page;
use super::shared::Console;
use super::trouble::Trouble;
use super::visit::Visit;

/// The field that the widget adds to the form: the challenge's id.
pub(super) const BY_WIDGET: &str = "ocapi-challenge";

/// The fields of a drawn code: the challenge's id, and what was typed.
const CODE_ID: &str = "code_id";
const CODE: &str = "code";

/// What a page shows of it.
pub(super) enum Captcha {
    /// The widget, which needs a script.
    Widget(Script),
    /// A drawn code, which needs none.
    Code {
        /// The challenge's id.
        id: String,
        /// Where the code is typed.
        field: Box<Field>,
    },
}

/// Which widget a page loads, and for which site.
pub(super) struct Script {
    pub(super) version: &'static str,
    pub(super) integrity: &'static str,
    pub(super) site: &'static str,
}

/// What a form's answer is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// It is right, and consumed.
    Yes,
    /// The form came without one.
    Missing,
    /// It is wrong, too old, or was consumed before.
    No,
    /// It was not looked at: too many wrong ones came from there.
    Later,
}

impl Captcha {
    /// The widget.
    pub(super) fn widget() -> Self {
        Self::Widget(Script {
            version: widget::version(),
            integrity: widget::integrity(),
            site: SIGN_UP_SITE,
        })
    }

    /// A code that nobody has seen.
    pub(super) async fn code(
        console: &Console,
        visit: &Visit,
        (page, wrong): (&Page, Option<&str>),
    ) -> Result<Self, Trouble> {
        let site = site(console)?;
        let address = address_of(visit);
        let wish = Wish {
            language: Language::of_tag(visit.words.language.tag()).unwrap_or_default(),
            ..Wish::of(Kind::Text, &address)
        };
        let issued = console.desk.verifier.issue_to_visitor(&site, &wish).await;
        let field = Field::text(CODE, page.t("sign_up.code"))
            .hint(page.t("sign_up.code_hint"))
            .wrong(wrong)
            .required()
            .with("autocomplete", "off")
            .with("autocapitalize", "none")
            .with("spellcheck", "false")
            .with("maxlength", "20");
        Ok(Self::Code {
            id: issued.map_err(|refused| Trouble::from(&refused))?.id,
            field: Box::new(field),
        })
    }
}

impl From<&Refused> for Trouble {
    fn from(refused: &Refused) -> Self {
        tracing::warn!(error = %refused, "the sign-up could not ask or check a challenge");
        Self::Unavailable
    }
}

/// Verifies and consumes the challenge that a form came with. The same form sent again has none.
pub(super) async fn verify(
    console: &Console,
    visit: &Visit,
    form: &Form,
) -> Result<Passed, Trouble> {
    let site = site(console)?;
    let address = address_of(visit);
    let by_code = form.given(CODE_ID);
    let id = match (form.given(BY_WIDGET), by_code) {
        (Some(id), _) => id,
        (None, Some(id)) => match answer(console, id, (form, &address)).await? {
            Passed::Yes => id,
            passed => return Ok(passed),
        },
        (None, None) => return Ok(Passed::Missing),
    };
    let check = Check {
        peek: false,
        repeat_key: None,
        voucher: None,
        address: &address,
    };
    match console.desk.verifier.check_visit(&site, id, &check).await {
        Ok(Told::Valid) => Ok(Passed::Yes),
        Ok(_) | Err(Refused::NotFound) => Ok(Passed::No),
        Err(refused) => Err(Trouble::from(&refused)),
    }
}

/// Answers a drawn code with what was typed.
async fn answer(
    console: &Console,
    unverified_id: &str,
    (form, address): (&Form, &str),
) -> Result<Passed, Trouble> {
    let verifier = &console.desk.verifier;
    let found = verifier.ticket(unverified_id);
    let found = found
        .filter(|(ticket, site)| site.public_id == SIGN_UP_SITE && ticket.kind() == Kind::Text);
    let Some((ticket, site)) = found else {
        return Ok(Passed::No);
    };
    let given = AnswerGiven::Text(form.text(CODE).to_owned());
    let visitor = Visitor {
        address,
        host: None,
    };
    let answered = verifier.answer_of_visitor((&ticket, &site), &given, &visitor);
    match answered.await {
        Ok(Answered::Right) => Ok(Passed::Yes),
        Ok(Answered::Wrong(_)) | Err(Refused::AlreadyAnswered | Refused::Expired) => Ok(Passed::No),
        Err(Refused::SlowDown { .. }) => Ok(Passed::Later),
        Err(refused) => Err(Trouble::from(&refused)),
    }
}

fn site(console: &Console) -> Result<Arc<Site>, Trouble> {
    let site = console.desk.verifier.catalogue.site(SIGN_UP_SITE);
    site.ok_or(Trouble::NotFound)
}

/// What a visitor is known by, where too much from one is slowed down.
fn address_of(visit: &Visit) -> String {
    let address = visit.origin.address.as_deref();
    neighbourhood_of(address.and_then(|address| address.parse().ok()))
}
