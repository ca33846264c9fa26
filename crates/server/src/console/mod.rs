//! The console at `/console/`: pages for those who run the server, made here and working without JavaScript.
//!
//! It has no powers of its own: every page asks operations of the management API as the officer who is
//! signed in, and they refuse what that officer may not do. Begin with `door.rs`, which every request
//! passes, then `page.rs`, which says how a page is written. Files of the browser are in `web/console/`.

mod account;
mod approvals;
mod ask;
mod asked;
mod audit;
mod callbacks;
mod captcha;
mod chart;
mod client_form;
mod clients;
mod cookies;
mod csrf;
mod door;
mod edit;
mod events;
mod factor;
mod field;
mod files;
mod form;
mod headers;
mod health;
mod key;
mod language;
mod link;
mod mistakes;
mod moment;
mod notice;
mod officers;
mod overview;
mod page;
mod pager;
mod part;
mod place;
mod policies;
mod qr;
mod routes;
mod said;
mod set_up;
mod shared;
mod sign_in;
mod sign_up;
mod site;
mod site_form;
mod sites;
mod tenants;
mod tokens;
mod told;
mod trial;
mod trouble;
mod users;
mod visit;
mod warned;
mod words;

pub use routes::router;
pub use shared::Console;
