//! The commands of README.md and of references that have no test of their own, typed as they stand there.

use serde_json::Value;

use crate::documents::{block, blocks, text};
use crate::documents_stage::{Stage, objects};
use crate::visitors::{PRIVATE_ID, client};
use countersign::serving::solver::solve;

/// A machine with the tenant that the document about provisioning describes, served.
fn served() -> Stage {
    let stage = Stage::new();
    stage.write("bank.toml", &block("docs/provisioning.md", "toml"));
    stage.types("countersign init; countersign apply bank.toml; countersign serve");
    stage
}

fn one(told: &str) -> Value {
    let all = objects(told);
    assert_eq!(all.len(), 1, "{told}");
    all.into_iter().next().unwrap()
}

#[test]
fn the_commands_of_the_readme_lead_to_a_server_with_the_tenants_of_the_readme() {
    let stage = Stage::new();
    stage.write("bank.toml", &blocks("README.md", "toml").concat());
    let secrets = format!("export SHOP_PRIVATE_ID={PRIVATE_ID} OKAY_SECRET=securetoken");
    let commands = [vec![secrets], blocks("README.md", "sh")].concat();
    stage.typed(&commands);
    let demo = stage.read(".said-1");
    assert!(demo.lines().any(|line| line.starts_with("Open http")));
    let told = stage.types("countersign site show shop --data /var/lib/countersign");
    let page = block("README.md", "html");
    for line in told.lines().filter(|line| line.contains("<ocapi-")) {
        assert!(page.contains(line.trim()), "README.md does not have {line}");
    }
    assert!(
        told.contains("<ocapi-challenge public-id=\"shop\">"),
        "{told}"
    );
    let ready = stage.types("curl -sS http://127.0.0.1:8080/readyz");
    assert_eq!(ready, "ready\n");
}

#[tokio::test]
async fn the_commands_of_the_consoles_guide_lead_to_a_console_that_the_printed_link_opens() {
    let stage = Stage::new();
    let told = stage.types_all("docs/console.md").concat();
    let link = told
        .split_whitespace()
        .find(|word| word.contains("/console/"));
    let link = link.unwrap_or_else(|| panic!("no link: {told}"));
    let (_, path) = link.split_once("/console/").unwrap();
    let page = client().get(format!("{}/console/{path}", stage.base()));
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<form"), "{page}");
}

#[test]
fn the_commands_of_the_activid_reference_are_answered_as_it_says() {
    let stage = served();
    let told = stage.types_all("docs/activid.md");
    let token = one(&told[0]);
    assert!(token["access_token"].is_string(), "{token}");
    assert!(one(&told[1])["access_token"].is_string(), "{}", told[1]);
    let digest = "0a07dc0d4a1dbf4c4a19b66a4cb5a3dd03ce4fc1";
    assert_eq!(
        told[2].split_whitespace().next().unwrap().len(),
        digest.len()
    );
    let shown: Value = serde_json::from_str(&blocks("docs/activid.md", "json")[1]).unwrap();
    let names = |challenge: &Value| -> Vec<Value> {
        let all = challenge["attributes"].as_array().unwrap();
        all.iter()
            .map(|attribute| attribute["name"].clone())
            .collect()
    };
    assert_eq!(names(&one(&told[3])), names(&shown));
    assert!(
        told[4].contains("\"userName\":\"myTestUser1\""),
        "{}",
        told[4]
    );
    assert_eq!(one(&told[5])["active"], true, "{}", told[5]);
    let again =
        "curl -sS -u spl-api:password01 https://bank.example/idp/ONLINEBANK/authn/introspect";
    let token = token["access_token"].as_str().unwrap();
    let own = stage.types(&format!("{again} --data-urlencode 'token={token}'"));
    assert_eq!(
        one(&own)["active"],
        true,
        "the client's own token was not revoked"
    );
}

#[test]
fn the_commands_of_the_okay_reference_link_a_user() {
    let told = served().types_all("docs/okay.md").concat();
    let answer: Value = serde_json::from_str(told.trim()).unwrap();
    assert_eq!(answer["status"]["code"], 0, "{told}");
    assert_eq!(answer["linkingCode"].as_str().unwrap().len(), 6);
}

#[test]
fn the_commands_of_the_ocapi_reference_issue_answer_and_check() {
    const DOCUMENT: &str = "docs/ocapi.md";
    const ID: &str = "c.AAAAAQAHoSBuzZ…";
    const ANSWER: &str = r#"{"counter":2731,"derivedKey":"2b3815ab0b9f0b363871b20a1ac9b1fe4c1f…"}"#;
    let stage = Stage::new();
    let site = block("docs/ocapi-guides.md", "toml").replace("[\"https://shop.example\"]", "[]");
    stage.write("shops.toml", &format!("{site}\n  difficulty = 20\n"));
    stage.types(&format!(
        "export SHOP_PRIVATE_ID={PRIVATE_ID}; countersign init; countersign apply shops.toml; \
         countersign serve"
    ));
    let commands = blocks(DOCUMENT, "sh");
    let [create, answer, check] = commands.as_slice() else {
        panic!("not create, answer and check: {commands:?}");
    };
    let challenge: Value = serde_json::from_str(&stage.types(create)).unwrap();
    let id = challenge["id"].as_str().unwrap();
    let solution = solve(&challenge).unwrap();
    assert!(answer.contains(ID) && answer.contains(ANSWER), "{answer}");
    let answer = answer
        .replace(ID, id)
        .replace(ANSWER, &solution.to_string());
    let told: Value = serde_json::from_str(&stage.types(&answer)).unwrap();
    assert_eq!(told["state"], "valid");
    // The function that the first conversation makes a token with.
    let signing = &blocks("docs/start-ocapi.md", "sh")[6];
    let (signing, _) = signing.split_once("\ncheck \"$id\"").unwrap();
    let signing = signing
        .replace("private_id=0f8e", &format!("private_id={PRIVATE_ID} # "))
        .replace(
            "  curl -sS \"$ocapi/$1\" -H \"Authorization: Bearer $text.$mac\"",
            "  echo \"$text.$mac\"",
        );
    let check = check.replace(ID, id);
    for state in ["valid", "consumed"] {
        let told = stage.types(&format!("{signing}\nTOKEN=$(check {id})\n{check}"));
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(told["state"], state);
    }
}

