//! Who checks: the site whose key made the token.
//!
//! A token of an unknown site, of a wrong key and one that cannot be read are refused in the same words. For an
//! unknown site a MAC is computed too, but no key is opened, so that a stopwatch can tell it from a known one. That
//! gives nothing away: public ids stand in pages for everybody to see, and creating says whether there is such a site.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use challenge::directory::Site;

use crate::desk::Desk;
use crate::ocapi::jwt::{About, Pass, Unverified};
use crate::ocapi::refusal::Refused;

/// The key by which the tokens of unknown sites are measured; what it finds is thrown away.
const NOBODYS_KEY: [u8; 64] = [0; 64];

/// The site that asks about a challenge, and what its token is good for.
pub(super) fn of_check(
    desk: &Desk,
    headers: &HeaderMap,
    challenge: &str,
) -> Result<(Arc<Site>, Pass), Refused> {
    let token = Unverified::read(bearer(headers)?).ok_or(Refused::WrongToken)?;
    let Some(site) = desk.verifier.catalogue.site(token.issuer()) else {
        let _ = token.verify(&NOBODYS_KEY, &[]);
        return Err(Refused::WrongToken);
    };
    let key = desk.verifier.site_key(&site)?;
    let claims = token.verify(&key, &site.jwt_algorithms);
    let claims = claims.ok_or(Refused::WrongToken)?;
    let server = &desk.public_url;
    let about = About { challenge, server };
    let pass = claims.judge(about, desk.verifier.now());
    Ok((site, pass.map_err(Refused::BadClaim)?))
}

/// The token in the one `Authorization` header (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Result<&str, Refused> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(first), second) = (given.next(), given.next()) else {
        return Err(Refused::NoToken);
    };
    if second.is_some() {
        return Err(Refused::WrongToken);
    }
    let text = first.to_str().map_err(|_| Refused::WrongToken)?.trim();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim()),
        _ => Err(Refused::NoToken),
    }
}
