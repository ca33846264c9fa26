//! That a form was sent by a page of ours: it holds a token under the secret of the browser's cookie.
//!
//! Another website can make a browser send a form with its cookies, but can read neither the cookie nor
//! a page, so that it cannot know the token. The domain makes it; what browsers say of a request's origin is looked at as well.

use axum::http::HeaderMap;

/// The field of every form that holds the token.
pub(super) const FIELD: &str = "csrf";

/// Whether the browser says that another website had this sent (Fetch Metadata). Browsers that say nothing
/// are judged by the token alone.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let site = headers.get("sec-fetch-site");
    site.is_some_and(|site| site != "same-origin" && site != "none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_website_had_sent_is_foreign() {
        for (site, foreign) in [
            ("same-origin", false),
            ("none", false),
            ("same-site", true),
            ("cross-site", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("sec-fetch-site", site.parse().unwrap());
            assert_eq!(is_foreign(&headers), foreign, "{site}");
        }
        assert!(!is_foreign(&HeaderMap::new()));
    }
}
