//! Who may do what, for every operation: each role, another tenant's admin, a token that ended, and none.
//! What an operation needs stands here by hand; one that stands in no row fails.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::bank::Reply;
use crate::management::office::Office;

/// What an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// To be an officer; what is told is what is within reach.
    Anybody,
    /// Any role, in the tenant.
    Look,
    /// Operator or admin, in the tenant.
    Tend,
    /// Admin, in the tenant.
    Shape,
    /// Admin of the whole server, about the tenant.
    GovernTenant,
    /// Any role, over the whole server.
    LookServer,
    /// Operator or admin, over the whole server.
    TendServer,
    /// Admin, over the whole server.
    GovernServer,
    /// Admin, over as much as the officer reaches.
    Govern,
    /// Admin who reaches as far as the token or the officer that it is about: the whole server.
    GovernOne,
    /// Any role that reaches as far as the officer that it is about: the whole server.
    LookOne,
}

use Needs::{
    Anybody, Govern, GovernOne, GovernServer, GovernTenant, Look, LookOne, LookServer, Shape, Tend,
    TendServer,
};

const NEEDS: &[(&str, Needs)] = &[
    ("meShow", Anybody),
    ("tenantList", Anybody),
    ("tenantCreate", GovernServer),
    ("tenantShow", Look),
    ("tenantChange", Shape),
    ("tenantRemove", GovernTenant),
    ("clientList", Look),
    ("clientCreate", Shape),
    ("clientShow", Look),
    ("clientChange", Shape),
    ("clientRemove", Shape),
    ("siteList", Look),
    ("siteCreate", Shape),
    ("siteShow", Look),
    ("siteChange", Shape),
    ("siteRemove", Shape),
    ("siteSnippet", Look),
    ("siteStatistics", Look),
    ("policyList", Look),
    ("policyCreate", Shape),
    ("policyShow", Look),
    ("policyChange", Shape),
    ("policyRemove", Shape),
    ("userList", Look),
    ("userCreate", Tend),
    ("userShow", Look),
    ("userChange", Tend),
    ("userStanding", Look),
    ("userLock", Tend),
    ("userUnlock", Tend),
    ("userReset", Tend),
    ("userErase", Shape),
    ("userTimeline", Look),
    ("userDevices", Look),
    ("userLink", Tend),
    ("authenticatorList", Look),
    ("authenticatorCreate", Tend),
    ("authenticatorShow", Look),
    ("authenticatorChange", Tend),
    ("authenticatorEnrol", Tend),
    ("authenticatorLock", Tend),
    ("authenticatorUnlock", Tend),
    ("authenticatorRevoke", Tend),
    ("authenticatorResynchronise", Tend),
    ("authenticatorCard", Tend),
    ("tokenFileImport", Tend),
    ("challengeList", Look),
    ("challengeShow", Look),
    ("challengeCancel", Tend),
    ("sessionList", Look),
    ("sessionShow", Look),
    ("sessionCancel", Tend),
    ("linkedDeviceList", Look),
    ("linkedDeviceShow", Look),
    ("linkedDeviceUnlink", Tend),
    ("callbackTenant", Look),
    ("callbackRedeliver", Tend),
    ("callbackServer", LookServer),
    ("callbackRedeliverAny", TendServer),
    ("auditTenant", Look),
    ("auditServer", LookServer),
    ("statisticsTenant", Look),
    ("statisticsServer", LookServer),
    ("serverShow", LookServer),
    ("serverHealth", LookServer),
    ("serverChange", GovernServer),
    ("officerList", Anybody),
    ("officerCreate", Govern),
    ("officerShow", LookOne),
    ("officerChange", GovernOne),
    ("officerRemove", GovernOne),
    ("officerLink", GovernOne),
    ("tokenList", Govern),
    ("tokenCreate", Govern),
    ("tokenShow", GovernOne),
    ("tokenRevoke", GovernOne),
];

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Caller {
    Admin,
    Operator,
    Auditor,
    Owner,
    Stranger,
    Former,
    Nobody,
}

const CALLERS: [Caller; 7] = [
    Caller::Admin,
    Caller::Operator,
    Caller::Auditor,
    Caller::Owner,
    Caller::Stranger,
    Caller::Former,
    Caller::Nobody,
];

/// What is to come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// It is done, or refused for what is asked.
    Allowed,
    NotSignedIn,
    /// 403
    Forbidden,
    /// 404, exactly as for what there is not.
    Unknown,
}

