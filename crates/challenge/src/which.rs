//! Which of a user's authenticators a request means.
//!
//! Protocols name them in many ways, and often in several at once: all that is said must hold.
//! Whether the one that is meant may be used is not decided here.

use std::sync::Arc;

use crate::directory::Authenticator;
use crate::id::Id;

/// What a request says of the authenticator that it means; nothing said means any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Which<'a> {
    /// Its id.
    pub id: Option<Id<Authenticator>>,
    /// Its serial number, or that of another authenticator of the user on the same device.
    pub serial: Option<&'a str>,
    /// The device it lives on.
    pub device_id: Option<&'a str>,
    /// The product it is sold as, whatever the case of its letters.
    pub product: Option<&'a str>,
    /// The kinds it may be of, by their names in files; empty: any.
    pub kinds: &'a [&'a str],
}

impl<'a> Which<'a> {
    /// Any of the user's authenticators.
    pub const ANY: Which<'static> = Which {
        id: None,
        serial: None,
        device_id: None,
        product: None,
        kinds: &[],
    };

    /// Any on this device; nothing: any at all.
    pub fn on_device(device_id: Option<&'a str>) -> Self {
        Self {
            device_id,
            ..Self::ANY
        }
    }

    /// Whether one device or authenticator is named, and not only what it is like.
    pub fn names_one(&self) -> bool {
        self.id.is_some() || self.serial.is_some() || self.device_id.is_some()
    }

    /// Those of a user's authenticators that are meant.
    pub fn among<'b>(&self, held: &'b [Arc<Authenticator>]) -> Vec<&'b Arc<Authenticator>> {
        held.iter().filter(|one| self.means(one, held)).collect()
    }

    /// Whether one of the authenticators that a user holds is meant.
    pub fn means(&self, one: &Authenticator, held: &[Arc<Authenticator>]) -> bool {
        let kind = one.method.kind();
        let product = one.product.as_deref().unwrap_or_default();
        self.id.is_none_or(|id| one.id == id)
            && self.serial.is_none_or(|serial| {
                let mut beside = held.iter().filter(|other| other.device_id == one.device_id);
                beside.any(|other| other.serial == serial)
            })
            && self.device_id.is_none_or(|device| one.device_id == device)
            && self
                .product
                .is_none_or(|named| product.eq_ignore_ascii_case(named))
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
    }
}
