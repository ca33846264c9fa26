//! What the management API tells of authenticators once the database was restored from a backup.

use challenge::administration::Actor;
use challenge::door::Door;
use challenge::restore::{Marking, Replaced, mark};
use challenge::rng::DangerCountingRng;
use serde_json::{Value, json};

use crate::management::office::Office;

const BANK: &str = "/tenants/ONLINEBANK";

impl Office {
    /// Marks what there is as restored.
    async fn restore(&self) {
        let marking = Marking {
            store: &**self.desk.verifier.store(),
            clock: &*self.clock,
            rng: &DangerCountingRng::default(),
            actor: Actor {
                name: "operator",
                door: Door::CommandLine,
                address: None,
                correlation: None,
            },
            replaced: Replaced::default(),
            texts_may_repeat: false,
        };
        mark(&marking, &mut |_| {}).await.unwrap();
        self.desk.verifier.catalogue.refresh().await.unwrap();
    }

    /// What is lost of an authenticator, and its tag.
    async fn lost(&self, serial: &str) -> ([bool; 3], String) {
        let path = format!("{BANK}/authenticators/{serial}");
        let reply = self.get(&path).await;
        let body: Value = reply.json();
        let members = [
            "counter_is_lost",
            "signature_counter_is_lost",
            "texts_are_lost",
        ];
        let lost = members.map(|name| body[name].as_bool().unwrap());
        (lost, reply.headers["etag"].to_str().unwrap().to_owned())
    }
}

#[tokio::test]
async fn what_is_lost_is_told_of_each_authenticator_until_it_is_followed_again() {
    let office = Office::open().await;
    let user = office.user("ONLINEBANK", "myTestUser2").await;
    let counted = json!({
        "serial": "C2", "kind": "ocra", "secret": {"generate": true},
        "suite": "OCRA-1:HOTP-SHA1-8:QN08", "signature_suite": "OCRA-1:HOTP-SHA1-8:C-QA64",
    });
    let path = format!("{BANK}/users/{user}/authenticators");
    let made = office.post(&path, &counted).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let mut tags = Vec::new();
    for serial in ["H1", "T1", "O2", "C2"] {
        let (lost, tag) = office.lost(serial).await;
        assert_eq!(lost, [false; 3], "{serial}");
        tags.push(tag);
    }
    office.restore().await;
    for (serial, lost) in [
        ("H1", [true, false, false]),
        ("T1", [false; 3]),
        ("O2", [false, false, true]),
        ("C2", [false, true, false]),
    ] {
        // Nothing that is written of it was changed.
        assert_eq!(
            office.lost(serial).await,
            (lost, tags.remove(0)),
            "{serial}"
        );
    }
    let codes = json!({"first": "755224", "second": "287082"});
    let path = format!("{BANK}/authenticators/H1/resynchronise");
    let followed = office.post(&path, &codes).await;
    assert_eq!(followed.status, 200, "{}", followed.body);
    assert_eq!(office.lost("H1").await.0, [false; 3]);
}
