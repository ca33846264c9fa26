//! Which of a user's tokens a request means: by id, serial, product and what the product can do. All that is
//! said must hold, and what cannot hold means none.

use challenge::approval::Device;
use challenge::directory::{Authenticator, Method, UserRecord};
use challenge::id::Id;
use challenge::which::Which;

use crate::dualshield::asked::Asked;
use crate::dualshield::refusal::Refused;
use crate::dualshield::view::PHONE;

/// A kind that no authenticator is of.
const NO_KIND: &str = "none";

/// The conditions on a token.
pub(super) struct Named {
    id: Option<Id<Authenticator>>,
    serial: Option<String>,
    product: Option<String>,
    kinds: Vec<&'static str>,
    /// Whether a function or a method was named, and a phone has neither.
    excludes_phone: bool,
}

/// What may be said of a token.
const KNOWN: [&str; 5] = [
    "id",
    "serial",
    "product.name",
    "product.method",
    "product.functions",
];

/// What a product can do, by the vendor's code where it has one, and the kinds that do it.
const FUNCTIONS: [(&str, &[&str]); 4] = [
    ("OTP", &["hotp", "totp"]),
    ("OTPoD", &["on_demand"]),
    ("CR", &["ocra", "grid", "card"]),
    // The user's linked phone is no authenticator; where one may be meant it is looked at apart.
    (OOBA, &[NO_KIND]),
];

/// The function of a phone that is asked.
pub(super) const OOBA: &str = "OOBA";

impl Named {
    /// Reads what a request says about a token; `kinds` are those that the request itself allows, and
    /// where it names none, all.
    pub(super) fn read(asked: &Asked, kinds: &[&'static str]) -> Result<Self, Refused> {
        let token = asked.conditions("token")?;
        // What is no id of ours is nobody's.
        let id = token.name("id")?.map(|id| id.parse().unwrap_or(Id::SERVER));
        let serial = token.name("serial")?;
        if id.is_none() && serial.is_none() {
            // One token is named no matter what else is said of it; any token of the user is not.
            token.check_known(&KNOWN)?;
        }
        let mut named = Self {
            id,
            serial,
            product: token.name("product.name")?,
            kinds: kinds.to_vec(),
            excludes_phone: false,
        };
        if let Some(function) = token.name("product.functions")? {
            named.allow(kinds_of_function(&function));
            named.excludes_phone |= !function.eq_ignore_ascii_case(OOBA);
        }
        if let Some(method) = token.name("product.method")? {
            named.excludes_phone |= !method.eq_ignore_ascii_case(OOBA);
            named.take_method(method);
        }
        Ok(named)
    }

    fn take_method(&mut self, method: String) {
        match kind_of_method(&method) {
            Some(kind) => self.allow(&[kind]),
            None => match &self.product {
                Some(product) if !product.eq_ignore_ascii_case(&method) => self.allow(&[NO_KIND]),
                _ => self.product = Some(method),
            },
        }
    }

    /// Narrows the kinds; no list means all, so an empty one must not come out.
    fn allow(&mut self, kinds: &[&'static str]) {
        if self.kinds.is_empty() {
            self.kinds = kinds.to_vec();
        } else {
            self.kinds.retain(|kind| kinds.contains(kind));
        }
        if self.kinds.is_empty() {
            self.kinds.push(NO_KIND);
        }
    }

    /// The conditions as the domain takes them.
    pub(super) fn which(&self) -> Which<'_> {
        Which {
            id: self.id,
            serial: self.serial.as_deref(),
            device_id: None,
            product: self.product.as_deref(),
            kinds: &self.kinds,
        }
    }
}

impl Named {
    /// The user's authenticators that meet all conditions.
    pub(super) fn meant<'a>(&self, record: &'a UserRecord) -> Vec<&'a Authenticator> {
        let all = &record.authenticators;
        let which = self.which();
        let met = all.iter().filter(|one| which.means(one, all));
        met.map(AsRef::as_ref).collect()
    }

    /// Whether all that is meant is read by the user off a grid or a card.
    pub(super) fn means_what_is_read(&self, record: Option<&UserRecord>) -> bool {
        let meant = record.map_or_else(Vec::new, |record| self.meant(record));
        let is_read =
            |one: &&Authenticator| matches!(one.method, Method::Grid { .. } | Method::Card);
        !meant.is_empty() && meant.iter().all(is_read)
    }

    /// Whether the user's linked phone may be meant.
    pub(super) fn may_be_phone(&self, phone: &Device) -> bool {
        let id = phone.id.to_string();
        let has_id = self
            .id
            .is_none_or(|given| given.number() == phone.id.number());
        let has_serial = self.serial.as_ref().is_none_or(|given| *given == id);
        let product = self.product.as_ref();
        let has_product = product.is_none_or(|given| given.eq_ignore_ascii_case(PHONE));
        has_id && has_serial && has_product && !self.excludes_phone
    }
}

fn kinds_of_function(function: &str) -> &'static [&'static str] {
    let mut functions = FUNCTIONS.iter();
    let found = functions.find(|(code, _)| code.eq_ignore_ascii_case(function));
    found.map_or(&[NO_KIND], |(_, kinds)| kinds)
}

/// The kind that a product's method stands for. MobileID and SafeID are what a product is called.
fn kind_of_method(method: &str) -> Option<&'static str> {
    const METHODS: [(&str, &str); 4] = [
        ("GridGo", "grid"),
        ("GridID", "card"),
        ("T-Pass", "on_demand"),
        (OOBA, NO_KIND),
    ];
    let mut methods = METHODS.iter();
    let found = methods.find(|(name, _)| name.eq_ignore_ascii_case(method));
    found.map(|(_, kind)| *kind)
}

/// What is told of an authenticator as `product`: name, method, functions.
pub(super) fn product(authenticator: &Authenticator) -> (&str, &str, &'static str) {
    let (default, function) = match authenticator.method {
        Method::Hotp { .. } | Method::Totp { .. } => ("SafeID", "OTP"),
        Method::Ocra(_) => ("MobileID", "CR"),
        Method::Grid { .. } => ("GridGo", "CR"),
        Method::Card => ("GridID", "CR"),
        Method::OnDemand { .. } => ("T-Pass", "OTPoD"),
    };
    let name = authenticator.product.as_deref().unwrap_or(default);
    let method = match authenticator.method {
        Method::Hotp { .. } | Method::Totp { .. } | Method::Ocra(_) => name,
        Method::Grid { .. } | Method::Card | Method::OnDemand { .. } => default,
    };
    (name, method, function)
}
