//! The console at `/console/`: pages for those who run the server, made here and working without JavaScript.
//!
//! It has no powers of its own: every page asks operations of the management API as the officer who is
//! signed in, and they refuse what that officer may not do. Begin with `door.rs`, which every request
//! passes, then `page.rs`, which says how a page is written. Files of the browser are in `web/console/`.

mod account;
mod ask;
mod captcha;
mod chart;
mod cookies;
mod csrf;
mod door;
mod factor;
mod field;
mod files;
mod form;
mod headers;
mod health;
mod language;
mod link;
mod mistakes;
mod moment;
mod notice;
mod officers;
mod overview;
mod page;
mod pager;
mod place;
mod qr;
mod routes;
mod set_up;
mod shared;
mod sign_in;
mod sign_up;
mod tenants;
mod tokens;
mod told;
mod trial;
mod trouble;
mod visit;
mod words;

pub use routes::router;
pub use shared::Console;
