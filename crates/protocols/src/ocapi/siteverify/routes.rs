//! Where a check by a secret is asked for: one path a shape.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::routing::any;
use challenge::visitor::{self, Check, Finding, Told};

use super::refusal::Failed;
use super::request::{Asked, RESPONSE_LENGTH_MAX};
use super::response;
use super::shape::Shape;
use crate::desk::Desk;
use crate::ocapi::request;

/// The three paths. Every method is answered: what is no POST is told so in JSON.
pub fn router() -> Router<Arc<Desk>> {
    let mut router = Router::new();
    for shape in Shape::ALL {
        let verify = move |State(desk): State<Arc<Desk>>, request: Request| async move {
            siteverify(&desk, shape, request).await
        };
        router = router.route(shape.path(), any(verify));
    }
    router
}

async fn siteverify(desk: &Desk, shape: Shape, asked: Request) -> Response<Body> {
    let (parts, body) = asked.into_parts();
    let address = request::text_of(request::address(&parts));
    let asked = match Asked::read(&parts, body).await {
        Ok(asked) => asked,
        Err(failed) => return response::failed(shape, &[failed]),
    };
    let (secret, given) = match asked.needed() {
        Ok(needed) => needed,
        Err(reasons) => return response::failed(shape, &reasons),
    };
    match check(desk, shape, (&asked, secret, given), &address).await {
        Ok(finding) => response::valid(shape, finding),
        Err(failed) => response::failed(shape, &[failed]),
    }
}

/// Finds out who asks, and checks the challenge as with a token. Whoever shows a wrong secret learns nothing else.
async fn check(
    desk: &Desk,
    shape: Shape,
    (asked, secret, given): (&Asked, &str, &str),
    address: &str,
) -> Result<Finding, Failed> {
    let verifier = &desk.verifier;
    let issued = verifier
        .ticket(given)
        .filter(|_| given.len() <= RESPONSE_LENGTH_MAX);
    let site = issued.map(|(_, site)| site);
    let own = match &site {
        Some(site) => verifier
            .is_secret_of(site, secret)
            .map_err(|refused| unavailable(&refused))?,
        None => false,
    };
    if !own && !verifier.is_secret_of_any_site(secret) {
        return Err(Failed::WrongSecret);
    }
    let Some(site) = site else {
        return Err(Failed::WrongResponse);
    };
    let named = asked.site_key(shape);
    if !own || named.is_some_and(|named| named != site.public_id) {
        return Err(Failed::OtherSite);
    }
    let check = Check {
        peek: false,
        repeat_key: asked.repeat_key(shape)?,
        voucher: None,
        address,
    };
    let found = verifier.find_of_visit(&site, given, &check).await;
    let finding = found.map_err(|refused| unavailable(&refused))?;
    match finding.told {
        Told::Valid => Ok(finding),
        // To look without consuming is not possible here.
        Told::Pending | Told::Invalid | Told::Answered => Err(Failed::WrongResponse),
        Told::Expired => Err(Failed::Late),
        Told::Consumed => Err(Failed::Duplicate),
    }
}

/// A challenge of the site can be checked, unless something is broken.
fn unavailable(refused: &visitor::Refused) -> Failed {
    tracing::error!(protocol = "ocapi", %refused, "a check by a secret failed");
    Failed::Unavailable
}
