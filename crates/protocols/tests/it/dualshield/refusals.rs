//! What is refused, and that it is counted and told as documented.

use serde_json::{Value, json};

use crate::agency::{Agency, SUITE, error, first, read_off};
use crate::bank::Reply;
use crate::codes::{hotp, ocra};

fn left(reply: &Reply) -> Option<u64> {
    reply.json()["result"]["attemptsLeft"].as_u64()
}

fn code(challenge: &Value) -> &str {
    challenge["code"].as_str().unwrap()
}

/// A code that the right one is not.
fn wrong(right: &str) -> String {
    let other = if right.starts_with('2') { "3" } else { "2" };
    format!("{other}{}", &right[1..])
}

#[tokio::test]
async fn a_response_is_taken_once_and_by_every_name_of_its_challenge() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for name in ["code", "id", "reference"] {
        for method in ["verifyResponse", "verify", "logon"] {
            let challenge = agency.challenge(&token, "10000000").await;
            let otp = ocra(SUITE, code(&challenge));
            let cc = challenge[name].as_str();
            let reply = agency.answer(&token, method, ("10000000", &otp, cc)).await;
            assert_eq!(error(&reply), 0, "{method} {name}: {}", reply.body);
            let again = agency.answer(&token, method, ("10000000", &otp, cc)).await;
            assert_eq!(
                (error(&again), left(&again)),
                (1004, Some(4)),
                "{method} {name}"
            );
        }
    }
}

#[tokio::test]
async fn a_grid_is_read_with_and_without_cc_and_never_taken_from_it() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for (method, name) in [
        ("verifyResponse", None),
        ("verify", None),
        ("logon", None),
        ("verifyResponse", Some("code")),
        ("verify", Some("reference")),
        ("logon", Some("id")),
    ] {
        let challenge = agency.challenge(&token, "G1").await;
        let otp = read_off(code(&challenge), (9, 21));
        let cc = name.map(|name| challenge[name].as_str().unwrap());
        let typed = format!(" {} ", otp.to_uppercase());
        let reply = agency.answer(&token, method, ("G1", &typed, cc)).await;
        assert_eq!(error(&reply), 0, "{method} {name:?}: {}", reply.body);
    }
    let challenge = agency.challenge(&token, "G1").await;
    let mut grid: Value = serde_json::from_str(code(&challenge)).unwrap();
    grid["grid"] = vec!["n".repeat(22); 10].into();
    let forged = grid.to_string();
    assert!(forged.len() > 256);
    let reply = agency
        .answer(&token, "verify", ("G1", "nnnnnnnn", Some(&forged)))
        .await;
    assert_eq!(
        (error(&reply), left(&reply)),
        (1002, Some(4)),
        "{}",
        reply.body
    );
    // It was no answer to the grid that was drawn.
    let otp = read_off(code(&challenge), (0, 0));
    let reply = agency.answer(&token, "verify", ("G1", &otp, None)).await;
    assert_eq!(error(&reply), 0, "{}", reply.body);
}

#[tokio::test]
async fn a_passcode_that_was_used_lately_is_refused_on_another_grid() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let challenge = agency.challenge(&token, "G1").await;
    let otp = read_off(code(&challenge), (3, 3));
    assert_eq!(
        error(&agency.answer(&token, "verify", ("G1", &otp, None)).await),
        0
    );
    agency.challenge(&token, "G1").await;
    let replayed = agency.answer(&token, "verify", ("G1", &otp, None)).await;
    assert_eq!(error(&replayed), 1000, "{}", replayed.body);
}

#[tokio::test]
async fn a_card_is_asked_for_cells() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let challenge = agency.challenge(&token, "C1").await;
    let card = challenge::methods::card::Card::derive(crate::codes::key().as_bytes());
    let labels: Vec<char> = "ABCDEFGHJKMNPRSTUVWXYZ".chars().collect();
    let cells = code(&challenge).split(' ').map(|cell| {
        let column = labels
            .iter()
            .position(|label| cell.starts_with(*label))
            .unwrap();
        let row: u8 = cell[1..].parse().unwrap();
        card.cell(row, u8::try_from(column).unwrap()).unwrap()
    });
    let otp: String = cells.collect();
    let reply = agency.answer(&token, "verify", ("C1", &otp, None)).await;
    assert_eq!(
        error(&reply),
        0,
        "{} {otp}: {}",
        code(&challenge),
        reply.body
    );
}

