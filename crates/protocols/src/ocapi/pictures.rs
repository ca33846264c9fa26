//! Images and sound of a challenge.
//!
//! A challenge's id is known to whoever created it alone, and that was a page of the site. So they are shown to
//! any page: a browser says nothing of the page in which it shows an image.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::Response;
use axum::http::request::Parts;
use challenge::directory::Site;
use challenge::visitor::{self, Drawn, Ticket};

use crate::desk::Desk;
use crate::ocapi::readers::Readers;
use crate::ocapi::refusal::Refused;
use crate::ocapi::response::Problem;
use crate::ocapi::{request, response};

/// Numbers of images that can be asked for; there are fewer.
const NUMBER_MAX: usize = 99;

/// An image of a challenge. All images of one challenge have one size and one length.
#[utoipa::path(
    get, path = "/ocapi/v2/challenge/{name}/image/{number}", tag = "ocapi", operation_id = "ocapiImage",
    params(
        ("name" = String, Path, description = "the challenge's id"),
        ("number" = u32, Path, description = "the image's id in the challenge, from 1"),
    ),
    responses(
        (status = 200, content_type = "image/*", description = "JPEG of a corpus's images, PNG of a code"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "404: no such image; 410: answered or expired; 429: too many"),
    ),
)]
pub(super) async fn image(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Response<Body> {
    let Ok(Path((id, number))) = path else {
        return response::refusal(&Refused::NotHere);
    };
    let Some((ticket, site)) = desk.verifier.ticket(&id) else {
        return unknown();
    };
    let (parts, _) = request.into_parts();
    let address = request::neighbourhood_of(request::address(&parts));
    let drawn = match request::number_of(&number, NUMBER_MAX) {
        Some(number) => {
            let verifier = &desk.verifier;
            verifier.picture((&ticket, &site), number, &address).await
        }
        None => Err(visitor::Refused::NotFound),
    };
    answer(&site, &parts, drawn.map_err(Refused::from))
}

/// The code of a challenge, read out.
#[utoipa::path(
    get, path = "/ocapi/v2/challenge/{name}/audio", tag = "ocapi", operation_id = "ocapiAudio",
    params(
        ("name" = String, Path, description = "the challenge's id"),
        ("lang" = Option<String>, Query, description = "en, fr, de or es [default: the challenge's]"),
    ),
    responses(
        (status = 200, content_type = "audio/wav", description = "the code, read out"),
        (status = "default", body = Problem, content_type = "application/problem+json", description = "404: it has no sound; 410: answered or expired; 429: too many"),
    ),
)]
pub(super) async fn audio(
    State(desk): State<Arc<Desk>>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response<Body> {
    let Ok(Path(id)) = path else {
        return response::refusal(&Refused::NotHere);
    };
    let Some((ticket, site)) = desk.verifier.ticket(&id) else {
        return unknown();
    };
    let (parts, _) = request.into_parts();
    let drawn = speak(&desk, (&ticket, &site), &parts).await;
    answer(&site, &parts, drawn)
}

async fn speak(
    desk: &Desk,
    (ticket, site): (&Ticket, &Site),
    parts: &Parts,
) -> Result<Drawn, Refused> {
    let language = request::language(parts)?.unwrap_or(ticket.language);
    let address = request::neighbourhood_of(request::address(parts));
    let verifier = &desk.verifier;
    Ok(verifier.speech((ticket, site), language, &address).await?)
}

fn unknown() -> Response<Body> {
    let refused = Refused::Domain(visitor::Refused::NotFound);
    Readers::Anyone.may_read(response::refusal(&refused))
}

fn answer(site: &Site, parts: &Parts, drawn: Result<Drawn, Refused>) -> Response<Body> {
    // A page of another origin may show it, as it may show any image, and not read it.
    let readers = Readers::of(site, &parts.headers).unwrap_or(Readers::NoPage);
    readers.may_read(match drawn {
        Ok(drawn) => response::picture(drawn),
        Err(refused) => response::refusal(&refused),
    })
}
