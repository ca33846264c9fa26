//! A partner's website, for the demo: a form with the widget, and the server side that checks.
//!
//! It is what a website of yours does, and nothing more: it talks to the server over HTTP, from another
//! origin. It takes the widget's version and hash from the program it is part of; yours has them from
//! `countersign site show`. Begin with `check.rs`.

mod check;
mod page;
mod website;

pub use check::Account;
pub use website::Website;