#[tokio::test]
async fn one_wrong_answer_uses_a_challenge_up() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let challenge = agency.challenge(&token, "10000000").await;
    let right = ocra(SUITE, code(&challenge));
    let cc = Some(code(&challenge));
    let reply = agency
        .answer(&token, "verify", ("10000000", &wrong(&right), cc))
        .await;
    assert_eq!((error(&reply), left(&reply)), (1000, Some(4)));
    let reply = agency
        .answer(&token, "verify", ("10000000", &right, cc))
        .await;
    assert_eq!((error(&reply), left(&reply)), (1004, Some(3)));
}

#[tokio::test]
async fn a_challenge_that_expired_or_was_replaced_is_told_so() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let old = agency.challenge(&token, "10000000").await;
    let new = agency.challenge(&token, "10000000").await;
    let reply = agency
        .answer(
            &token,
            "verify",
            ("10000000", &ocra(SUITE, code(&old)), Some(code(&old))),
        )
        .await;
    assert_eq!(
        error(&reply),
        1002,
        "the newer one took its place: {}",
        reply.body
    );
    let late = agency.challenge(&token, "10000000").await;
    agency.clock.advance_s(120);
    for challenge in [&new, &late] {
        let otp = ocra(SUITE, code(challenge));
        let cc = Some(code(challenge));
        let reply = agency
            .answer(&token, "verify", ("10000000", &otp, cc))
            .await;
        let expected = if challenge == &late { 1003 } else { 1002 };
        assert_eq!(error(&reply), expected, "{}", reply.body);
    }
}

#[tokio::test]
async fn without_a_challenge_there_is_nothing_to_answer() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for (serial, cc) in [
        ("10000000", Some("12345678")),
        ("G1", None),
        ("C1", Some("A1 B2")),
    ] {
        let reply = agency
            .answer(&token, "verify", (serial, "123456", cc))
            .await;
        assert_eq!(error(&reply), 1002, "{serial}: {}", reply.body);
    }
    // What is computed from a question has to say from which.
    let reply = agency
        .answer(&token, "verifyResponse", ("10000000", "123456", None))
        .await;
    assert_eq!(error(&reply), 1007, "{}", reply.body);
}

#[tokio::test]
async fn another_clients_challenge_is_nobodys() {
    let agency = Agency::open().await;
    let (agent, second) = (
        agency.agent().await,
        agency.token("second", "password02").await,
    );
    for serial in ["10000000", "G1"] {
        let challenge = agency.challenge(&agent, serial).await;
        let otp = match serial {
            "G1" => read_off(code(&challenge), (1, 1)),
            _ => ocra(SUITE, code(&challenge)),
        };
        let cc = challenge["id"].as_str();
        let stolen = agency.answer(&second, "verify", (serial, &otp, cc)).await;
        assert_eq!(error(&stolen), 1002, "{}", stolen.body);
        let own = agency.answer(&agent, "verify", (serial, &otp, cc)).await;
        assert_eq!(error(&own), 0, "{}", own.body);
    }
}

#[tokio::test]
async fn a_swapped_cc_is_no_challenge_of_the_token() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let user = json!({"loginName": "twofold"});
    let mut asked = Vec::new();
    for serial in ["40000000", "40000001"] {
        let body = json!({"user": user, "token": {"serial": serial}});
        asked.push((
            serial,
            agency.result(&token, "getChallengeCode", &body).await,
        ));
    }
    let swapped = [(asked[0].0, &asked[1].1), (asked[1].0, &asked[0].1)];
    for (serial, challenge) in swapped {
        let cc = code(challenge);
        let credential = json!({"otp": ocra(SUITE, cc), "cc": cc});
        let body = json!({"user": user, "token": {"serial": serial}, "credential": credential});
        let reply = agency.call(&token, "verifyResponse", &body).await;
        assert_eq!(error(&reply), 1002, "{serial}: {}", reply.body);
    }
}

#[tokio::test]
async fn another_users_serial_is_as_one_that_there_is_not() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let mut told = Vec::new();
    for serial in ["30000000", "99999999"] {
        for (method, credential) in [
            ("getChallengeCode", json!(null)),
            ("verifyResponse", json!({"otp": "123456", "cc": "12345678"})),
            ("verify", json!({"otp": "123456"})),
        ] {
            let body =
                json!({"user": first(), "token": {"serial": serial}, "credential": credential});
            let reply = agency.call(&token, method, &body).await;
            assert_eq!(error(&reply), 1005, "{method}: {}", reply.body);
            told.push(reply);
        }
    }
    assert_eq!(told[..3], told[3..]);
}

