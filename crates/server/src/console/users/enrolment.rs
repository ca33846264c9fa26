//! Enrolment: which kind first, then its settings. The server draws the key unless a token has one of its own.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use challenge::directory::TenantView;
use challenge::directory::provision::Kind;
use challenge::methods::grid::Mode;
use challenge::officers::Power;
use challenge::rng;
use protocols::management::acts;
use protocols::management::shapes::authenticators::{AuthenticatorBody, KeyGiven};
use protocols::management::shapes::users::UserShown;

use super::{handover, kinds, paths};
use crate::console::field::Field;
use crate::console::form::Form;
use crate::console::mistakes::Mistakes;
use crate::console::page::Page;
use crate::console::place::TenantPlace;
use crate::console::shared::Console;
use crate::console::trouble::Trouble;
use crate::console::visit::Visit;

/// Serial numbers that are proposed have eight digits.
const SERIALS: u64 = 100_000_000;

/// Its routes.
pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(
        "/console/tenants/{name}/users/{id}/authenticators/new",
        get(ask).post(enrol),
    )
}

/// The page that asks which kind.
#[derive(Template)]
#[template(path = "console/users/which.html")]
struct WhichPage {
    page: Page,
    title: String,
    /// Of each kind its name in a form, what it is called, and what it is.
    kinds: Vec<(&'static str, &'static str, &'static str)>,
    back: String,
}

/// The page that asks for the settings.
#[derive(Template)]
#[template(path = "console/users/enrol.html")]
struct EnrolPage {
    page: Page,
    title: String,
    kind: &'static str,
    called: &'static str,
    text: &'static str,
    /// All fields, those that are asked for less often last.
    fields: Vec<Field>,
    usual: usize,
    /// Whether what stands further down has something wrong.
    is_open: bool,
    key: String,
    back: String,
}

/// What a form is made with.
struct Making<'a> {
    page: &'a Page,
    form: &'a Form,
    wrong: &'a Mistakes,
    /// Whether it was sent before.
    is_sent: bool,
}

async fn ask(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let view = officer.tenant(&console.desk.verifier.catalogue, &name, Power::Tend)?;
    let named = (name.as_str(), id.as_str());
    let user = acts::users::show(&console.desk, officer, named)
        .await?
        .value;
    let page = visit.tenant_page(&name, TenantPlace::Users);
    let Some(kind) = kinds::named(form.text("kind")) else {
        let kinds = kinds::KINDS.map(|kind| {
            let (called, text) = kinds::keys(kind);
            (kind.name(), page.t(called), page.t(text))
        });
        return Ok(visit.show(&WhichPage {
            title: page.with("authenticators.enrol_for", &user.login_name),
            kinds: kinds.into(),
            back: paths::user(&name, &id),
            page,
        }));
    };
    let asked = (kind, &Form::default(), &Mistakes::default());
    let template = EnrolPage::new(&console, (page, &view), &user, asked);
    Ok(visit.show(&template))
}

impl EnrolPage {
    fn new(
        console: &Console,
        (page, view): (Page, &TenantView),
        user: &UserShown,
        (kind, form, wrong): (Kind, &Form, &Mistakes),
    ) -> Self {
        let is_sent = form.given("kind").is_some();
        let making = Making {
            page: &page,
            form,
            wrong,
            is_sent,
        };
        let further = making.further(kind);
        let mut fields = vec![making.serial(console)];
        fields.extend(making.usual(kind));
        fields.extend(making.policies(view));
        let usual = fields.len();
        fields.extend(further);
        let (called, text) = kinds::keys(kind);
        let is_wrong = |field: &Field| {
            !crate::console::field::mistakes(std::slice::from_ref(field)).is_empty()
        };
        Self {
            title: page.with("authenticators.enrol_for", &user.login_name),
            kind: kind.name(),
            called: page.t(called),
            text: page.t(text),
            is_open: fields[usual..].iter().any(is_wrong),
            key: match form.given("key") {
                Some(key) => key.to_owned(),
                None => console.once_key(),
            },
            back: paths::user(&view.tenant.name, &user.id),
            fields,
            usual,
            page,
        }
    }
}

