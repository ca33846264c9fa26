//! Sealed secrets of rows: kept as they are where the secret is the same, sealed anew where not.

use subtle::ConstantTimeEq;

use super::draft::Draft;
use super::findings::At;
use crate::secret::{Place, Sealed};

/// What became of a secret.
pub(super) enum Resealed {
    /// It is the same, or none was given.
    Kept(Option<Sealed>),
    /// There was none.
    Set(Sealed),
    /// There was another one.
    Changed(Sealed),
}

impl Resealed {
    /// The secret as it is to be stored, and whether that is new.
    pub(super) fn into_parts(self) -> (Option<Sealed>, bool) {
        match self {
            Self::Kept(sealed) => (sealed, false),
            Self::Set(sealed) | Self::Changed(sealed) => (Some(sealed), true),
        }
    }
}

impl Draft<'_> {
    /// Compares a secret with the sealed one and seals it if it is another. Problems are kept.
    pub(super) fn reseal(
        &mut self,
        (at, key): (&At, &str),
        place: &Place<'_>,
        sealed: Option<&Sealed>,
        wanted: Option<&[u8]>,
    ) -> Resealed {
        let Some(wanted) = wanted else {
            return Resealed::Kept(sealed.cloned());
        };
        if let Some(sealed) = sealed {
            match self.context.keyring.open(place, sealed) {
                Ok(present) if bool::from(present.as_slice().ct_eq(wanted)) => {
                    return Resealed::Kept(Some(sealed.clone()));
                }
                Ok(_) => {}
                Err(error) => {
                    self.found
                        .problem(at, format!("{key}: the stored one: {error}"));
                    return Resealed::Kept(Some(sealed.clone()));
                }
            }
        }
        match self.context.keyring.seal(self.context.rng, place, wanted) {
            Ok(fresh) if sealed.is_some() => Resealed::Changed(fresh),
            Ok(fresh) => Resealed::Set(fresh),
            Err(error) => {
                self.found.problem(at, format!("{key}: {error}"));
                Resealed::Kept(sealed.cloned())
            }
        }
    }
}
