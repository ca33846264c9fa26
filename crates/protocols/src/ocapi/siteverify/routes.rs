//! Where a check by a secret is asked for: one path a shape.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use challenge::visitor::{self, Check, Finding, Owner, Told};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::refusal::Failed;
use super::request::{Asked, RESPONSE_LENGTH_MAX};
use super::response::{self, Verdict};
use super::shape::Shape;
use crate::desk::Desk;
use crate::ocapi::request;

/// The three paths. Every method is answered: what is no POST is told so in JSON.
pub fn router() -> Router<Arc<Desk>> {
    let (router, _) = documented().split_for_parts();
    router.method_not_allowed_fallback(not_posted)
}

/// The routes that clients are told of, with their descriptions.
pub(crate) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(recaptcha))
        .routes(routes!(hcaptcha))
        .routes(routes!(turnstile))
}

/// Checks a challenge in reCAPTCHA's shape.
#[utoipa::path(
    post, path = "/recaptcha/api/siteverify", tag = "ocapi", operation_id = "recaptchaSiteverify",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "secret, response; JSON and multipart are read, too"),
    responses((status = 200, body = Verdict, description = "whatever is told")),
)]
async fn recaptcha(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    siteverify(&desk, Shape::Recaptcha, request).await
}

/// Checks a challenge in hCaptcha's shape.
#[utoipa::path(
    post, path = "/siteverify", tag = "ocapi", operation_id = "hcaptchaSiteverify",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "secret, response, perhaps sitekey; JSON and multipart are read, too"),
    responses((status = 200, body = Verdict, description = "whatever is told")),
)]
async fn hcaptcha(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    siteverify(&desk, Shape::Hcaptcha, request).await
}

/// Checks a challenge in Turnstile's shape.
#[utoipa::path(
    post, path = "/turnstile/v0/siteverify", tag = "ocapi", operation_id = "turnstileSiteverify",
    request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "secret, response, perhaps idempotency_key; JSON and multipart are read, too"),
    responses((status = 200, body = Verdict, description = "whatever is told")),
)]
async fn turnstile(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
    siteverify(&desk, Shape::Turnstile, request).await
}

/// What is told to who does not post: in the shape that is spoken at the path.
async fn not_posted(request: Request) -> Response<Body> {
    let path = request.uri().path();
    let shape = Shape::ALL.into_iter().find(|shape| shape.path() == path);
    response::failed(shape.unwrap_or(Shape::Hcaptcha), &[Failed::BadRequest])
}

async fn siteverify(desk: &Desk, shape: Shape, asked: Request) -> Response<Body> {
    let (parts, body) = asked.into_parts();
    let address = request::address(&parts);
    let asked = match Asked::read(&parts, body).await {
        Ok(asked) => asked,
        Err(failed) => return response::failed(shape, &[failed]),
    };
    let (secret, given) = match asked.needed() {
        Ok(needed) => needed,
        Err(reasons) => return response::failed(shape, &reasons),
    };
    match check(desk, shape, (&asked, secret, given), address).await {
        Ok(finding) => response::valid(shape, finding),
        Err(failed) => response::failed(shape, &[failed]),
    }
}

/// Finds out who asks, and checks the challenge as with a token. Whoever shows a wrong secret learns nothing else.
async fn check(
    desk: &Desk,
    shape: Shape,
    (asked, secret, given): (&Asked, &str, &str),
    address: Option<IpAddr>,
) -> Result<Finding, Failed> {
    let verifier = &desk.verifier;
    let issued = verifier
        .ticket(given)
        .filter(|_| given.len() <= RESPONSE_LENGTH_MAX);
    let site = issued.map(|(_, site)| site);
    let near = request::neighbourhood_of(address);
    let owner = verifier.owner_of_secret(site.as_deref(), secret, &near);
    let own = match owner {
        Ok(Owner::Nobody) => return Err(Failed::WrongSecret),
        Ok(owner) => owner == Owner::Own,
        Err(visitor::Refused::SlowDown { .. }) => return Err(Failed::TooManySecrets),
        Err(refused) => return Err(unavailable(&refused)),
    };
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
        address: &request::text_of(address),
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
