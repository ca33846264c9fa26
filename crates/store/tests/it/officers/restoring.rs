//! What opens the console but once is gone after a restore; passwords and second factors are what they were.

use challenge::officers::{Denied, Reach, Role, Stage as Owed};
use secrecy::ExposeSecret as _;

use super::stage::*;
use crate::restoring::marked_at;
use crate::support::*;

on_both!(sessions_links_and_recovery_codes_of_a_backup_open_nothing);

async fn sessions_links_and_recovery_codes_of_a_backup_open_nothing(place: &Place) {
    let stage = Stage::on(place).await;
    let ann = stage.person("ann").await;
    let (_, link) = stage.invited("bob", Role::Auditor, Reach::Server).await;
    let code = stage.code(&ann.uri);
    let now = stage.one().now();
    let marked = marked_at(&**stage.one().store(), now).await.unwrap();
    assert_eq!(marked.administrators, 2);
    for node in &stage.nodes {
        assert!(node.catalogue.refresh().await.unwrap());
    }
    assert!(stage.find(&ann.session).await.is_err());
    let followed = stage.one().follow_link(&link, from("192.0.2.1")).await;
    assert!(followed.is_err());
    let half = stage.half(&ann).await;
    let recovery = ann.recovery[0].expose_secret();
    let denied = stage.one().finish_by_recovery_code(&half, recovery).await;
    assert_eq!(denied.unwrap_err(), Denied::NotVerified);
    let denied = stage.one().finish_by_code(&half, &code).await;
    assert_eq!(denied.unwrap_err(), Denied::NotVerified);
    stage.clock.advance_s(30);
    let code = stage.code(&ann.uri);
    let open = stage.one().finish_by_code(&half, &code).await.unwrap();
    assert_eq!(open.stage, Owed::Open);
}
