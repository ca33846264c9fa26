//! The widget and the solver's page.

use aws_lc_rs::digest::{SHA384, digest};
use data_encoding::BASE64;
use protocols::ocapi::widget;

use crate::shop::Shop;

#[tokio::test]
async fn the_widget_is_what_its_hash_says_at_both_paths() {
    let shop = Shop::open().await;
    let version = widget::version();
    for (path, cache) in [
        ("/ocapi.js".to_owned(), "public, max-age=300"),
        (
            format!("/ocapi/{version}/ocapi.js"),
            "public, max-age=31536000, immutable",
        ),
    ] {
        let reply = shop.send("GET", &path, &[], "").await;
        assert_eq!(reply.status, 200, "{path}");
        let hash = BASE64.encode(digest(&SHA384, reply.body.as_bytes()).as_ref());
        assert_eq!(widget::integrity(), format!("sha384-{hash}"));
        for (name, expected) in [
            ("content-type", "text/javascript; charset=utf-8"),
            ("cache-control", cache),
            ("access-control-allow-origin", "*"),
            ("cross-origin-resource-policy", "cross-origin"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(reply.header(name), expected, "{path}");
        }
        let head = shop.send("HEAD", &path, &[], "").await;
        assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    }
}

#[tokio::test]
async fn who_has_the_widget_already_is_not_sent_it_again() {
    let shop = Shop::open().await;
    let first = shop.send("GET", "/ocapi.js", &[], "").await;
    let tag = first.header("etag").to_owned();
    let reply = shop
        .send("GET", "/ocapi.js", &[("if-none-match", &tag)], "")
        .await;
    assert_eq!((reply.status.as_u16(), reply.body.as_str()), (304, ""));
    assert_eq!(reply.header("etag"), tag);
    assert_eq!(reply.header("cache-control"), "public, max-age=300");
    let reply = shop
        .send("GET", "/ocapi.js", &[("if-none-match", "\"old\"")], "")
        .await;
    assert_eq!(reply.status, 200);
}

#[tokio::test]
async fn the_solvers_page_may_be_framed_and_runs_this_servers_scripts_alone() {
    let shop = Shop::open().await;
    let version = widget::version();
    let reply = shop
        .send("GET", &format!("/ocapi/{version}/solver.html"), &[], "")
        .await;
    let shown = reply.shown();
    insta::assert_snapshot!(shown.split("\n<!doctype").next().unwrap());
    for name in ["solver.js", "argon2id.js"] {
        let script = shop
            .send("GET", &format!("/ocapi/{version}/{name}"), &[], "")
            .await;
        assert_eq!(script.status, 200);
        assert_eq!(
            script.header("content-type"),
            "text/javascript; charset=utf-8"
        );
        let policy = "content-security-policy";
        assert_eq!(
            script.header(policy),
            reply.header(policy),
            "its worker has it too"
        );
    }
}

#[tokio::test]
async fn another_version_or_file_is_not_here() {
    let shop = Shop::open().await;
    let version = widget::version();
    for path in [
        "/ocapi/0.0.0/ocapi.js".to_owned(),
        format!("/ocapi/{version}/other.js"),
        format!("/ocapi/{version}/..%2focapi.js"),
        format!("/ocapi/{version}/"),
        "/ocapi/ocapi.js".to_owned(),
    ] {
        let reply = shop.send("GET", &path, &[], "").await;
        assert_eq!(
            (reply.status.as_u16(), reply.problem().as_str()),
            (404, "not-here"),
            "{path}"
        );
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    for path in ["/ocapi.js".to_owned(), format!("/ocapi/{version}/ocapi.js")] {
        let reply = shop.send("POST", &path, &[], "").await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("allow")),
            (405, "GET, HEAD")
        );
        assert_eq!(reply.problem(), "wrong-method");
    }
}