fn expected(needs: Needs, caller: Caller) -> Outcome {
    use Caller::{Admin, Auditor, Former, Nobody, Operator, Owner, Stranger};
    use Outcome::{Allowed, Forbidden, NotSignedIn, Unknown};
    match (caller, needs) {
        (Former | Nobody, _) => NotSignedIn,
        (Admin, _)
        | (_, Anybody)
        | (Operator | Auditor | Owner, Look)
        | (Operator | Owner, Tend)
        | (Owner, Shape)
        | (Operator | Auditor, LookServer | LookOne)
        | (Operator, TendServer)
        | (Owner | Stranger, Govern) => Allowed,
        (Stranger, Look | Tend | Shape | GovernTenant)
        | (Owner | Stranger, GovernOne | LookOne) => Unknown,
        _ => Forbidden,
    }
}

/// An operation of the description: its method, and its path below `/api/v1`.
struct Operation {
    name: String,
    method: String,
    path: String,
}

fn operations() -> Vec<Operation> {
    let document: Value = serde_json::from_str(&protocols::openapi::document()).unwrap();
    let mut found = Vec::new();
    let paths = document["paths"].as_object().unwrap().iter();
    for (path, item) in paths.filter_map(|(path, item)| Some((path.strip_prefix("/api/v1")?, item)))
    {
        for (method, operation) in item.as_object().unwrap() {
            found.push(Operation {
                name: operation["operationId"].as_str().unwrap().to_owned(),
                method: method.to_uppercase(),
                path: path.to_owned(),
            });
        }
    }
    found
}

/// What its row says.
fn needs_of(operation: &Operation) -> Needs {
    let row = NEEDS.iter().find(|(name, _)| *name == operation.name);
    row.expect("every operation stands in the table").1
}

