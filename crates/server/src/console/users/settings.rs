//! The fields of an authenticator's settings, kind by kind. What they mean is the domain's to say.

use challenge::directory::TenantView;
use challenge::directory::provision::Kind;
use challenge::methods::grid::Mode;
use challenge::rng;

use super::kinds;
use crate::console::field::Field;
use crate::console::form::Form;
use crate::console::mistakes::Mistakes;
use crate::console::page::Page;
use crate::console::shared::Console;

/// Serial numbers that are proposed have eight digits.
const SERIALS: u64 = 100_000_000;

/// What a form is made with.
pub(super) struct Making<'a> {
    pub(super) page: &'a Page,
    pub(super) form: &'a Form,
    pub(super) wrong: &'a Mistakes,
    /// Whether it was sent before.
    pub(super) is_sent: bool,
    pub(super) view: &'a TenantView,
}

impl Making<'_> {
    /// All fields of a kind, and how many of them are asked of everybody: those that come first.
    pub(super) fn fields(&self, console: &Console, kind: Kind) -> (Vec<Field>, usize) {
        let mut fields = self.usual(kind);
        fields.extend(self.policies());
        let usual = fields.len() + 1;
        fields.extend(self.further(kind));
        fields.insert(0, self.serial(console, &fields));
        (fields, usual)
    }

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

    /// The serial number, and what is wrong with nothing among the other fields.
    fn serial(&self, console: &Console, others: &[Field]) -> Field {
        let proposed = || format!("{:08}", rng::below(&*console.rng, SERIALS));
        let pointers: Vec<_> = others
            .iter()
            .map(|field| pointer_of(field.name()))
            .collect();
        let pointers: Vec<_> = pointers.iter().map(String::as_str).collect();
        let value = if self.is_sent {
            self.form.text("serial").to_owned()
        } else {
            proposed()
        };
        self.line("serial", "authenticators.serial", "/serial")
            .value(value)
            .hint(self.page.t("authenticators.serial_hint"))
            .wrong(self.wrong.first("/serial", &pointers))
            .required()
            .with("maxlength", "256")
    }

    fn digits(&self) -> Field {
        let all = ["6", "7", "8", "9", "10"].map(|digits| (digits, digits));
        self.choice("digits", "authenticators.digits", &all)
    }

    /// The policies to choose from, where there is a choice.
    fn policies(&self) -> Option<Field> {
        let codes = self.view.policies().map(|policy| policy.code.clone());
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

/// The member that a field is about.
fn pointer_of(field: &str) -> String {
    match field {
        "hex" => "/secret".to_owned(),
        "wraps" => "/grid_wraps".to_owned(),
        name => format!("/{name}"),
    }
}
