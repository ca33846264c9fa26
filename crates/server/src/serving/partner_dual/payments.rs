//! The payments that customers were asked to confirm: the last few, in memory alone.
//!
//! What is paid is what was shown when the digits were made, and never what a page sends along with
//! the answer: the customer's browser is not to be trusted with it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::form::Form;

/// The most payments that wait.
const WAITING_MAX: usize = 1000;

/// A payment that waits for its confirmation.
struct Waiting {
    user: String,
    cc: String,
    account: String,
    amount: String,
    made_of: String,
}

/// The payments that wait, the newest first.
#[derive(Default)]
pub(super) struct Payments(Mutex<VecDeque<Waiting>>);

impl Payments {
    /// Remembers what is to be paid once `cc` is answered; the same digits for the same customer again
    /// mean the newer payment.
    pub(super) fn remember(&self, form: &Form, cc: &str) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|one| !is_of(one, &form.user, cc));
        waiting.push_front(Waiting {
            user: form.user.clone(),
            cc: cc.to_owned(),
            account: form.account.clone(),
            amount: form.amount.clone(),
            made_of: form.made_of.clone(),
        });
        waiting.truncate(WAITING_MAX);
    }

    /// The form with the payment that was asked for, whatever the page says of it; nothing where the page
    /// says that there is one and none is known. That it is confirmed once is the server's to see to.
    pub(super) fn recall(&self, form: Form) -> Option<Form> {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut of_form = waiting.iter();
        let Some(asked) = of_form.find(|one| is_of(one, &form.user, &form.cc)) else {
            return (!form.is_payment()).then_some(form);
        };
        Some(Form {
            account: asked.account.clone(),
            amount: asked.amount.clone(),
            made_of: asked.made_of.clone(),
            ..form
        })
    }
}

fn is_of(one: &Waiting, user: &str, cc: &str) -> bool {
    one.user == user && one.cc == cc
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(user: &str, account: &str, amount: &str) -> Form {
        let [user, account, amount] = [user, account, amount].map(str::to_owned);
        Form {
            user,
            account,
            amount,
            cc: "07880384".to_owned(),
            ..Form::default()
        }
    }

    #[test]
    fn what_is_paid_is_what_was_asked() {
        let payments = Payments::default();
        payments.remember(&form("anyone", "DE07880384", "12"), "07880384");
        assert!(payments.recall(form("another", "DE1", "12")).is_none());
        for changed in [form("anyone", "DE1", "9999"), form("anyone", "", "")] {
            let recalled = payments.recall(changed).unwrap();
            assert_eq!(
                (&*recalled.account, &*recalled.amount),
                ("DE07880384", "12")
            );
        }
    }

    #[test]
    fn a_sign_in_needs_no_payment() {
        let payments = Payments::default();
        assert!(payments.recall(form("anyone", "", "")).is_some());
    }

    #[test]
    fn no_more_than_a_thousand_wait() {
        let payments = Payments::default();
        for number in 0..=WAITING_MAX {
            payments.remember(&form("anyone", "DE", "1"), &number.to_string());
        }
        assert_eq!(payments.0.lock().unwrap().len(), WAITING_MAX);
    }
}
