//! What every answer of the console tells a browser about itself.

use challenge::officers::Role;

use crate::console_stage::Stage;

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let stage = Stage::open().await;
    let mut person = stage.signed_in("ada", Role::Admin, None).await;
    let mut stranger = stage.browser();
    let mut answers = Vec::new();
    for path in [
        "/console/",
        "/console/sign-in",
        "/console/nothing",
        "/console/link/x",
        "/console",
    ] {
        answers.push((path, stranger.get(path).await));
        answers.push((path, person.browser.get(path).await));
    }
    answers.push(("sign-in", stranger.post("/console/sign-in", &[]).await));
    answers.push(("file", stranger.get("/console/files/frame.css").await));
    answers.push(("no file", stranger.get("/console/files/nothing.css").await));
    for (path, answer) in answers {
        let header = |name: &str| {
            let value = answer.headers.get(name);
            value.map_or("", |value| value.to_str().unwrap())
        };
        let policy = header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(
            header("cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        let kept = if path == "file" {
            "no-cache"
        } else {
            "no-store"
        };
        assert_eq!(header("cache-control"), kept, "{path}");
        assert!(
            !answer.text.contains("style=") && !answer.text.contains("<style"),
            "{path}"
        );
    }
}
