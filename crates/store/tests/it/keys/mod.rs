//! The master key changed on a real store: everything sealed anew, while answers go on, and cut off in the
//! middle; the steps of it on several nodes.

mod dropping;
mod resealing;
mod stage;
mod steps;
