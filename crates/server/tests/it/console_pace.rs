//! How many pages of the console an administrator may ask for in a minute.

use challenge::officers::Role;
use protocols::management::pace::REQUESTS_PER_MINUTE;
use reqwest::StatusCode;

use crate::console_stage::Stage;

#[tokio::test]
async fn an_administrator_has_so_many_pages_a_minute_and_as_many_in_the_next() {
    let stage = Stage::open().await;
    let mut ada = stage.signed_in("ada", Role::Admin, None).await;
    let mut eve = stage.signed_in("eve", Role::Admin, None).await;
    // What the sign-in took is counted in this minute or was in the one before.
    stage.clock.advance_s(60);
    for turn in 0..REQUESTS_PER_MINUTE {
        let page = ada.browser.get("/console/account").await;
        assert_eq!(page.status, StatusCode::OK, "{turn}");
    }
    let page = ada.browser.get("/console/account").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    let wait_s = page.headers["retry-after"].to_str().unwrap();
    assert!((1..=60).contains(&wait_s.parse::<i64>().unwrap()));
    assert!(page.text.contains("Too many pages at once"));
    let page = eve.browser.get("/console/account").await;
    assert_eq!(page.status, StatusCode::OK, "it is each one's own pace");
    stage.clock.advance_s(60);
    let page = ada.browser.get("/console/account").await;
    assert_eq!(page.status, StatusCode::OK);
}
