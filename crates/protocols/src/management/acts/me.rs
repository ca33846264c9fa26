//! Who calls.

use challenge::officers::Officer;

use crate::desk::Desk;
use crate::management::shapes::me::MeShown;

/// Who calls, and what they may do.
pub fn show(desk: &Desk, officer: &Officer) -> MeShown {
    MeShown::of(officer, &desk.verifier.catalogue)
}
