//! What the domain promises, played against a store in memory.
//!
//! The stores that people use pass a contract suite of their own, in the crate `store`.

mod agent;
mod approvals;
mod bench;
mod bench_sites;
mod bound;
mod carried;
mod delivering;
mod issuing;
mod memory_approvals;
#[macro_use]
mod memory_corpora;
mod memory_restoring;
mod memory_store;
mod memory_watching;
mod no_keys;
mod no_officers;
mod one_time_passwords;
mod passwords;
mod printing;
mod provision;
mod races;
mod restored_codes;
mod restoring;
mod resynchronising;
mod sent_codes;
mod signatures;
mod supplied;
mod visitor_gallery;
mod visitor_image_limits;
mod visitor_images;
mod visitor_pressure;
mod visitor_shop;
mod visitors;
