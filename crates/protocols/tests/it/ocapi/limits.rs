//! The numbers that bound what a stranger can ask, each shown on both of its sides.

use serde_json::json;

use super::forgeries::{HEADER, claims, signed};
use crate::shop::{Shop, id_of, place, request, solve, wrong};
use crate::shop_mint::Mode;

#[tokio::test]
async fn a_body_has_at_most_16_kib() {
    let shop = Shop::open().await;
    let challenge = shop.create("shop").await;
    let right = json!({"answer": solve(&challenge)}).to_string();
    let at = place(&id_of(&challenge));
    let fill = |length: usize| format!("{right}{}", " ".repeat(length - right.len()));
    let reply = shop.send("POST", &at, &[], fill(16 * 1024 + 1)).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (413, "too-large")
    );
    let reply = shop.send("POST", &at, &[], fill(16 * 1024)).await;
    assert_eq!(reply.json()["state"], "valid");
}

/// A good token of exactly this length: blanks in its header and its claims make it up.
fn token_of_length(length: usize) -> String {
    let blanks = (0..4).flat_map(|first| (2_700..3_000).map(move |second| (first, second)));
    let tokens = blanks.map(|(first, second)| {
        let header = format!("{HEADER}{}", " ".repeat(first));
        signed(&header, &format!("{}{}", claims(), " ".repeat(second)))
    });
    let mut fitting = tokens.filter(|token| token.len() == length);
    fitting.next().unwrap()
}

#[tokio::test]
async fn a_token_has_at_most_4096_characters() {
    let shop = Shop::open().await;
    let id = shop.solved("shop").await;
    let (most, long) = (token_of_length(4096), token_of_length(4097));
    let reply = shop.check(&long, &place(&id), &[]).await;
    assert_eq!(reply.status, 401);
    let reply = shop.check(&most, &place(&id), &[]).await;
    assert_eq!(reply.json()["state"], "valid");
}

#[tokio::test]
async fn an_id_longer_than_512_characters_is_nobodys() {
    let shop = Shop::open().await;
    let long = format!("c.{}", "A".repeat(50_000));
    let reply = shop.answer(&long, &wrong()).await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (404, "no-such-challenge")
    );
    let reply = shop.check(&shop.token("shop"), &place(&long), &[]).await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn where_too_many_wait_for_a_challenge_others_come_again_later() {
    let shop = Shop::open().await;
    let challenge = shop.create("listed").await;
    shop.mint.set(Mode::Crowded);
    let headers = [("origin", "https://shop.example")];
    let reply = shop.send("GET", &place("listed"), &headers, "").await;
    assert_eq!(
        (reply.status.as_u16(), reply.problem().as_str()),
        (429, "slow-down")
    );
    assert_eq!(reply.header("retry-after"), "9");
    assert_eq!(reply.header("access-control-expose-headers"), "retry-after");
    let id = id_of(&challenge);
    let reply = shop.answer(&id, &wrong()).await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.json(),
        json!({"id": id, "state": "invalid"}),
        "counted, without a next one"
    );
}

#[tokio::test]
async fn an_address_gives_600_wrong_answers_a_minute_and_neighbours_share_them() {
    let shop = Shop::open().await;
    shop.create("shop").await;
    shop.mint.set(Mode::Repeating);
    let (mut ids, mut challenge) = (Vec::new(), json!(null));
    for _ in 0..603 {
        challenge = shop.create("shop").await;
        ids.push(id_of(&challenge));
    }
    let body = json!({"answer": wrong()}).to_string();
    for (number, id) in ids.iter().take(600).enumerate() {
        let peer = format!("2001:db8:0:1::{number:x}");
        let reply = shop
            .send_from(&peer, request("POST", &place(id), &[], &body))
            .await;
        assert_eq!(reply.status, 200, "{number}");
    }
    let right = json!({"answer": solve(&challenge)}).to_string();
    let send = async |peer: &str, id: &str| {
        shop.send_from(peer, request("POST", &place(id), &[], &right))
            .await
    };
    let neighbour = "2001:db8:0:1:ffff::";
    let refused = shop
        .send_from(neighbour, request("POST", &place(&ids[600]), &[], &body))
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (429, "slow-down")
    );
    assert_eq!(refused.header("retry-after"), "60");
    for peer in [neighbour, "192.0.2.7"] {
        let reply = send(peer, &ids[601]).await;
        assert_eq!(reply.json()["state"], "valid", "{peer}: {}", reply.body);
    }
    shop.clock.advance_s(60);
    let reply = send("2001:db8:0:1::1", &ids[600]).await;
    assert_eq!(reply.json()["state"], "valid", "nothing was spent");
}
