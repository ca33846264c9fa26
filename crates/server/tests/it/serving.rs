//! `serve`, `demo` and `tour` from outside: their first line, their health, their end.

use std::process::Command;

use reqwest::StatusCode;

use crate::push_stage::until;
use crate::running::{DEMO_TENANT, Home, PROGRAM, Server};

const TOKEN: &str = "/idp/ONLINEBANK/authn/token";
const CLIENT_TOKEN: &str =
    "grant_type=client_credentials&client_id=spl-api&client_secret=password01";

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn post(server: &Server, body: &str) -> reqwest::Response {
    client()
        .post(format!("{}{TOKEN}", server.base))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body.to_owned())
        .send()
        .await
        .unwrap()
}

async fn get(server: &Server, path: &str) -> (StatusCode, String) {
    let answer = client()
        .get(format!("{}{path}", server.base))
        .send()
        .await
        .unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn the_description_of_what_is_served_can_be_read_there() {
    let home = Home::sqlite();
    home.done(["apply", DEMO_TENANT]);
    let server = home.serve();
    let (status, body) = get(&server, "/openapi.json").await;
    let document: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, StatusCode::OK);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["paths"]["/gateway/auth"]["post"].is_object());
}

#[test]
fn the_tour_ends_well_and_prints_every_request_and_answer() {
    let output = Command::new(PROGRAM).arg("tour").output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (ocapi, activid) = told.split_once("=== ActivID").expect("a heading");
    assert!(ocapi.contains("=== Ocapi"), "no heading");
    let (activid, dualshield) = activid.split_once("=== DualShield").expect("a heading");
    let (dualshield, okay) = dualshield.split_once("=== Okay").expect("a heading");
    for (part, line, count) in [
        (ocapi, "   > GET ", 4),
        (ocapi, "   > POST ", 2),
        (ocapi, "   < 200 OK", 5),
        (ocapi, "   < 401 Unauthorized", 1),
        (ocapi, "\"state\":\"valid\"", 2),
        (ocapi, "\"state\":\"invalid\"", 1),
        (ocapi, "\"state\":\"consumed\"", 1),
        (activid, "   > POST ", 11),
        (activid, "   < 200 OK", 5),
        (activid, "   < 400 Bad Request", 6),
        (dualshield, "   > POST ", 24),
        (dualshield, "   < 200 OK", 24),
        (dualshield, "\"error\":0", 14),
        (dualshield, "\"error\":1000", 3),
        (dualshield, "\"error\":1002", 2),
        (dualshield, "\"error\":1004", 4),
        (okay, "   > POST ", 15),
        (okay, "   < 200 OK", 15),
        // The phone's requests are told in a line each.
        (okay, ": refused (", 4),
        (okay, "   < POST /callback ", 7),
        (okay, "   signature: verified", 7),
    ] {
        assert_eq!(part.matches(line).count(), count, "{line}\n{part}");
    }
}

#[tokio::test]
async fn a_server_tells_its_health_and_its_metrics_and_drains() {
    let home = Home::sqlite();
    home.done(["apply", DEMO_TENANT]);
    let server = home.serve();
    assert_eq!(get(&server, "/healthz").await.0, StatusCode::OK);
    assert_eq!(get(&server, "/readyz").await.0, StatusCode::OK);
    assert_eq!(post(&server, CLIENT_TOKEN).await.status(), StatusCode::OK);
    let (status, metrics) = get(&server, "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert!(metrics.contains("countersign_requests_total"), "{metrics}");
    assert!(server.stopped());
}

#[tokio::test]
async fn what_is_applied_beside_a_live_server_is_honoured_soon() {
    let home = Home::sqlite();
    let server = home.serve();
    assert_eq!(
        post(&server, CLIENT_TOKEN).await.status(),
        StatusCode::NOT_FOUND
    );
    home.done(["apply", DEMO_TENANT]);
    until("it is known", async || {
        post(&server, CLIENT_TOKEN).await.status() == StatusCode::OK
    })
    .await;
}

#[tokio::test]
async fn a_token_and_a_spent_code_outlive_a_killed_server() {
    let home = Home::sqlite();
    home.done(["apply", DEMO_TENANT]);
    let server = home.serve();
    let told: serde_json::Value = post(&server, CLIENT_TOKEN).await.json().await.unwrap();
    let bearer = told["access_token"].as_str().unwrap().to_owned();
    let otp = "mode=SYNCHRONOUS&password=755224&grant_type=password&username=myTestUser1";
    let give = async |server: &Server| {
        client()
            .post(format!("{}{TOKEN}", server.base))
            .bearer_auth(&bearer)
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(otp)
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(give(&server).await, StatusCode::OK);
    server.killed();
    let server = home.serve();
    assert_eq!(give(&server).await, StatusCode::BAD_REQUEST);
}

#[test]
fn serving_a_folder_that_was_not_made_ready_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("nothing");
    let output = Command::new(PROGRAM)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(&data)
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let told = String::from_utf8(output.stderr).unwrap();
    let line = told.trim_end();
    assert!(!line.contains('\n'), "more than one line: {told}");
    assert!(line.contains("init") && line.contains("nothing"), "{told}");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(PROGRAM)
        .args(["demo", "--listen", &address])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains(&address) && told.contains("--listen"),
        "{told}"
    );
}

#[tokio::test]
async fn a_trusted_proxy_says_whom_it_speaks_for_and_nobody_else_does() {
    let home = Home::sqlite();
    let tenant = "[[tenant]]\nname = \"ONLINEBANK\"\n[[tenant.client]]\nid = \"spl-api\"\n\
        secret = \"password01\"\naddresses = [\"192.0.2.7\"]\n";
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(file.path(), tenant).unwrap();
    home.done(["apply", file.path().to_str().unwrap()]);
    let answer = async |server: &Server| {
        let request = client()
            .post(format!("{}{TOKEN}", server.base))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .header("X-Forwarded-For", "198.51.100.1, 192.0.2.7")
            .body(CLIENT_TOKEN);
        request.send().await.unwrap().status()
    };
    let server = home.serve();
    assert_ne!(answer(&server).await, StatusCode::OK);
    let listen = ["serve", "--listen", "127.0.0.1:0"];
    let server =
        Server::quietly(home.command(listen.iter().chain(&["--trusted-proxy", "127.0.0.1"])));
    assert_eq!(answer(&server).await, StatusCode::OK);
}