#[tokio::test]
async fn while_locked_right_and_wrong_are_the_same_bytes() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let otp = |code: String| json!({"user": first(), "token": {"serial": "H1"}, "credential": {"otp": code}});
    for tries_left in (0..5).rev() {
        let reply = agency
            .call(&token, "verify", otp("000000".to_owned()))
            .await;
        match tries_left {
            0 => assert_eq!((error(&reply), left(&reply)), (1001, None)),
            _ => assert_eq!((error(&reply), left(&reply)), (1000, Some(tries_left))),
        }
    }
    let right = agency.call(&token, "verify", otp(hotp(0))).await;
    let wrong = agency
        .call(&token, "verify", otp("000000".to_owned()))
        .await;
    assert_eq!(right, wrong);
    assert_eq!(
        right.body,
        r#"{"error":1001,"message":"the user is locked"}"#
    );
    // A challenge is given as to anybody; its answers are locked like all else.
    for serial in ["10000000", "G1"] {
        let challenge = agency.challenge(&token, serial).await;
        let good = match serial {
            "G1" => read_off(code(&challenge), (2, 2)),
            _ => ocra(SUITE, code(&challenge)),
        };
        for (answer, cc) in [
            (good.as_str(), Some(code(&challenge))),
            ("000000", Some(code(&challenge))),
            (&good, Some("12345678")),
        ] {
            let told = agency
                .answer(&token, "verifyResponse", (serial, answer, cc))
                .await;
            assert_eq!(told, right, "{serial} {answer}");
        }
    }
    let body = json!({"user": first(), "token": {"serial": "H1"}});
    let shown = agency.result(&token, "listTokenAssignments", &body).await;
    assert_eq!(
        (
            &shown["rows"][0]["status"],
            &shown["rows"][0]["attemptsLeft"]
        ),
        (&json!("LOCKED"), &json!(0))
    );
    agency.clock.advance_s(1800);
    assert_eq!(error(&agency.call(&token, "verify", otp(hotp(0))).await), 0);
}

#[tokio::test]
async fn a_static_password_is_counted_like_everything_else() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let try_one = async |user: &str, password: &str| {
        let credential = json!({"method": "spass", "password": password});
        let body = json!({"user": {"loginName": user}, "credential": credential});
        agency.call(&token, "logon", &body).await
    };
    assert_eq!(
        error(&try_one("myTestUser1", crate::agency::PASSWORD).await),
        0
    );
    assert_eq!(
        error(&try_one("payer", "x").await),
        1005,
        "who has no password"
    );
    for tries_left in (1..5).rev() {
        let reply = try_one("myTestUser1", "wrong").await;
        assert_eq!((error(&reply), left(&reply)), (1000, Some(tries_left)));
    }
    let locking = try_one("myTestUser1", "wrong").await;
    assert_eq!(error(&locking), 1001);
    assert_eq!(
        locking,
        try_one("myTestUser1", crate::agency::PASSWORD).await
    );
}

#[tokio::test]
async fn an_enrolled_token_does_only_what_it_can() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    let body = json!({"user": first(), "token": {"serial": "H1"}});
    let reply = agency.call(&token, "getChallengeCode", &body).await;
    assert_eq!(error(&reply), 1005, "{}", reply.body);
    let reply = agency
        .answer(&token, "verify", ("10000000", "123456", Some("12345678")))
        .await;
    assert_eq!(error(&reply), 1002);
    let reply = agency
        .answer(&token, "verifyResponse", ("H1", "123456", Some("12345678")))
        .await;
    assert_eq!(error(&reply), 1007, "{}", reply.body);
    let nothing = json!({"user": {"loginName": "tokenless"}, "credential": {"otp": "123456"}});
    assert_eq!(error(&agency.call(&token, "verify", &nothing).await), 1005);
    assert_eq!(
        error(
            &agency
                .call(&token, "sendOTP", json!({"user": first()}))
                .await
        ),
        1009
    );
}

#[tokio::test]
async fn ten_challenges_a_minute_are_never_throttled() {
    let agency = Agency::open().await;
    let token = agency.agent().await;
    for serial in ["10000000", "G1"].into_iter().cycle().take(10) {
        agency.challenge(&token, serial).await;
    }
    let body = json!({"user": first(), "token": {"serial": "G1"}});
    let reply = agency.call(&token, "getChallengeCode", &body).await;
    assert_eq!(error(&reply), 1008, "{}", reply.body);
    for _ in 0..3 {
        agency.clock.advance_s(60);
        for _ in 0..10 {
            agency.challenge(&token, "G1").await;
        }
    }
}