impl Making<'_> {
    fn line(&self, name: &'static str, label: &'static str, pointer: &str) -> Field {
        Field::text(name, self.page.t(label))
            .value(self.form.text(name))
            .wrong(self.wrong.at(pointer))
            .with("autocomplete", "off")
            .with("spellcheck", "false")
    }

    /// A whole number between two bounds; nothing is the usual one.
    fn number(&self, name: &'static str, label: &'static str, (least, most): (u32, u32)) -> Field {
        Field::typed(name, self.page.t(label), "number")
            .value(self.form.text(name))
            .wrong(self.wrong.at(&format!("/{name}")))
            .with("min", least.to_string())
            .with("max", most.to_string())
    }

    fn choice(&self, name: &'static str, label: &'static str, all: &[(&str, &str)]) -> Field {
        let all = all.iter();
        let all = all.map(|(value, called)| ((*value).to_owned(), (*called).to_owned()));
        Field::choice(name, self.page.t(label), all.collect())
            .value(self.form.text(name))
            .wrong(self.wrong.at(&format!("/{name}")))
    }

    fn serial(&self, console: &Console) -> Field {
        let proposed = || format!("{:08}", rng::below(&*console.rng, SERIALS));
        let others = [
            "/policies",
            "/digits",
            "/algorithm",
            "/period_s",
            "/counter",
            "/look_ahead",
            "/secret",
            "/secret/hex",
            "/suite",
            "/signature_suite",
            "/pin",
            "/path",
            "/grid_mode",
            "/device_id",
            "/product",
        ];
        let value = if self.is_sent {
            self.form.text("serial").to_owned()
        } else {
            proposed()
        };
        self.line("serial", "authenticators.serial", "/serial")
            .value(value)
            .hint(self.page.t("authenticators.serial_hint"))
            .wrong(self.wrong.first("/serial", &others))
            .required()
            .with("maxlength", "256")
    }

    fn digits(&self) -> Field {
        let all = ["6", "7", "8", "9", "10"].map(|digits| (digits, digits));
        self.choice("digits", "authenticators.digits", &all)
    }

    /// The policies to choose from, where there is a choice.
    fn policies(&self, view: &TenantView) -> Option<Field> {
        let codes = view.policies().map(|policy| policy.code.clone());
        let codes: Vec<_> = codes.map(|code| (code.clone(), code)).collect();
        let field = Field::boxes(
            "policies",
            self.page.t("authenticators.policies"),
            codes.clone(),
        )
        .ticked(self.form.all("policies"))
        .hint(self.page.t("authenticators.policies_hint"))
        .wrong(self.wrong.at("/policies"));
        (codes.len() > 1).then_some(field)
    }

    /// What is asked of everybody.
    fn usual(&self, kind: Kind) -> Vec<Field> {
        match kind {
            Kind::Hotp | Kind::Totp | Kind::OnDemand => vec![self.digits()],
            Kind::Ocra | Kind::Card => Vec::new(),
            Kind::Grid => {
                let modes = [
                    (Mode::Path.name(), self.page.t("authenticators.mode_path")),
                    (
                        Mode::StartPath.name(),
                        self.page.t("authenticators.mode_start"),
                    ),
                    (Mode::Cells.name(), self.page.t("authenticators.mode_cells")),
                ];
                let path = Field::secret("path", self.page.t("authenticators.path"))
                    .hint(self.page.t("authenticators.path_hint"))
                    .wrong(self.wrong.at("/path"))
                    .required()
                    .with("autocomplete", "off");
                let wraps = Field::tick("wraps", self.page.t("authenticators.wraps"));
                let wraps = wraps.value(if self.is_sent {
                    self.form.raw("wraps")
                } else {
                    "on"
                });
                vec![
                    self.choice("grid_mode", "authenticators.mode", &modes),
                    path,
                    wraps,
                ]
            }
        }
    }

    /// What few need.
    fn further(&self, kind: Kind) -> Vec<Field> {
        let hashes = ["SHA1", "SHA256", "SHA512"].map(|name| (name, name));
        let algorithm = || self.choice("algorithm", "authenticators.algorithm", &hashes);
        let mut fields = match kind {
            Kind::Totp => vec![
                algorithm(),
                self.number("period_s", "authenticators.period", (1, 86_400))
                    .with("placeholder", "30"),
            ],
            Kind::Hotp => vec![
                algorithm(),
                self.number("look_ahead", "authenticators.look_ahead", (1, 100)),
                self.line("counter", "authenticators.counter", "/counter")
                    .with("inputmode", "numeric")
                    .with("placeholder", "0"),
            ],
            Kind::Ocra => {
                let hint = self.page.t("authenticators.suite_hint");
                vec![
                    self.line("suite", "authenticators.suite", "/suite")
                        .hint(hint)
                        .with("placeholder", "OCRA-1:HOTP-SHA1-8:QN08"),
                    self.line(
                        "signature_suite",
                        "authenticators.signature_suite",
                        "/signature_suite",
                    )
                    .hint(hint)
                    .with("placeholder", "OCRA-1:HOTP-SHA1-8:QA64"),
                    Field::secret("pin", self.page.t("authenticators.pin"))
                        .hint(self.page.t("authenticators.pin_hint"))
                        .wrong(self.wrong.at("/pin"))
                        .with("autocomplete", "off"),
                ]
            }
            Kind::Grid | Kind::Card | Kind::OnDemand => Vec::new(),
        };
        if kinds::has_key(kind) {
            let key = Field::secret("hex", self.page.t("authenticators.key"))
                .hint(self.page.t("authenticators.key_hint"))
                .wrong(self.wrong.at("/secret"))
                .with("autocomplete", "off");
            fields.push(key);
        }
        let product = self.line("product", "authenticators.product", "/product");
        fields.push(product.hint(self.page.t("authenticators.product_hint")));
        fields.push(self.line("device_id", "authenticators.device_id", "/device_id"));
        fields
    }
}

