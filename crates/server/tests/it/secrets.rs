//! Secrets stay where they belong: planted ones are looked for in everything the server writes.

use std::path::Path;
use std::process::{Command, Stdio};

use challenge::clock::Clock as _;
use countersign::system::SystemClock;
use data_encoding::{BASE32_NOPAD, BASE64, HEXLOWER, HEXUPPER};
use oath::{Hotp, Key};

use crate::running::{Home, Server};
use crate::visitors::{PRIVATE_ID, account, answered, client};

const TOKEN_KEY: &[u8] = b"planted token key 01";
const CLIENT_SECRET: &str = "planted-client-secret-02";
const PASSWORD: &str = "planted-password-03";

fn tenant() -> String {
    format!(
        "[[tenant]]\nname = \"ONLINEBANK\"\n\
         [[tenant.client]]\nid = \"spl-api\"\nsecret = \"{CLIENT_SECRET}\"\n\
         grants = [\"client_credentials\", \"password\"]\n\
         [[tenant.site]]\npublic_id = \"shop\"\nsecret = \"{PRIVATE_ID}\"\n\
         kinds = [\"pow\"]\ndifficulty = 20\n\
         [[tenant.policy]]\ncode = \"AT_CUSTOTP\"\n\
         [[tenant.user]]\nlogin_name = \"anna\"\npassword = \"{PASSWORD}\"\n\
         [[tenant.user.authenticator]]\nserial = \"1\"\nkind = \"hotp\"\n\
         secret = {{ hex = \"{}\" }}\n",
        HEXLOWER.encode(TOKEN_KEY)
    )
}

/// Every form in which a secret might stand somewhere.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let texts = [
        HEXLOWER.encode(secret),
        HEXUPPER.encode(secret),
        BASE32_NOPAD.encode(secret),
        BASE64.encode(secret).trim_end_matches('=').to_owned(),
    ];
    let mut forms: Vec<_> = texts.into_iter().map(String::into_bytes).collect();
    forms.push(secret.to_vec());
    forms
}

fn assert_absent(secrets: &[&[u8]], place: &str, written: &[u8]) {
    for secret in secrets {
        for form in forms(secret) {
            let found = written.windows(form.len()).any(|window| window == form);
            assert!(!found, "a secret stands in {place}");
        }
    }
}

async fn login(server: &Server, code: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = format!(
        "mode=SYNCHRONOUS&grant_type=password&username=anna&password={code}&client_id=spl-api\
         &client_secret={CLIENT_SECRET}"
    );
    let request = client
        .post(format!("{}/idp/ONLINEBANK/authn/token", server.base))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(body);
    request.send().await.unwrap().text().await.unwrap()
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect()
}

#[tokio::test]
async fn planted_secrets_are_found_nowhere_and_each_line_about_a_request_names_it() {
    let home = Home::sqlite();
    let description = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(description.path(), tenant()).unwrap();
    let told = home.done(["apply", description.path().to_str().unwrap()]);
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut command = home.command(["serve", "--listen", "127.0.0.1:0"]);
    command
        .env("COUNTERSIGN_LOG", "trace")
        .env("COUNTERSIGN_LOG_FORMAT", "json");
    command.stderr(Stdio::from(log.reopen().unwrap()));
    let server = Server::quietly(command);
    let code = Hotp::default()
        .code(&Key::new(TOKEN_KEY).unwrap(), 0)
        .to_string();
    let issued = login(&server, &code).await;
    assert!(issued.contains("access_token"), "{issued}");
    let refused = login(&server, "000000").await;
    let visit = answered(&server.base).await;
    let (site, http) = (account(&server.base), client());
    let checked = site.check(&http, &visit, SystemClock.now()).await;
    let site_token = checked.token;
    let metrics = Command::new("curl")
        .args(["-s", &format!("{}/metrics", server.base)])
        .output();
    let token: serde_json::Value = serde_json::from_str(&issued).unwrap();
    let token = token["access_token"].as_str().unwrap().to_owned();
    assert!(server.stopped());

    let logged = std::fs::read(log.path()).unwrap();
    let secrets = [
        TOKEN_KEY,
        CLIENT_SECRET.as_bytes(),
        PASSWORD.as_bytes(),
        token.as_bytes(),
        PRIVATE_ID.as_bytes(),
        site_token.as_bytes(),
    ];
    assert_absent(&secrets, "the log", &logged);
    assert_absent(&secrets, "the metrics", &metrics.unwrap().stdout);
    let shown = home.done(["site", "show", "shop", "--json"]);
    assert_absent(&secrets, "what site show prints", shown.as_bytes());
    assert_absent(&secrets, "a refusal", refused.as_bytes());
    assert_absent(&secrets, "what apply prints", told.as_bytes());
    for (name, bytes) in files(&home.data()) {
        assert_absent(&secrets, &name, &bytes);
    }
    let text = String::from_utf8(logged).unwrap();
    let answered: Vec<_> = text
        .lines()
        .filter(|line| line.contains("\"answered\""))
        .collect();
    assert!(answered.len() >= 2, "{text}");
    for line in answered {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(line["span"]["id"].is_string(), "{line}");
    }
}
