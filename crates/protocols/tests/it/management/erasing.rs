//! A person's data is erased over the management API: at once from the directory, and soon from the log.

use challenge::audit::{EventKind, Outcome};
use challenge::ports::Change;
use serde_json::{Value, json};

use crate::management::office::Office;
use crate::management::watching::{BANK, event};

#[tokio::test]
async fn a_person_is_found_by_no_search_and_in_no_export_any_more() {
    let office = Office::open().await;
    let user = office.user("ONLINEBANK", "myTestUser1").await;
    let bank = office.bank("ONLINEBANK");
    let mut told = event(&bank, 9, (EventKind::Signature, Outcome::Done));
    told.user = Some(user.parse().unwrap());
    told.detail.address = Some("203.0.113.9".to_owned());
    told.detail.fields = vec![("payee".to_owned(), "Landlord".to_owned())];
    office.commit(Change::telling(told)).await;
    let mut tried = event(&bank, 8, (EventKind::Password, Outcome::NotFound));
    tried.detail.named_user = Some("myTestUser1".to_owned());
    office.commit(Change::telling(tried)).await;
    let path = format!("{BANK}/users/{user}");
    let present = office.get(&path).await.json();
    assert_eq!(present["login_name"], "myTestUser1");
    let reply = office.post(&format!("{path}/erase"), &Value::Null).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    let left = reply.json();
    assert_eq!(left["login_name"], format!("erased-{user}"));
    for member in ["external_id", "display_name", "email", "phone"] {
        assert_eq!(left[member], Value::Null, "{member}");
    }
    assert_eq!(left["locked"], true);
    let verifier = &office.desk.verifier;
    assert!(verifier.erase_events().await.unwrap().events >= 2);
    for text in ["myTestUser1", "203.0.113.9", "landlord"] {
        let path = format!("{BANK}/audit?text={text}");
        assert_eq!(office.get(&path).await.json()["items"], json!([]), "{text}");
    }
    let kinds = format!("{BANK}/audit?user={user}");
    let kinds = office.kinds(&office.auditor, &kinds).await;
    assert!(kinds.contains(&"erase".to_owned()) && kinds.contains(&"signature".to_owned()));
    // Once more changes nothing, and there is no way back.
    let again = office.post(&format!("{path}/erase"), &Value::Null).await;
    assert_eq!((again.status, again.json()), (reply.status, left));
    let found = format!("{BANK}/users?login_name=myTestUser1");
    assert_eq!(office.get(&found).await.json()["items"], json!([]));
}

#[tokio::test]
async fn an_administrator_is_not_erased_as_a_user() {
    let office = Office::open().await;
    let invited = json!({"login_name": "ann", "role": "auditor"});
    let made = office.post("/officers", &invited).await.json();
    let path = format!(
        "/tenants/CONSOLE/users/{}/erase",
        made["id"].as_str().unwrap()
    );
    let reply = office.post(&path, &Value::Null).await;
    assert!(
        (400..500).contains(&reply.status.as_u16()),
        "{}",
        reply.body
    );
}
