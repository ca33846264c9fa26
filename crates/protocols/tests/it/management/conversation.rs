//! Whole conversations, as they go over the wire.

use std::fmt::Write as _;

use protocols::widget;
use serde_json::{Value, json};

use crate::management::office::{Office, shown};

/// Both sides of a conversation.
struct Talk<'a> {
    office: &'a Office,
    said: String,
}

impl<'a> Talk<'a> {
    fn with(office: &'a Office) -> Self {
        Self {
            office,
            said: String::new(),
        }
    }

    /// Without what is another in the next run: where the database is, and what the widget's hash is.
    fn still(&self, told: &str) -> String {
        let place = self.office.desk.verifier.store().describe();
        let still = told.replace(widget::integrity(), "[integrity]");
        if !still.contains(&place) {
            return still;
        }
        let lines = still.replace(&place, "[store]");
        let lines = lines.split_inclusive('\n');
        lines
            .filter(|line| !line.contains("content-length"))
            .collect()
    }

    async fn say(&mut self, method: &str, path: &str, body: Value) -> Value {
        self.say_as(&self.office.admin, (method, path), &[], body)
            .await
    }

    async fn say_as(
        &mut self,
        token: &str,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: Value,
    ) -> Value {
        let reply = self.office.ask(token, (method, path), headers, &body).await;
        writeln!(self.said, "> {method} /api/v1{path}").unwrap();
        for (name, value) in headers {
            writeln!(self.said, "> {name}: {value}").unwrap();
        }
        if !body.is_null() {
            self.said += &(serde_json::to_string_pretty(&body).unwrap() + "\n");
        }
        self.said += &(self.still(&shown(&reply)) + "\n");
        if reply.body.is_empty() {
            return Value::Null;
        }
        reply.json()
    }
}

#[tokio::test]
async fn a_tenant_is_made_changed_and_removed() {
    let office = Office::open().await;
    let mut talk = Talk::with(&office);
    let body = json!({
        "name": "NEWBANK", "display_name": "New Bank",
        "okay": {
            "secret": {"generate": true},
            "callback_url": "https://new.bank.example/callback",
            "trial_expires": "2026-10-21",
        },
    });
    talk.say("POST", "/tenants", body).await;
    talk.say("GET", "/tenants/NEWBANK", Value::Null).await;
    let patch = json!({"display_name": null, "okay": {"status": "inactive", "pending_s": 60}});
    talk.say("PATCH", "/tenants/NEWBANK", patch).await;
    talk.say("PATCH", "/tenants/NEWBANK", json!({"okay": null}))
        .await;
    talk.say("GET", "/tenants?limit=2", Value::Null).await;
    talk.say("DELETE", "/tenants/NEWBANK", Value::Null).await;
    talk.say("GET", "/tenants/NEWBANK", Value::Null).await;
    talk.say("DELETE", "/tenants/ONLINEBANK", Value::Null).await;
    insta::assert_snapshot!(talk.said);
}

#[tokio::test]
async fn clients_sites_and_policies_are_set_up() {
    let office = Office::open().await;
    let mut talk = Talk::with(&office);
    let at = |rest: &str| format!("/tenants/ONLINEBANK{rest}");
    let client = json!({"id": "portal", "secret": {"generate": true}, "grants": ["password"]});
    talk.say("POST", &at("/clients"), client).await;
    let patch = json!({"addresses": ["192.0.2.0/24"], "grants": null});
    talk.say("PATCH", &at("/clients/portal"), patch).await;
    talk.say("GET", &at("/clients?limit=1"), Value::Null).await;
    talk.say("DELETE", &at("/clients/portal"), Value::Null)
        .await;
    let site = json!({"public_id": "news", "secret": {"generate": true}, "kinds": ["pow"]});
    talk.say("POST", &at("/sites"), site).await;
    talk.say("GET", &at("/sites/news/snippet"), Value::Null)
        .await;
    talk.say("PATCH", &at("/sites/news"), json!({"difficulty": 500}))
        .await;
    talk.say("DELETE", &at("/sites/news"), Value::Null).await;
    talk.say(
        "POST",
        &at("/policies"),
        json!({"code": "AT_EMPOTP", "max_failures": 3}),
    )
    .await;
    talk.say(
        "PATCH",
        &at("/policies/AT_EMPOTP"),
        json!({"max_failures": null}),
    )
    .await;
    talk.say("GET", &at("/policies"), Value::Null).await;
    talk.say("DELETE", &at("/policies/AT_EMPOTP"), Value::Null)
        .await;
    insta::assert_snapshot!(talk.said);
}

