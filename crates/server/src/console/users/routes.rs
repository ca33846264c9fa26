//! What the pages about users answer to.

use std::sync::Arc;

use axum::Router;

use super::{acts, authenticator, enrolment, form, list, locked, person, phones};
use crate::console::shared::Console;

/// Its routes.
pub(in crate::console) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .merge(list::routes())
        .merge(locked::routes())
        .merge(form::routes())
        .merge(person::routes())
        .merge(acts::routes())
        .merge(enrolment::routes())
        .merge(authenticator::routes())
        .merge(phones::routes())
}
