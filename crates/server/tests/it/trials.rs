//! What becomes of a tenant's interfaces when its trial is over, or it is suspended: nobody's phone is asked,
//! and everything else goes on.

use reqwest::StatusCode;

use crate::console_sign_up::okay_link;
use crate::console_stage::{Stage, plain};

const NUMBER: u64 = 40007;

/// The codes of the demo's token with a button (RFC 4226, appendix D).
const CODES: [&str; 3] = ["755224", "287082", "359152"];

async fn otp(stage: &Stage, code: &str) -> StatusCode {
    let url = format!("{}/idp/ONLINEBANK/authn/token", stage.base);
    let fields = [
        ("grant_type", "password"),
        ("mode", "SYNCHRONOUS"),
        ("client_id", "spl-api"),
        ("client_secret", "password01"),
        ("username", "myTestUser1"),
        ("password", code),
    ];
    let sent = plain().post(url).form(&fields).send().await;
    sent.unwrap().status()
}

async fn captcha(stage: &Stage) -> StatusCode {
    let url = format!("{}/ocapi/v2/challenge/shop?kind=pow", stage.base);
    reqwest::get(url).await.unwrap().status()
}

#[tokio::test]
async fn a_tenant_whose_trial_is_over_or_that_is_suspended_keeps_all_but_its_phones() {
    let stage = Stage::open().await;
    let okay = |more: &str| {
        format!(
            "[[tenant]]\nname = \"ONLINEBANK\"\n[tenant.okay]\nid = {NUMBER}\n\
             secret = \"securetoken\"\n{more}\n"
        )
    };
    let settings = [
        "",
        "trial_expires = \"2027-01-15\"",
        "status = \"inactive\"",
    ];
    let told = ["OK", "TenantExpired", "TenantInactive"];
    for ((more, told), code) in settings.into_iter().zip(told).zip(CODES) {
        stage.apply(&okay(more)).await;
        assert_eq!(okay_link(&stage, NUMBER, "securetoken").await, told);
        assert_eq!(otp(&stage, code).await, StatusCode::OK, "{more}");
        assert_eq!(captcha(&stage).await, StatusCode::OK, "{more}");
    }
}