#[tokio::test]
async fn a_user_gets_an_authenticator_and_is_looked_after() {
    let office = Office::open().await;
    let mut talk = Talk::with(&office);
    let at = |rest: &str| format!("/tenants/ONLINEBANK{rest}");
    let user =
        json!({"login_name": "alice", "email": "alice@example.org", "password": "correct horse"});
    let made = talk.say("POST", &at("/users"), user).await;
    let user = at(&format!("/users/{}", made["id"].as_str().unwrap()));
    let token = json!({"serial": "A1", "kind": "totp", "secret": {"generate": true}});
    talk.say("POST", &format!("{user}/authenticators"), token)
        .await;
    talk.say("POST", &at("/authenticators/A1/enrolment"), Value::Null)
        .await;
    talk.say("POST", &at("/authenticators/A1/lock"), Value::Null)
        .await;
    talk.say("POST", &at("/authenticators/A1/unlock"), Value::Null)
        .await;
    let codes = json!({"first": "000000", "second": "000001"});
    talk.say("POST", &at("/authenticators/A1/resynchronise"), codes)
        .await;
    talk.say(
        "PATCH",
        &at("/authenticators/A1"),
        json!({"policies": ["AT_SPARE"]}),
    )
    .await;
    talk.say("GET", &format!("{user}/standing"), Value::Null)
        .await;
    talk.say(
        "POST",
        &format!("{user}/reset"),
        json!({"policy": "AT_CUSTOTP"}),
    )
    .await;
    talk.say("POST", &format!("{user}/lock"), Value::Null).await;
    talk.say("GET", &at("/users?locked=true"), Value::Null)
        .await;
    talk.say("POST", &format!("{user}/unlock"), Value::Null)
        .await;
    talk.say(
        "PATCH",
        &user,
        json!({"password": null, "phone": "+33123456789"}),
    )
    .await;
    talk.say("GET", &at("/users?q=al"), Value::Null).await;
    talk.say("POST", &at("/authenticators/A1/revoke"), Value::Null)
        .await;
    talk.say("POST", &at("/authenticators/A1/unlock"), Value::Null)
        .await;
    talk.say("GET", &format!("{user}/authenticators"), Value::Null)
        .await;
    insta::assert_snapshot!(talk.said);
}

#[tokio::test]
async fn officers_and_tokens_are_given_out_and_taken_back() {
    let office = Office::open().await;
    let mut talk = Talk::with(&office);
    talk.say("GET", "/me", Value::Null).await;
    talk.say_as(&office.stranger, ("GET", "/me"), &[], Value::Null)
        .await;
    let body = json!({"name": "monitoring", "role": "auditor", "tenant": "ONLINEBANK", "days": 30});
    let made = talk.say("POST", "/tokens", body).await;
    let token = format!("/tokens/{}", made["id"].as_str().unwrap());
    let text = made["token"].as_str().unwrap().to_owned();
    talk.say_as(&text, ("GET", "/tenants"), &[], Value::Null)
        .await;
    talk.say("GET", &token, Value::Null).await;
    talk.say("DELETE", &token, Value::Null).await;
    talk.say_as(&text, ("GET", "/tenants"), &[], Value::Null)
        .await;
    talk.say("GET", "/server", Value::Null).await;
    talk.say("PATCH", "/server", json!({"sign_up": {"open": true}}))
        .await;
    talk.say("PATCH", "/server", json!({"sign_up": {"trial_days": 14}}))
        .await;
    insta::assert_snapshot!(talk.said);
}
