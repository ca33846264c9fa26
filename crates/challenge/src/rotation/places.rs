//! Where in a row something is sealed, and the row with it sealed anew.

use data_encoding::BASE64;
use serde_json::Value;

use super::ports::{Rewrite, RowId, RowKey, SealedRow, Shelf};
use crate::approval::{digits_place, okay_place, pin_place, push_place};
use crate::delivery::letter_place;
use crate::directory::{Authenticator, ServerSetting, Site, Tenant};
use crate::id::{Id, TimedId};
use crate::officers::{drawn_place, kept_place, wish_place};
use crate::rng::Rng;
use crate::secret::{Keyring, Place, SealError, Sealed, lasting_place};

/// In which members of a body something may be sealed.
const DIGITS: [&str; 2] = ["/answer/pin/sealed", "/answer/pin_set/sealed"];
const TOLD_DIGITS: [&str; 2] = [
    "/told/answered/answer/pin/sealed",
    "/told/answered/answer/pin_set/sealed",
];

/// Something sealed in a row.
pub(super) struct Spot<'a> {
    place: Place<'a>,
    sealed: Sealed,
    /// The column, or the member of the body.
    stands: Stands,
}

enum Stands {
    Column(usize),
    Member(&'static str),
}

impl Spot<'_> {
    /// The version of the master key that it is sealed under; nothing where it is too short to tell.
    pub(super) fn version(&self) -> Option<u32> {
        let version = self.sealed.as_bytes().first_chunk::<4>()?;
        Some(u32::from_be_bytes(*version))
    }

    /// Whether it opens.
    pub(super) fn opens(&self, keyring: &Keyring) -> Result<(), SealError> {
        keyring.open(&self.place, &self.sealed).map(|_| ())
    }

    /// The same under the version that seals.
    fn anew(&self, keyring: &Keyring, rng: &dyn Rng) -> Result<Sealed, SealError> {
        let plain = keyring.open(&self.place, &self.sealed)?;
        keyring.seal(rng, &self.place, &plain)
    }
}

/// All that is sealed in a row; a place that cannot be told is damaged. `console`: the number of the
/// tenant of those who run the server.
pub(super) fn spots(
    shelf: Shelf,
    row: &SealedRow,
    console: i64,
) -> Vec<Result<Spot<'_>, SealError>> {
    let columns = row.columns.iter().enumerate();
    let columns = columns.filter_map(|(column, sealed)| {
        let sealed = sealed.clone()?;
        let place = column_place(shelf, &row.key, column);
        Some(place.map(|place| Spot {
            place,
            sealed,
            stands: Stands::Column(column),
        }))
    });
    let body = row.body.as_ref();
    let body = body.and_then(|(_, text)| serde_json::from_str::<Value>(text).ok());
    let members = members(shelf).iter().filter_map(|member| {
        let body = body.as_ref()?;
        let text = body.pointer(member)?.as_str()?;
        let sealed = BASE64.decode(text.as_bytes());
        let sealed = sealed.map_err(|_| SealError::Damaged);
        let place = member_place((shelf, member), &row.key, body, console);
        Some(sealed.and_then(|bytes| {
            Ok(Spot {
                place: place.ok_or(SealError::Damaged)?,
                sealed: Sealed::from_bytes(bytes),
                stands: Stands::Member(member),
            })
        }))
    });
    columns.chain(members).collect()
}

