//! `/docs`: what `/openapi.json` says, for people: pages rendered here, without script and without a
//! network beyond this server.
//!
//! Why our own: the kept readers either come from a foreign host or, as Swagger UI, bring 1.7 MB of script
//! and nest controls in controls, which axe finds serious. What is not here: the guides in `docs/`.

mod description;
mod page;
mod shape;
mod website;

pub use website::router;
