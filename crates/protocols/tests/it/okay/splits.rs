//! One signature, one split: the same bytes cut elsewhere are refused for good.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::partner::{BUSY, Partner, sign};
use crate::phone::Phone;

/// Where the bytes of a start after the tenant and before the type are cut into three.
fn cut(text: &str, first: usize, second: usize) -> (&str, &str, &str) {
    let (first, second) = (first.min(second), first.max(second));
    (&text[..first], &text[first..second], &text[second..])
}

fn body(user: &str, header: &str, text: &str, kind: &Value, signature: &str) -> Value {
    json!({
        "tenantId": BUSY, "userExternalId": user, "type": kind, "signature": signature,
        "authParams": {"guiHeader": header, "guiText": text},
    })
}

#[tokio::test]
async fn a_name_of_another_meaning_does_not_pass_for_the_same_number() {
    let partner = Partner::open().await;
    Phone::linked(&partner, BUSY, "u").await;
    for (first, second, hashed) in [
        (json!("AUTH_PIN_TAN"), json!(103), "103"),
        (json!(103), json!("AUTH_PIN_TAN"), "103"),
        (json!("SET_PIN"), json!(105), "105"),
        (json!(105), json!("SET_PIN"), "105"),
    ] {
        let text = first.to_string();
        let signature = sign(&["50001", "u", "h", &text, hashed]);
        let one = partner
            .post("/gateway/auth", body("u", "h", &text, &first, &signature))
            .await;
        assert_eq!(one.message(), "OK", "{first}");
        let other = partner
            .post("/gateway/auth", body("u", "h", &text, &second, &signature))
            .await;
        assert_eq!(other.message(), "ProtocolError", "{first} {second}");
        assert_eq!(other.reason(), "the signature belongs to another request");
        let again = partner
            .post("/gateway/auth", body("u", "h", &text, &first, &signature))
            .await;
        assert_eq!(again.message(), "OK", "{first}");
    }
}

#[tokio::test]
async fn spellings_of_one_meaning_are_one_split() {
    let partner = Partner::open().await;
    Phone::linked(&partner, BUSY, "u").await;
    let signature = sign(&["50001", "u", "h", "t", "101"]);
    for kind in [json!(101), json!("101"), json!("AUTH_OK"), json!("OK")] {
        let reply = partner
            .post("/gateway/session", body("u", "h", "t", &kind, &signature))
            .await;
        assert_eq!(reply.message(), "OK", "{kind}");
    }
}

#[tokio::test]
async fn a_start_does_not_pass_for_device_information_or_a_link() {
    let partner = Partner::open().await;
    Phone::linked(&partner, BUSY, "u").await;
    let signature = sign(&["50001", "u", "header", "text", "104"]);
    let info = json!({
        "tenantId": BUSY, "userExternalId": "u", "type": 104, "signature": signature,
        "sessionParams": {"deviceData": "headertext"},
    });
    assert_eq!(partner.post("/gateway/auth", &info).await.message(), "OK");
    // The digits of the type can be read as the end of the text.
    for user in ["uheadertext104", "uheadertext10"] {
        let link = json!({"tenantId": BUSY, "userExternalId": user, "signature": signature});
        let reply = partner.post("/gateway/link", link).await;
        assert_eq!(reply.message(), "ProtocolError");
    }
    assert_eq!(partner.post("/gateway/auth", &info).await.message(), "OK");
}

/// Where the tenant's number ends can be moved as well.
#[tokio::test]
async fn the_tenants_number_is_part_of_the_split() {
    let partner = Partner::open().await;
    let signature = sign(&["40007", "1u"]);
    for tenant in ["4000", "400071"] {
        let body = json!({"tenantId": tenant, "userExternalId": "u", "signature": signature});
        let reply = partner.post("/gateway/link", body).await;
        assert_eq!(reply.message(), "ProtocolError");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Each case tries every way to cut one signed request, and each type of its number.
    #[test]
    fn no_other_split_of_a_signed_request_is_accepted(
        whole in "[a-c1]{3,14}",
        places in (0usize..14, 0usize..14),
        kinds in (0usize..4, 0usize..4),
    ) {
        let kinds_of_103_and_105 = ["103", "AUTH_PIN_TAN", "105", "SET_PIN"];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let partner = Partner::open().await;
            let places = (places.0.min(whole.len()), places.1.min(whole.len()));
            let (user, header, text) = cut(&whole, places.0, places.1);
            let kind = kinds_of_103_and_105[kinds.0];
            let hashed = if kinds.0 < 2 { "103" } else { "105" };
            let signature = sign(&["50001", &whole, hashed]);
            let first = body(user, header, text, &json!(kind), &signature);
            let first_message = partner.post("/gateway/auth", &first).await.message();
            // Nobody is linked: what gets so far was accepted as signed.
            assert_eq!(first_message, "UserNotLinked");
            for second in 0..=whole.len() {
                for start in 0..=second {
                    for kind_again in kinds_of_103_and_105 {
                        let (user, header, text) = cut(&whole, start, second);
                        let other = body(user, header, text, &json!(kind_again), &signature);
                        let reply = partner.post("/gateway/auth", &other).await;
                        let same = other == first;
                        let expected = if same { "UserNotLinked" } else { "ProtocolError" };
                        assert_eq!(reply.message(), expected, "{first} {other}");
                    }
                }
            }
        });
    }
}
