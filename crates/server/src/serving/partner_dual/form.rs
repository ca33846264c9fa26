//! What a visitor sends: one form for all pages, of which each has its own fields.

/// The fields; those that a form does not have are empty. Nothing in it is verified.
#[derive(Debug, Default)]
pub(super) struct Form {
    /// The login name.
    pub(super) user: String,
    /// The payee's account, where something is to be paid.
    pub(super) account: String,
    /// The amount to be paid.
    pub(super) amount: String,
    /// What the digits for a payment are made of: `account`, or `all`.
    pub(super) made_of: String,
    /// What was asked, as this website remembers it in the page.
    pub(super) cc: String,
    /// The answer.
    pub(super) otp: String,
    /// What is typed into the phone's page.
    pub(super) question: String,
}

impl Form {
    /// Reads a body; fields that no form has are left out.
    pub(super) fn read(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            let field = match &*name {
                "user" => &mut form.user,
                "account" => &mut form.account,
                "amount" => &mut form.amount,
                "made_of" => &mut form.made_of,
                "cc" => &mut form.cc,
                "otp" => &mut form.otp,
                "question" => &mut form.question,
                _ => continue,
            };
            *field = value.into_owned();
        }
        form
    }

    /// Whether something is to be paid.
    pub(super) fn is_payment(&self) -> bool {
        !self.account.is_empty()
    }

    /// Whether the digits are to stand for the whole payment.
    pub(super) fn covers_all(&self) -> bool {
        self.made_of == "all"
    }
}