/// Names for the parameters of paths.
#[derive(Clone)]
struct Names(BTreeMap<&'static str, String>);

impl Names {
    /// What there is in `ONLINEBANK`.
    async fn known(office: &Office) -> Self {
        let tokens = office.get("/tokens?limit=500").await.json();
        let tokens = tokens["items"].as_array().unwrap().clone();
        let token = tokens.iter().find(|token| token["name"] == "operator");
        let invited = json!({"login_name": "invited", "role": "auditor"});
        let officer = office.post("/officers", &invited).await.json();
        Self(BTreeMap::from([
            ("tenant", "ONLINEBANK".to_owned()),
            ("user", office.user("ONLINEBANK", "myTestUser1").await),
            ("serial", "H1".to_owned()),
            ("public_id", "onlinebank-shop".to_owned()),
            ("code", "AT_SPARE".to_owned()),
            ("client", "onlinebank-api".to_owned()),
            ("officer", officer["id"].as_str().unwrap().to_owned()),
            ("token", token.unwrap()["id"].as_str().unwrap().to_owned()),
        ]))
    }

    /// What there is nowhere.
    fn unknown() -> Self {
        Self(BTreeMap::from([
            ("tenant", "NOSUCHBANK".to_owned()),
            ("user", "9007199254740990".to_owned()),
            ("serial", "nosuch".to_owned()),
            ("public_id", "nosuch".to_owned()),
            ("code", "nosuch".to_owned()),
            ("client", "nosuch".to_owned()),
            ("officer", "9007199254740990".to_owned()),
            ("token", "9007199254740990".to_owned()),
        ]))
    }

    fn of(mut self, tenant: &str) -> Self {
        self.0.insert("tenant", tenant.to_owned());
        self
    }

    fn fill(&self, operation: &Operation) -> String {
        let segments = operation.path.split('/').map(|segment| {
            let Some(name) = segment
                .strip_prefix('{')
                .and_then(|name| name.strip_suffix('}'))
            else {
                return segment.to_owned();
            };
            match (name, operation.path.as_str()) {
                ("id", path) if path.contains("/clients/") => self.0["client"].clone(),
                // Nothing of these is made here: whoever may look finds nothing.
                ("id", path) if path.contains("/devices/") => "9007199254740990".to_owned(),
                ("id", path) if path.contains("/sessions/") => "9007199254740990".to_owned(),
                ("id", _) => "0123456789abcdef0123456789abcdef".to_owned(),
                (name, _) => self.0[name].clone(),
            }
        });
        segments.collect::<Vec<_>>().join("/")
    }
}

/// A body that is taken.
fn body(name: &str, method: &str) -> Value {
    let generated = json!({"generate": true});
    match name {
        "tenantCreate" => json!({"name": "M"}),
        "clientCreate" => json!({"id": "m"}),
        "siteCreate" => json!({"public_id": "m", "secret": generated}),
        "policyCreate" => json!({"code": "M"}),
        "userCreate" => json!({"login_name": "m"}),
        "userReset" => json!({"policy": "AT_CUSTOTP"}),
        "authenticatorCreate" => json!({"serial": "m", "kind": "hotp", "secret": generated}),
        "tokenFileImport" => json!({"format": "otpauth", "file": ""}),
        "authenticatorResynchronise" => json!({"first": "000000", "second": "000001"}),
        "tokenCreate" => json!({"name": "m", "role": "auditor"}),
        "officerCreate" => json!({"login_name": "m", "role": "auditor"}),
        _ if method == "PATCH" => json!({}),
        _ => Value::Null,
    }
}

async fn ask(office: &Office, caller: Caller, operation: &Operation, names: &Names) -> Reply {
    let token = match caller {
        Caller::Admin => &office.admin,
        Caller::Operator => &office.operator,
        Caller::Auditor => &office.auditor,
        Caller::Owner => &office.owner,
        Caller::Stranger => &office.stranger,
        Caller::Former => &office.former,
        Caller::Nobody => "",
    };
    let path = names.fill(operation);
    let body = body(&operation.name, &operation.method);
    office
        .ask(token, (&operation.method, &path), &[], &body)
        .await
}

fn outcome(reply: &Reply) -> Outcome {
    match reply.status {
        StatusCode::UNAUTHORIZED => Outcome::NotSignedIn,
        StatusCode::FORBIDDEN => Outcome::Forbidden,
        StatusCode::NOT_FOUND => Outcome::Unknown,
        _ => Outcome::Allowed,
    }
}

#[test]
fn every_operation_stands_in_the_table_once() {
    let named: Vec<_> = NEEDS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let there: BTreeSet<_> = operations().into_iter().map(|one| one.name).collect();
    assert_eq!(named.iter().cloned().collect::<BTreeSet<_>>(), there);
    assert_eq!(named.len(), there.len());
}

#[tokio::test]
async fn each_caller_may_what_the_table_says_and_no_more() {
    let shared = Office::open().await;
    let names = Names::known(&shared).await;
    let (mut asked, mut holes) = (0, Vec::new());
    for operation in operations() {
        let needs = needs_of(&operation);
        for caller in CALLERS {
            let expected = expected(needs, caller);
            let reply = if expected == Outcome::Allowed {
                // What is done for one would be missing for the next.
                let own = Office::open().await;
                let names = Names::known(&own).await;
                ask(&own, caller, &operation, &names).await
            } else {
                ask(&shared, caller, &operation, &names).await
            };
            asked += 1;
            let came = outcome(&reply);
            // Nothing is made of what moves: whoever may look finds nothing.
            let is_nothing = expected == Outcome::Allowed && came == Outcome::Unknown;
            let moves = ["challenge", "session", "linkedDevice", "callback"];
            let of_what_moves = moves.iter().any(|what| operation.name.starts_with(what));
            if came != expected && !(is_nothing && of_what_moves) {
                let (name, body) = (&operation.name, &reply.body);
                holes.push(format!(
                    "{name} {caller:?}: {came:?}, not {expected:?}: {body}"
                ));
            }
            if caller == Caller::Stranger && reply.body.to_lowercase().contains("onlinebank") {
                let name = &operation.name;
                holes.push(format!(
                    "{name}: the stranger is told of ONLINEBANK: {}",
                    reply.body
                ));
            }
        }
    }
    assert!(holes.is_empty(), "{}", holes.join("\n"));
    assert_eq!(asked, NEEDS.len() * CALLERS.len());
}

#[tokio::test]
async fn a_foreign_tenant_and_a_foreign_id_answer_like_unknown_ones() {
    let office = Office::open().await;
    let known = Names::known(&office).await;
    let mut compared = 0;
    for operation in operations() {
        let about_a_tenant = operation.path.contains("{tenant}");
        let needs = needs_of(&operation);
        let foreign = if about_a_tenant || [GovernOne, LookOne].contains(&needs) {
            vec![(known.clone(), Names::unknown())]
        } else {
            Vec::new()
        };
        // What belongs to another tenant, looked for in one's own.
        let inside = operation.path.matches('{').count() > 1;
        let own = || {
            (
                known.clone().of("OTHERBANK"),
                Names::unknown().of("OTHERBANK"),
            )
        };
        for (foreign, unknown) in foreign.into_iter().chain(inside.then(own)) {
            let [told_of_foreign, told_of_unknown] = [
                ask(&office, Caller::Stranger, &operation, &foreign).await,
                ask(&office, Caller::Stranger, &operation, &unknown).await,
            ];
            let name = &operation.name;
            assert_eq!(told_of_foreign.status, StatusCode::NOT_FOUND, "{name}");
            assert_eq!(told_of_foreign.body, told_of_unknown.body, "{name}");
            assert_eq!(told_of_foreign.headers, told_of_unknown.headers, "{name}");
            compared += 1;
        }
    }
    assert!(compared > 80, "{compared}");
}
