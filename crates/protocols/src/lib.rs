//! The wire formats that Countersign speaks, a folder each: they translate, and decide nothing.
//!
//! What is **not** here: verification, state, storage ([`challenge`] has the first two and the port
//! to the third). One protocol never names another; what several need stands beside their folders.

pub mod activid;
mod credentials;
pub mod desk;
pub mod device;
pub mod dualshield;
mod form;
pub mod incoming;
mod json;
pub mod management;
mod networks;
pub mod ocapi;
pub mod okay;
pub mod openapi;
mod qr;
pub mod widget;
