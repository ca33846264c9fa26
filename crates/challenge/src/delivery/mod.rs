//! Codes on their way to a user: written into the outbox with the challenge that they answer, handed
//! over to whoever brings e-mails and short messages, and dropped when their time is over. Letters to those
//! who ask for an account take the same way.
//!
//! Start reading at [`Delivery`] and `outbox.rs`. What is not here: SMTP and HTTP (the server's
//! worker speaks them), and whether a code is right.

mod fate;
mod message;
mod outbox;
mod settings;
pub mod template;

pub use fate::{Handover, PAUSES_S};
pub(crate) use message::letter_place;
pub use message::{Delivery, Says, Way};
pub use outbox::{Handout, LEASE_S, Parcel};
pub use settings::{
    DeliverySecrets, DeliverySettings, Format, GatewaySettings, Method, SETTING, Security,
    SmtpSettings, StoredDelivery,
};
