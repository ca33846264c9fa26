//! What changing the master key needs of the store: which versions there are, which node holds which, and
//! the rows in which something is sealed.

use async_trait::async_trait;

use crate::clock::Timestamp;
use crate::ports::{StoreError, Version};
use crate::secret::{Held, Sealed};

/// A version of the master key, as the database knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRow {
    /// Which, and by what it is told from another of the same version.
    pub held: Held,
    /// When it became known.
    pub added_at: Timestamp,
    /// Since when it seals; nothing: it only opens so far.
    pub seals_since: Option<Timestamp>,
    /// When all that was sealed before was sealed under it.
    pub resealed_at: Option<Timestamp>,
    /// When it was dropped.
    pub dropped_at: Option<Timestamp>,
    /// What outlives it, sealed under a later version; it is there once it was dropped.
    pub lasting: Option<Sealed>,
}

impl KeyRow {
    /// A version that seals from its first moment, as the first ones of a database do.
    pub fn first(held: Held, now: Timestamp) -> Self {
        Self {
            seals_since: Some(now),
            resealed_at: Some(now),
            ..Self::waiting(held, now)
        }
    }

    /// A version that is to be known everywhere before it seals.
    pub fn waiting(held: Held, now: Timestamp) -> Self {
        Self {
            held,
            added_at: now,
            seals_since: None,
            resealed_at: None,
            dropped_at: None,
            lasting: None,
        }
    }
}

/// A node that runs, and the versions that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Drawn by the node when it started.
    pub node: [u8; 16],
    /// What people know it by.
    pub name: String,
    /// The version that it seals with.
    pub seals: u32,
    /// What it holds.
    pub held: Vec<Held>,
    /// When it last said so.
    pub seen_at: Timestamp,
}

/// The tables in which something is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shelf {
    /// `tenant`: two columns.
    Tenants,
    /// `site`: a column.
    Sites,
    /// `server_setting`: a column.
    Settings,
    /// `authenticator`: two columns.
    Authenticators,
    /// `standing`: in the body.
    Standings,
    /// `device`: in the body.
    Devices,
    /// `approval_session`: in the body.
    Sessions,
    /// `console_session`: in the body.
    ConsoleSessions,
    /// `kept_request`: in the body.
    KeptRequests,
    /// `sign_up`: in the body.
    SignUps,
    /// `outbox`: in the body.
    Outbox,
    /// `master_key`: a column.
    Keys,
}

impl Shelf {
    /// All of them, in the order in which they are gone through.
    pub const ALL: [Self; 12] = [
        Self::Tenants,
        Self::Sites,
        Self::Settings,
        Self::Authenticators,
        Self::Standings,
        Self::Devices,
        Self::Sessions,
        Self::ConsoleSessions,
        Self::KeptRequests,
        Self::SignUps,
        Self::Outbox,
        Self::Keys,
    ];

    /// The table's name.
    pub fn table(self) -> &'static str {
        match self {
            Self::Tenants => "tenant",
            Self::Sites => "site",
            Self::Settings => "server_setting",
            Self::Authenticators => "authenticator",
            Self::Standings => "standing",
            Self::Devices => "device",
            Self::Sessions => "approval_session",
            Self::ConsoleSessions => "console_session",
            Self::KeptRequests => "kept_request",
            Self::SignUps => "sign_up",
            Self::Outbox => "outbox",
            Self::Keys => "master_key",
        }
    }
}

/// A row's id, in whichever form its table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowId {
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Where a row stands: rows are read in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowKey {
    /// Its tenant's number; 0 in tables without tenants.
    pub tenant: i64,
    /// Its id.
    pub id: RowId,
}

/// A row in which something may be sealed.
#[derive(Clone, Debug)]
pub struct SealedRow {
    /// Where it stands.
    pub key: RowKey,
    /// The sealed columns.
    pub columns: [Option<Sealed>; 2],
    /// The body with its version, where something is sealed in there. Rows without a version have 0.
    pub body: Option<(Version, String)>,
}

/// A row with something sealed anew; it is written only if it still is as it was read.
#[derive(Clone, Debug)]
pub enum Rewrite {
    /// In a column of its own.
    Column {
        /// The row.
        key: RowKey,
        /// Which of the columns.
        column: usize,
        /// What was read.
        old: Sealed,
        /// What is to stand there.
        new: Sealed,
    },
    /// In the body.
    Body {
        /// The row.
        key: RowKey,
        /// The version that was read.
        version: Version,
        /// The body that was read.
        old: String,
        /// The body that is to stand there.
        new: String,
    },
}

/// Keeps what is known of master keys, and gives out what is sealed.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// The versions of the master key, ascending, dropped ones included.
    async fn master_keys(&self) -> Result<Vec<KeyRow>, StoreError>;

    /// Adds a version, if there is none of that number yet; gives all versions as they are after that.
    async fn add_key(&self, row: &KeyRow) -> Result<Vec<KeyRow>, StoreError>;

    /// Adds the first versions, all of them or, where there is any already, none; gives all versions as they
    /// are after that.
    async fn add_first_keys(&self, rows: &[KeyRow]) -> Result<Vec<KeyRow>, StoreError>;

    /// The nodes that said what they hold since then.
    async fn key_holders(&self, since: Timestamp) -> Result<Vec<Holder>, StoreError>;

    /// Notes what a node holds. A version begins to seal before that or after it, never beside it.
    async fn hold_keys(&self, holder: &Holder) -> Result<(), StoreError>;

    /// Forgets a node that ends.
    async fn forget_holder(&self, node: &[u8; 16]) -> Result<(), StoreError>;

    /// Lets a version seal from now on, and raises the directory's version.
    ///
    /// [`StoreError::Conflict`] where it or a later one seals already, it was dropped, or a node that was seen
    /// since `alive` does not hold it.
    async fn begin_sealing(
        &self,
        version: u32,
        (now, alive): (Timestamp, Timestamp),
    ) -> Result<(), StoreError>;

    /// Notes that all that was sealed before is sealed under this version, and raises the directory's version.
    async fn note_resealed(&self, version: u32, now: Timestamp) -> Result<(), StoreError>;

    /// Drops a version, keeping what outlives it, and raises the directory's version.
    ///
    /// [`StoreError::Conflict`] where it was dropped before, where it seals, where another version seals than
    /// `sealing` (which `lasting` is sealed under), where not everything is noted to be sealed under that one,
    /// or where a node that was seen since `alive` seals with the version still.
    async fn drop_key(
        &self,
        version: u32,
        (sealing, lasting): (u32, &Sealed),
        (now, alive): (Timestamp, Timestamp),
    ) -> Result<(), StoreError>;

    /// Raises the directory's version, so that every node reads it anew, and no change that was computed
    /// from what it was before is written.
    async fn raise_directory(&self) -> Result<(), StoreError>;

    /// How many rows of all shelves there are.
    async fn count_sealed_rows(&self) -> Result<u64, StoreError>;

    /// Rows of a shelf in the order of their keys, those after this one or all.
    async fn sealed_rows(
        &self,
        shelf: Shelf,
        after: Option<&RowKey>,
        limit: u32,
    ) -> Result<Vec<SealedRow>, StoreError>;

    /// Writes rows of a shelf that still are as they were read, and gives how many that were.
    async fn reseal(&self, shelf: Shelf, rows: Vec<Rewrite>) -> Result<u64, StoreError>;

    /// How many events wait to be sealed into the audit log's chain that were marked under this version.
    async fn marked_events(&self, version: u32) -> Result<u64, StoreError>;
}
