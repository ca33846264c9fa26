//! `/api/v1/audit`, `/api/v1/tenants/{tenant}/audit`, `/api/v1/tenants/{tenant}/users/{user}/timeline`

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::desk::Desk;
use crate::management::acts::audit::{self, Format, Wanted};
use crate::management::moment;
use crate::management::paging::Page;
use crate::management::refusal::Refusal;
use crate::management::request::{Call, Query};
use crate::management::response::{self, Told};
use crate::management::shapes::events::EventShown;

/// Events a line.
const LINES: &str = "application/x-ndjson";

/// Events as a table.
const TABLE: &str = "text/csv";

/// What may be asked for.
const FILTERS: [&str; 9] = [
    "user", "client", "officer", "kind", "outcome", "protocol", "from", "to", "text",
];

pub(super) fn documented() -> OpenApiRouter<Arc<Desk>> {
    OpenApiRouter::new()
        .routes(routes!(of_server))
        .routes(routes!(of_tenant))
        .routes(routes!(timeline))
}

/// What happened on the whole server, newest first. Every filter that is given must fit; a page may
/// have fewer than were asked for, and a next one all the same.
#[utoipa::path(get, path = "/api/v1/audit", tag = "management", operation_id = "auditServer",
    params(
        ("user" = Option<String>, Query, description = "About this user, by id in decimals"),
        ("client" = Option<String>, Query, description = "Asked by this client or officer, by name"),
        ("officer" = Option<String>, Query, description = "Done by this officer, by name"),
        ("kind" = Option<String>, Query, description = "Of this kind, such as one_time_password"),
        ("outcome" = Option<String>, Query, description = "That ended so, such as wrong_and_locked"),
        ("protocol" = Option<String>, Query, description = "That came in this way, such as activid or management"),
        ("from" = Option<String>, Query, description = "At or after this date or moment"),
        ("to" = Option<String>, Query, description = "Before this date or moment"),
        ("text" = Option<String>, Query, description = "With this text in what they tell, whatever the case of its letters; at most 200 characters"),
        ("Accept" = Option<String>, Header, description = "application/x-ndjson or text/csv: all that fit, as a stream"),
    ),
    responses((status = 200, description = "A page of them, or all of them as a stream",
        content((Page<EventShown> = "application/json"), (EventShown = "application/x-ndjson"), (String = "text/csv")))),
)]
async fn of_server(call: Call) -> Told {
    told(&call, None).await
}

/// What happened on a tenant, newest first. Every filter that is given must fit; a page may have fewer
/// than were asked for, and a next one all the same.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/audit", tag = "management", operation_id = "auditTenant",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = Option<String>, Query, description = "About this user, by id in decimals"),
        ("client" = Option<String>, Query, description = "Asked by this client or officer, by name"),
        ("officer" = Option<String>, Query, description = "Done by this officer, by name"),
        ("kind" = Option<String>, Query, description = "Of this kind, such as one_time_password"),
        ("outcome" = Option<String>, Query, description = "That ended so, such as wrong_and_locked"),
        ("protocol" = Option<String>, Query, description = "That came in this way, such as activid or management"),
        ("from" = Option<String>, Query, description = "At or after this date or moment"),
        ("to" = Option<String>, Query, description = "Before this date or moment"),
        ("text" = Option<String>, Query, description = "With this text in what they tell, whatever the case of its letters; at most 200 characters"),
        ("Accept" = Option<String>, Header, description = "application/x-ndjson or text/csv: all that fit, as a stream"),
    ),
    responses((status = 200, description = "A page of them, or all of them as a stream",
        content((Page<EventShown> = "application/json"), (EventShown = "application/x-ndjson"), (String = "text/csv")))),
)]
async fn of_tenant(call: Call) -> Told {
    told(&call, Some(call.named("tenant"))).await
}

/// Everything that happened to a user, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{tenant}/users/{user}/timeline", tag = "management", operation_id = "userTimeline",
    params(
        ("tenant" = String, Path, description = "The tenant's name"),
        ("user" = String, Path, description = "The user's id"),
    ),
    responses((status = 200, body = Page<EventShown>, description = "A page of it")),
)]
async fn timeline(call: Call) -> Told {
    let (paging, named) = (call.paging()?, (call.named("tenant"), call.named("user")));
    let page = audit::timeline(&call.desk, &call.officer, named, &paging).await?;
    response::ok(&page)
}

async fn told(call: &Call, tenant: Option<&str>) -> Told {
    let query = call.query(&FILTERS)?;
    let (wanted, paging) = (wanted(&query)?, query.paging()?);
    let Some(format) = accepted(call) else {
        let wish = (&wanted, &paging);
        let page = audit::search(&call.desk, &call.officer, tenant, wish).await?;
        return response::ok(&page);
    };
    let wish = (&wanted, format);
    let stream = audit::export(&call.desk, &call.officer, tenant, wish)?;
    let mut response = Response::new(Body::from_stream(stream));
    for (name, value) in [
        (header::CONTENT_TYPE, format.media_type()),
        (header::CONTENT_DISPOSITION, format.disposition()),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}

/// How an export is wanted; nothing: a page of JSON is.
fn accepted(call: &Call) -> Option<Format> {
    let accept = call.headers().get(header::ACCEPT)?.to_str().ok()?;
    let essences = accept
        .split(',')
        .map(|range| range.split(';').next().unwrap_or_default().trim());
    essences
        .into_iter()
        .find_map(|essence| match essence.to_ascii_lowercase().as_str() {
            LINES => Some(Some(Format::Lines)),
            TABLE => Some(Some(Format::Table)),
            "application/json" => Some(None),
            _ => None,
        })?
}

fn wanted(query: &Query) -> Result<Wanted, Refusal> {
    let text = |name| query.get(name).map(str::to_owned);
    let moment = |name| {
        let read = query.get(name).map(|text| moment::read(name, text));
        let wrong = |_| {
            Refusal::Malformed(format!(
                "{name}: send a date such as 2027-01-31, or 2027-01-31T12:00:00Z"
            ))
        };
        read.transpose().map_err(wrong)
    };
    Ok(Wanted {
        user: text("user"),
        client: text("client"),
        officer: text("officer"),
        kind: text("kind"),
        outcome: text("outcome"),
        protocol: text("protocol"),
        from: moment("from")?,
        to: moment("to")?,
        text: text("text"),
    })
}
