//! A site: a partner's website whose visitors are asked to prove to be people.

use serde::{Deserialize, Serialize};

use crate::directory::Tenant;
use crate::id::Id;
use crate::secret::{Place, Sealed};

/// A partner's website.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Site {
    /// The site's id.
    pub id: Id<Site>,
    /// The tenant it belongs to.
    pub tenant: Id<Tenant>,
    /// The name that stands in its pages, unique in the server.
    pub public_id: String,
    /// The key its server signs with. Kept apart, sealed.
    #[serde(skip)]
    pub secret: Option<Sealed>,
    /// The JWT algorithms its server may sign with.
    pub jwt_algorithms: Vec<String>,
    /// The kinds of challenge it wants, the default one first.
    pub kinds: Vec<String>,
    /// The origins its pages have; empty: any.
    pub origins: Vec<String>,
    /// The base difficulty of its proofs of work; nothing: the server's.
    pub difficulty: Option<u32>,
    /// The image corpora it draws from.
    pub corpora: Vec<String>,
}

impl Site {
    /// Where the key of a site stands, sealed.
    pub fn secret_place(tenant: Id<Tenant>, id: Id<Self>) -> Place<'static> {
        Place {
            table: "site",
            column: "secret",
            tenant: tenant.number(),
            row: id.number(),
        }
    }
}