/// A number that was typed.
fn number<T: FromStr>(visit: &Visit, form: &Form, name: &str) -> Result<Option<T>, Mistakes>
where
    T::Err: Display,
{
    let wrong = |_| Mistakes::one(&format!("/{name}"), visit.words.t("authenticators.number"));
    form.given(name).map(str::parse).transpose().map_err(wrong)
}

/// The authenticator that a form describes.
fn body_of(visit: &Visit, kind: Kind, form: &Form) -> Result<AuthenticatorBody, Mistakes> {
    let text = |name| form.given(name).map(str::to_owned);
    let policies = form.all("policies");
    let hex = form.given("hex").map(Into::into);
    let key = KeyGiven {
        generate: hex.is_none().then_some(true),
        base32: None,
        hex,
    };
    let mode = form.given("grid_mode");
    let mode = mode.and_then(|name| Mode::NAMED.into_iter().find(|(known, _)| *known == name));
    Ok(AuthenticatorBody {
        serial: form.text("serial").to_owned(),
        kind: kind.name().to_owned(),
        device_id: text("device_id"),
        product: text("product"),
        policies: (!policies.is_empty()).then_some(policies),
        secret: (kinds::has_key(kind) || kind == Kind::Card).then_some(key),
        suite: text("suite"),
        signature_suite: text("signature_suite"),
        digits: number(visit, form, "digits")?,
        algorithm: text("algorithm"),
        counter: number(visit, form, "counter")?,
        look_ahead: number(visit, form, "look_ahead")?,
        period_s: number(visit, form, "period_s")?,
        t0: None,
        counter_window: None,
        time_window: None,
        pin: form.given("pin").map(Into::into),
        path: form.given("path").map(Into::into),
        grid_mode: mode.map(|(_, mode)| mode),
        grid_wraps: (kind == Kind::Grid).then(|| form.ticked("wraps")),
    })
}

async fn enrol(
    State(console): State<Arc<Console>>,
    visit: Visit,
    Path((name, id)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Trouble> {
    let officer = visit.officer()?;
    let view = officer.tenant(&console.desk.verifier.catalogue, &name, Power::Tend)?;
    let kind = kinds::named(form.text("kind")).ok_or(Trouble::NotFound)?;
    let named = (name.as_str(), id.as_str());
    let made = match body_of(&visit, kind, &form) {
        Ok(body) => {
            let what = format!("console authenticators new {name} {id}");
            let (tenant, user) = (name.clone(), id.clone());
            let made = console.once(officer, (&form, &what), async move |desk, by| {
                acts::authenticators::create(&desk, &by, (&tenant, &user), &body).await
            });
            made.await.map_err(Mistakes::of)
        }
        Err(wrong) => Err(Ok(wrong)),
    };
    match made {
        Ok(made) => Ok(handover::tell(&console, &visit, &name, made)),
        Err(wrong) => {
            let wrong = wrong?;
            let user = acts::users::show(&console.desk, officer, named)
                .await?
                .value;
            let page = visit.tenant_page(&name, TenantPlace::Users);
            let asked = (kind, &form, &wrong);
            let template = EnrolPage::new(&console, (page, &view), &user, asked);
            Ok(visit.show_as(StatusCode::UNPROCESSABLE_ENTITY, &template))
        }
    }
}