#[test]
fn the_commands_about_officers_make_list_and_revoke_a_token() {
    const DOCUMENT: &str = "docs/officers.md";
    let stage = served();
    let made = "countersign admin token create --role auditor --name doomed --json";
    let made: Value = serde_json::from_str(&stage.types(made)).unwrap();
    let id = made["id"]
        .as_str()
        .unwrap_or_else(|| panic!("no id: {made}"));
    let commands = block(DOCUMENT, "sh");
    assert!(commands.contains("revoke 4711048172"), "{commands}");
    let told = stage.types(&commands.replace("4711048172", id));
    assert!(told.lines().any(|line| line.starts_with("cst_")), "{told}");
    let list = stage.types("countersign admin token list --json");
    let list: Vec<Value> = serde_json::from_str(&list).unwrap();
    let revoked = list.iter().find(|token| token["id"] == id).unwrap();
    assert!(
        !revoked["revoked_at"].is_null() || revoked["status"] == "revoked",
        "{revoked}"
    );
}

#[test]
fn the_commands_about_callbacks_list_them_and_send_one_again() {
    const DOCUMENT: &str = "docs/callbacks.md";
    let start = blocks("docs/start-okay.md", "sh");
    let at = "  id = 40007\n";
    let nowhere = "  callback_url = \"http://127.0.0.1:9/\"\n  allow_private_callback = true\n";
    assert!(start[0].contains(at));
    let stage = Stage::new();
    let mut linking = vec![start[0].replace(at, &format!("{at}{nowhere}"))];
    linking.extend_from_slice(&start[1..4]);
    stage.typed(&linking);
    let listed = "export COUNTERSIGN_DATA=started; countersign callback list --json";
    let listed: Vec<Value> = serde_json::from_str(&stage.types(listed)).unwrap();
    let id = listed[0]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{listed:?}"));
    let commands = block(DOCUMENT, "sh");
    assert!(commands.contains("redeliver ID"), "{commands}");
    let commands = commands.replace("redeliver ID", &format!("redeliver {id}"));
    let told = stage.types(&format!("export COUNTERSIGN_DATA=started\n{commands}"));
    assert!(told.contains(id), "{told}");
}

#[test]
fn the_command_about_enrolment_draws_the_uri_of_what_was_generated() {
    let stage = Stage::new();
    stage.write(
        "bank.toml",
        "[[tenant]]\nname = \"BANK\"\n[[tenant.policy]]\ncode = \"P\"\n[[tenant.user]]\nlogin_name = \"alice\"\n\
         [[tenant.user.authenticator]]\nserial = \"10000000\"\nkind = \"totp\"\n\
         secret = { generate = true }\n",
    );
    stage.types("countersign init");
    let told = stage.types_all("docs/enrolment-uris.md").concat();
    assert!(told.starts_with("otpauth://totp/"), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn the_commands_about_moving_take_in_the_tokens_of_each_server() {
    let stage = Stage::new();
    let figures = "crates/import/tests/it/data/figure6.xml";
    stage.write("hotp.xml", &text(figures));
    let told = stage.types_all("docs/moving.md");
    let list = stage.types("countersign authenticator list --tenant BANK --json");
    let list: Vec<Value> = serde_json::from_str(&list).unwrap();
    let user_of = |serial: &str| {
        let found = list.iter().find(|one| one["serial"] == serial);
        let found = found.unwrap_or_else(|| panic!("no {serial} in {told:?}"));
        (found["user"].clone(), found["kind"].clone())
    };
    for (serial, user, kind) in [
        ("987654321", "987654321", "hotp"),
        ("OATH0001A2B3", "alice", "hotp"),
        ("TOTP0002C4D5", "bob", "totp"),
        ("carol", "carol", "totp"),
        ("GA-dave", "dave", "totp"),
        ("GA-erin", "erin", "hotp"),
        ("KC-frank-0", "frank", "totp"),
        ("71358472", "71358472", "totp"),
    ] {
        assert_eq!(user_of(serial), (user.into(), kind.into()), "{serial}");
    }
    // The counter of one file, and the key of another, which is a text and no number.
    stage.types(
        "key=$(printf JxkQd4mYp8sT2vW5nB7r | od -An -v -tx1 | tr -d ' \\n')\n\
         now=$(date +%s)\n\
         countersign authenticator resync GA-erin --tenant BANK \\\n\
         $(oathtool --base32 --counter=17 LUHYUO6GD2KHEL2AXMM5NQ5HQBPBYL44) \\\n\
         $(oathtool --base32 --counter=18 LUHYUO6GD2KHEL2AXMM5NQ5HQBPBYL44)\n\
         countersign authenticator resync KC-frank-0 --tenant BANK \\\n\
         $(oathtool --totp --now=@$((now - 30)) $key) $(oathtool --totp --now=@$now $key)",
    );
}
