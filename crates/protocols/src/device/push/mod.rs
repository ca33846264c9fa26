//! What is sent to a push service (RFC 8030): a text sealed for the phone, and who sends it. Pure. When
//! and where it is sent is the server's matter.
//!
//! | on the wire | here |
//! |---|---|
//! | application server | this server |
//! | user agent | the phone's browser |
//! | `p256dh`, `auth` | the subscription's public key and secret |
//! | `Topic` | a name of the session that tells nothing |

mod encryption;
mod letter;
mod vapid;

pub use letter::{Letter, Sender, Unwritable, letter};
