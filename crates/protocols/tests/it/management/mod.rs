//! The management API.

mod conversation;
mod ended_tenants;
mod erasing;
mod importing;
mod matrix;
mod moving;
mod office;
mod races;
mod refusals;
mod restoring;
mod strict;
mod watching;
