//! Two requests that arrive in the same moment, and the same request twice.

use std::sync::Arc;

use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::http::StatusCode;
use challenge::officers::{ABANDONED_S, Denied, Officer, Opening};
use protocols::management::refusal::Refusal;
use protocols::management::writing::once;
use serde_json::{Value, json};

use crate::bank::Reply;
use crate::management::office::{Office, problem};

/// Method and path, headers, body.
type Asked = ((&'static str, String), Vec<(&'static str, String)>, Value);

/// Sends all at once, each in a task of its own.
async fn at_once(office: &Arc<Office>, requests: Vec<Asked>) -> Vec<Reply> {
    let sent = requests.into_iter().map(|((method, path), headers, body)| {
        let office = Arc::clone(office);
        tokio::spawn(async move {
            let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
            office
                .ask(&office.admin, (method, &path), &headers, &body)
                .await
        })
    });
    let mut replies = Vec::new();
    for task in sent.collect::<Vec<_>>() {
        replies.push(task.await.unwrap());
    }
    replies
}

fn count(replies: &[Reply], status: StatusCode) -> usize {
    replies
        .iter()
        .filter(|reply| reply.status == status)
        .count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_changes_of_what_was_read_exactly_one_is_written() {
    let office = Arc::new(Office::open().await);
    let body = json!({"login_name": "ann", "role": "auditor"});
    let officer = office.post("/officers", &body).await.json();
    let officer = format!("/officers/{}", officer["id"].as_str().unwrap());
    for path in [
        officer.as_str(),
        "/tenants/ONLINEBANK",
        "/tenants/ONLINEBANK/clients/onlinebank-api",
        "/tenants/ONLINEBANK/sites/onlinebank-shop",
        "/tenants/ONLINEBANK/policies/AT_CUSTOTP",
        "/tenants/ONLINEBANK/authenticators/H1",
        "/server",
    ] {
        let read = office.get(path).await;
        let tag = read.headers["etag"].to_str().unwrap().to_owned();
        let requests = (0..16).map(|number| {
            let patch = match path.rsplit('/').next().unwrap() {
                _ if path == officer => {
                    // What each makes of it differs from what was read.
                    let tenant = if number % 2 == 0 {
                        "ONLINEBANK"
                    } else {
                        "OTHERBANK"
                    };
                    json!({"role": "operator", "tenant": tenant})
                }
                "ONLINEBANK" => json!({"display_name": format!("Bank {number}")}),
                "onlinebank-api" => json!({"token_s": 1000 + number}),
                "onlinebank-shop" => json!({"difficulty": 1000 + number}),
                "AT_CUSTOTP" => json!({"max_failures": 100 + number}),
                "H1" => json!({"product": format!("P{number}")}),
                _ => json!({"sign_up": {"trial_days": 100 + number}}),
            };
            let headers = vec![("if-match", tag.clone())];
            (("PATCH", path.to_owned()), headers, patch)
        });
        let replies = at_once(&office, requests.collect()).await;
        assert_eq!(count(&replies, StatusCode::OK), 1, "{path}");
        assert_eq!(
            count(&replies, StatusCode::PRECONDITION_FAILED),
            15,
            "{path}"
        );
        let won = replies.iter().find(|reply| reply.status == StatusCode::OK);
        let now = office.get(path).await;
        assert_eq!(won.unwrap().headers["etag"], now.headers["etag"]);
        assert_ne!(now.headers["etag"], read.headers["etag"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_make_one_name_exactly_one_makes_it() {
    let office = Arc::new(Office::open().await);
    for (path, body) in [
        ("/tenants", json!({"name": "RACE"})),
        (
            "/tenants/ONLINEBANK/clients",
            json!({"id": "race", "secret": {"generate": true}}),
        ),
        ("/tenants/ONLINEBANK/users", json!({"login_name": "race"})),
    ] {
        let one = || (("POST", path.to_owned()), Vec::new(), body.clone());
        let replies = at_once(&office, (0..12).map(|_| one()).collect()).await;
        assert_eq!(count(&replies, StatusCode::CREATED), 1, "{path}");
        assert_eq!(count(&replies, StatusCode::CONFLICT), 11, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tenants_that_name_no_number_get_one_each() {
    let office = Arc::new(Office::open().await);
    let one = |number: u32| {
        let okay = json!({"secret": {"generate": true}});
        let body = json!({"name": format!("T{number}"), "okay": okay});
        (("POST", "/tenants".to_owned()), Vec::new(), body)
    };
    let replies = at_once(&office, (0..10).map(one).collect()).await;
    let numbers = replies
        .iter()
        .map(|reply| reply.json()["okay"]["id"].as_u64().unwrap());
    let mut numbers: Vec<_> = numbers.collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (150_001..150_011).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_with_one_key_is_done_once_and_told_alike() {
    let office = Arc::new(Office::open().await);
    let body = json!({"id": "once", "secret": {"generate": true}});
    let request = || {
        let headers = vec![("idempotency-key", "k-1".to_owned())];
        (
            ("POST", "/tenants/ONLINEBANK/clients".to_owned()),
            headers,
            body.clone(),
        )
    };
    let replies = at_once(&office, (0..16).map(|_| request()).collect()).await;
    let mut secrets = Vec::new();
    for reply in &replies {
        if reply.status == StatusCode::CREATED {
            secrets.push(reply.json()["secret"].as_str().unwrap().to_owned());
        } else {
            assert_eq!(problem(reply).0, "in-progress");
        }
    }
    assert!(!secrets.is_empty() && secrets.iter().all(|secret| *secret == secrets[0]));
    let again = at_once(&office, vec![request()]).await.remove(0);
    assert_eq!(again.json()["secret"], secrets[0]);
    assert_eq!(
        again.headers["location"],
        "/api/v1/tenants/ONLINEBANK/clients/once"
    );
}

#[tokio::test]
async fn a_key_is_for_one_request_and_one_officer_and_one_day() {
    let office = Office::open().await;
    let headers = [("idempotency-key", "k-1")];
    let path = ("POST", "/tenants/ONLINEBANK/users");
    let ask = async |token: &str, name: &str| {
        let body = json!({"login_name": name});
        office.ask(token, path, &headers, &body).await
    };
    let made = ask(&office.admin, "a").await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(ask(&office.admin, "a").await.body, made.body);
    assert_eq!(problem(&ask(&office.admin, "b").await).0, "key-reused");
    // Another officer's key is another key.
    assert_eq!(ask(&office.operator, "b").await.status, StatusCode::CREATED);
    // What was refused was not done, and may be tried again.
    let body = json!({"login_name": "c", "external_id": "uid406jkt"});
    let headers = [("idempotency-key", "k-2")];
    for _ in 0..2 {
        let reply = office.ask(&office.admin, path, &headers, &body).await;
        assert_eq!(problem(&reply).0, "taken");
    }
    // With another body as well, such as one that mends what was wrong.
    let body = json!({"login_name": "c", "external_id": "uid406jkt-2"});
    let reply = office.ask(&office.admin, path, &headers, &body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.body);
    office.clock.advance_s(24 * 3600 + 1);
    assert_eq!(problem(&ask(&office.admin, "a").await).0, "taken");
}

#[tokio::test]
async fn a_caller_who_hangs_up_is_told_the_same_when_asking_again() {
    let office = Office::open().await;
    for looks in 0..16 {
        let name = format!("cut-{looks}");
        let body = json!({"name": name, "role": "auditor"});
        let headers = [("idempotency-key", name.as_str())];
        let asked = || Office::request(&office.admin, ("POST", "/tokens"), &headers, &body);
        {
            // The handler goes on until it waits; then it is gone, as when a connection ends.
            let mut sent = pin!(office.send(asked()));
            for _ in 0..looks {
                let looked = std::future::poll_fn(|at| Poll::Ready(sent.as_mut().poll(at)));
                if looked.await.is_ready() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        let mut told = office.send(asked()).await;
        for _ in 0..6_000 {
            if told.status != StatusCode::CONFLICT {
                break;
            }
            assert_eq!(problem(&told).0, "in-progress");
            tokio::time::sleep(Duration::from_millis(10)).await;
            told = office.send(asked()).await;
        }
        assert_eq!(told.status, StatusCode::CREATED, "{looks}: {}", told.body);
        let listed = office.get("/tokens").await.json();
        let made = listed["items"].as_array().unwrap().iter();
        assert_eq!(
            made.filter(|token| token["name"] == name.as_str()).count(),
            1,
            "{looks}"
        );
        let made = told.json()["token"].as_str().unwrap().to_owned();
        let me = office.ask(&made, ("GET", "/me"), &[], &Value::Null).await;
        assert_eq!(me.status, StatusCode::OK, "{looks}: {}", me.body);
    }
}

#[tokio::test]
async fn what_may_have_been_done_is_not_done_again_at_once() {
    let office = Office::open().await;
    let by = Officer::command_line();
    let ask = async |told: Result<u32, Refusal>| {
        once(&office.desk, &by, (Some("k"), b"asked"), async { told }).await
    };
    let unknown = Refusal::Unavailable("nobody knows".to_owned());
    assert_eq!(ask(Err(unknown.clone())).await, Err(unknown));
    assert_eq!(ask(Ok(1)).await, Err(Denied::InProgress.into()));
    office.clock.advance_s(ABANDONED_S);
    assert_eq!(ask(Ok(2)).await, Ok(2));
    assert_eq!(ask(Ok(3)).await, Ok(2));
}

#[tokio::test]
async fn a_refusal_is_told_though_the_key_cannot_be_given_back() {
    let office = Office::open().await;
    let by = Officer::command_line();
    let refused = {
        let (desk, clock) = (Arc::clone(&office.desk), Arc::clone(&office.clock));
        let by = by.clone();
        async move {
            // It takes so long that another request of the key is let in.
            clock.advance_s(ABANDONED_S);
            let other = desk.verifier.open_request(&by, "k", b"asked").await;
            assert!(matches!(other, Ok(Opening::New(_))));
            Err::<u32, _>(Refusal::NotPossible("no".to_owned()))
        }
    };
    let told = once(&office.desk, &by, (Some("k"), b"asked"), refused).await;
    assert_eq!(told, Err(Refusal::NotPossible("no".to_owned())));
}

#[tokio::test]
async fn what_is_known_is_not_sent_again_and_a_changed_secret_is_a_change() {
    let office = Office::open().await;
    let path = "/tenants/ONLINEBANK/clients/onlinebank-api";
    let first = office.get(path).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let headers = [("if-none-match", tag.as_str())];
    let again = office
        .ask(&office.admin, ("GET", path), &headers, &Value::Null)
        .await;
    assert_eq!(
        (again.status, again.body.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    office
        .patch(path, &json!({"secret": "another secret, as long"}))
        .await;
    let changed = office
        .ask(&office.admin, ("GET", path), &headers, &Value::Null)
        .await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.body, first.body, "nothing of a secret is shown");
    for method in ["PATCH", "DELETE"] {
        let headers = [("if-match", tag.as_str())];
        let body = if method == "PATCH" {
            json!({})
        } else {
            Value::Null
        };
        let reply = office
            .ask(&office.admin, (method, path), &headers, &body)
            .await;
        assert_eq!(problem(&reply).0, "changed", "{method}");
    }
}
