//! Where ALTCHA's widget gets its challenges and has a code verified, and where a site's server has a payload
//! verified: under the site's public id.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, Response, header};
use challenge::directory::Site;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::acts;
use super::request::ToVerify;
use super::response::{self, Failure, Verdict};
use crate::desk::Desk;
use crate::ocapi::readers::Readers;
use crate::ocapi::refusal::Refused;
use crate::ocapi::response as plain;

/// Everything below a site's public id.
pub fn router() -> Router<Arc<Desk>> {
    let (router, _) = documented().split_for_parts();
    router.method_not_allowed_fallback(otherwise)
}

/// The routes that clients are told of, with their descriptions.
pub(crate) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(challenge))
        .routes(routes!(verify))
        .routes(routes!(siteverify))
}

/// The site that a path names.
type Named = Result<Path<String>, PathRejection>;

fn site_of(desk: &Desk, named: Named) -> Result<Arc<Site>, Refused> {
    let Path(public_id) = named.map_err(|_| Refused::NotHere)?;
    let site = desk.verifier.catalogue.site(&public_id);
    site.ok_or(Refused::NoSuchSite)
}

/// A place for pages: what it does for those of the site, the question beforehand included.
async fn for_pages(
    desk: &Desk,
    named: Named,
    (method, parts): (Method, &Parts),
    does: impl AsyncFnOnce(&Arc<Site>) -> Response<Body>,
) -> Response<Body> {
    let site = match site_of(desk, named) {
        Ok(site) => site,
        Err(refused) => return Readers::Anyone.may_read(response::refusal(&refused)),
    };
    let readers = match Readers::of(&site, &parts.headers) {
        Ok(readers) => readers,
        Err(refused) => return Readers::NoPage.may_read(response::refusal(&refused)),
    };
    let allow = if method == Method::GET {
        "GET, OPTIONS"
    } else {
        "POST, OPTIONS"
    };
    if parts.method == method {
        response::expose(readers.may_read(does(&site).await))
    } else if parts.method == Method::OPTIONS {
        let mut response = readers.may_ask(plain::nothing());
        let allow = HeaderValue::from_static(allow);
        response.headers_mut().insert(header::ALLOW, allow);
        response
    } else {
        readers.may_read(response::refusal(&Refused::WrongMethod { allow }))
    }
}

/// Issues a challenge to ALTCHA's widget on a page of the site.
#[utoipa::path(
    get, path = "/ocapi/altcha/{public_id}/challenge", tag = "ocapi", operation_id = "altchaChallenge",
    params(
        ("public_id" = String, Path, description = "the site's public id"),
        ("v" = Option<u8>, Query, description = "the version of the form, 1 or 2; without it 2"),
        ("code" = Option<bool>, Query, description = "whether a code is asked beside the proof; without it as the site lists its kinds"),
    ),
    responses(
        (status = 200, description = "a challenge as ALTCHA writes it: version 1 or 2, perhaps with codeChallenge and configuration"),
        (status = "default", body = Failure, description = "an error, as the widget shows it"),
    ),
)]
async fn challenge(
    State(desk): State<Arc<Desk>>,
    named: Named,
    request: Request,
) -> Response<Body> {
    let (parts, _) = request.into_parts();
    for_pages(
        &desk,
        named,
        (Method::GET, &parts),
        async |site| match acts::issue(&desk, site, &parts).await {
            Ok(response) => response,
            Err(refused) => response::refusal(&refused),
        },
    )
    .await
}

/// Verifies what the widget carries, with the code that its user typed. Without a code it is only looked at.
#[utoipa::path(
    post, path = "/ocapi/altcha/{public_id}/verify", tag = "ocapi", operation_id = "altchaVerify",
    params(("public_id" = String, Path, description = "the site's public id")),
    request_body(content = Object, content_type = "application/json", description = "{\"payload\": text, \"code\": text}"),
    responses(
        (status = 200, body = Verdict, description = "verified, with what takes the payload's place; or not, with the reason"),
        (status = "default", body = Failure, description = "an error, as the widget shows it"),
    ),
)]
async fn verify(State(desk): State<Arc<Desk>>, named: Named, request: Request) -> Response<Body> {
    let (parts, body) = request.into_parts();
    for_pages(&desk, named, (Method::POST, &parts), async |site| {
        let asked = match ToVerify::read(body).await {
            Ok(asked) => asked,
            Err(refused) => return response::refusal(&refused),
        };
        match acts::look(&desk, site, &asked, &parts).await {
            Ok(instead) => response::verified(instead),
            Err(reason) => response::not_verified(reason),
        }
    })
    .await
}

/// Verifies a payload for the site's server, once.
#[utoipa::path(
    post, path = "/ocapi/altcha/{public_id}/siteverify", tag = "ocapi", operation_id = "altchaSiteverify",
    params(
        ("public_id" = String, Path, description = "the site's public id"),
        ("Idempotency-Key" = Option<String>, Header, description = "under which the same is told again for 60 seconds"),
    ),
    request_body(content = Object, content_type = "application/json", description = "{\"payload\": text, \"secret\": the site's private id}; or the same as a form"),
    responses(
        (status = 200, body = Verdict, description = "verified and spent; or not, with the reason"),
        (status = "default", body = Failure, description = "the request cannot be read, or the secret is refused"),
    ),
)]
async fn siteverify(
    State(desk): State<Arc<Desk>>,
    named: Named,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let taken = match site_of(&desk, named) {
        Ok(site) => acts::take(&desk, &site, (&parts, body)).await,
        Err(refused) => Err(refused),
    };
    match taken {
        Ok(Ok(())) => response::verified(None),
        Ok(Err(reason)) => response::not_verified(reason),
        Err(refused) => response::refusal(&refused),
    }
}

/// What a browser asks beforehand, and methods that nothing is done for.
async fn otherwise(
    State(desk): State<Arc<Desk>>,
    named: Named,
    request: Request,
) -> Response<Body> {
    let (parts, _) = request.into_parts();
    let path = parts.uri.path();
    let method = if path.ends_with("/siteverify") {
        return response::refusal(&Refused::WrongMethod { allow: "POST" });
    } else if path.ends_with("/challenge") {
        Method::GET
    } else {
        Method::POST
    };
    let nothing = async |_: &Arc<Site>| plain::nothing();
    for_pages(&desk, named, (method, &parts), nothing).await
}