/// The row with these spots sealed anew.
pub(super) fn rewritten(
    row: &SealedRow,
    spots: &[Spot<'_>],
    (keyring, rng): (&Keyring, &dyn Rng),
) -> Result<Vec<Rewrite>, SealError> {
    let mut rewrites = Vec::new();
    let mut body = None;
    for spot in spots {
        let new = spot.anew(keyring, rng)?;
        match spot.stands {
            Stands::Column(column) => rewrites.push(Rewrite::Column {
                key: row.key.clone(),
                column,
                old: spot.sealed.clone(),
                new,
            }),
            Stands::Member(member) => {
                let (_, text) = row.body.as_ref().ok_or(SealError::Damaged)?;
                let value: &mut Value = match &mut body {
                    Some(value) => value,
                    None => {
                        body.insert(serde_json::from_str(text).map_err(|_| SealError::Damaged)?)
                    }
                };
                let place = value.pointer_mut(member).ok_or(SealError::Damaged)?;
                *place = Value::String(BASE64.encode(new.as_bytes()));
            }
        }
    }
    if let (Some(new), Some((version, old))) = (body, &row.body) {
        rewrites.push(Rewrite::Body {
            key: row.key.clone(),
            version: *version,
            old: old.clone(),
            new: new.to_string(),
        });
    }
    Ok(rewrites)
}

fn members(shelf: Shelf) -> &'static [&'static str] {
    match shelf {
        Shelf::Standings => &["/approval/pin"],
        Shelf::Devices => &["/push"],
        Shelf::Sessions => &DIGITS,
        Shelf::ConsoleSessions => &["/drawn"],
        Shelf::KeptRequests => &["/answer"],
        Shelf::SignUps => &["/wish"],
        Shelf::Outbox => &["/sealed", TOLD_DIGITS[0], TOLD_DIGITS[1]],
        Shelf::Tenants | Shelf::Sites | Shelf::Settings | Shelf::Authenticators | Shelf::Keys => {
            &[]
        }
    }
}

fn column_place(shelf: Shelf, key: &RowKey, column: usize) -> Result<Place<'_>, SealError> {
    let of = |number: i64| Id::<Tenant>::from_number(number).ok_or(SealError::Damaged);
    match (shelf, &key.id, column) {
        (Shelf::Tenants, RowId::Number(id), 0) => Ok(okay_place(of(*id)?, "okay_secret")),
        (Shelf::Tenants, RowId::Number(id), 1) => {
            Ok(okay_place(of(*id)?, "okay_callback_standard_secret"))
        }
        (Shelf::Sites, RowId::Number(id), 0) => {
            let site = Id::<Site>::from_number(*id).ok_or(SealError::Damaged)?;
            Ok(Site::secret_place(of(key.tenant)?, site))
        }
        (Shelf::Settings, RowId::Text(name), 0) => Ok(ServerSetting::secret_place(name)),
        (Shelf::Authenticators, RowId::Number(id), 0 | 1) => {
            let id = Id::<Authenticator>::from_number(*id).ok_or(SealError::Damaged)?;
            let tenant = of(key.tenant)?;
            Ok(if column == 0 {
                Authenticator::secret_place(tenant, id)
            } else {
                Authenticator::pin_place(tenant, id)
            })
        }
        (Shelf::Keys, RowId::Number(version), 0) => {
            let version = u32::try_from(*version).map_err(|_| SealError::Damaged)?;
            Ok(lasting_place(version))
        }
        _ => Err(SealError::Damaged),
    }
}

fn member_place(
    (shelf, member): (Shelf, &str),
    key: &RowKey,
    body: &Value,
    console: i64,
) -> Option<Place<'static>> {
    let tenant = Id::from_number(key.tenant)?;
    match (shelf, &key.id) {
        (Shelf::Standings, RowId::Number(user)) => {
            Some(pin_place((tenant, Id::from_number(*user)?)))
        }
        (Shelf::Devices, RowId::Text(id)) => Some(push_place(tenant, id.parse().ok()?)),
        (Shelf::Sessions, RowId::Text(id)) => Some(digits_place(tenant, id.parse().ok()?)),
        (Shelf::ConsoleSessions, RowId::Text(_)) => {
            let administrator = serde_json::from_value(body.get("administrator")?.clone()).ok()?;
            Some(drawn_place(console, administrator))
        }
        (Shelf::KeptRequests, RowId::Text(id)) => {
            let digest = data_encoding::HEXLOWER.decode(id.as_bytes()).ok()?;
            Some(kept_place(&digest.try_into().ok()?))
        }
        (Shelf::SignUps, RowId::Text(id)) => Some(wish_place(Id::from_number(id.parse().ok()?)?)),
        (Shelf::Outbox, RowId::Bytes(id)) if member == "/sealed" => {
            let id = TimedId::from_bytes(id.as_slice().try_into().ok()?);
            Some(letter_place(tenant, id))
        }
        (Shelf::Outbox, _) => {
            let session = body.pointer("/told/answered/session")?.clone();
            Some(digits_place(tenant, serde_json::from_value(session).ok()?))
        }
        _ => None,
    }
}
