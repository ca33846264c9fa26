//! The websites of the test bench.

use challenge::directory::{Site, Tenant};
use challenge::id::Id;
use challenge::rng::DangerCountingRng;
use challenge::secret::{Keyring, Place};

/// All of them.
pub(crate) fn sites(
    tenant: Id<Tenant>,
    (keyring, rng): (&Keyring, &DangerCountingRng),
) -> Vec<Site> {
    vec![
        site(tenant, ("shop", "shop"), (keyring, rng)),
        site(tenant, ("forum", "forum"), (keyring, rng)),
        // Of the same key as the shop's, and of one byte less than signs.
        site(tenant, ("twin", "shop"), (keyring, rng)),
        site(tenant, ("brief", ""), (keyring, rng)),
        Site {
            kinds: ["classification", "transcription", "text"]
                .map(str::to_owned)
                .to_vec(),
            corpora: vec!["corpus1".to_owned(), "corpus2".to_owned()],
            ..site(tenant, ("gallery", "gallery"), (keyring, rng))
        },
    ]
}

/// A site whose proofs of work are found at once, and whose key is `secret`, filled up to 32 bytes; 31 where it is empty.
fn site(
    tenant: Id<Tenant>,
    (name, secret): (&str, &str),
    (keyring, rng): (&Keyring, &DangerCountingRng),
) -> Site {
    let secret = match secret {
        "" => "-".repeat(31),
        secret => format!("{secret:-<32}"),
    };
    let id = Id::random(rng);
    let place = Place {
        table: "site",
        column: "secret",
        tenant: tenant.number(),
        row: id.number(),
    };
    Site {
        id,
        tenant,
        public_id: name.to_owned(),
        secret: Some(keyring.seal(rng, &place, secret.as_bytes()).unwrap()),
        jwt_algorithms: vec!["HS512".to_owned()],
        kinds: vec!["pow".to_owned()],
        origins: Vec::new(),
        difficulty: Some(3),
        corpora: Vec::new(),
    }
}
