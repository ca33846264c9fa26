//! Sends one push and says what the push service did with it.

use challenge::approval::push::{OutgoingPush, PushReception};
use challenge::verifier::Verifier;
use protocols::device::push::{Sender, letter};
use reqwest::StatusCode;

use crate::workers::Signature;
use crate::workers::callbacks::courier::{self, Courier, Kept, NoAnswer, Parcel};

/// Sends a push once.
pub(super) async fn send(
    verifier: &Verifier,
    courier: &Courier,
    signature: &Signature,
    push: &OutgoingPush,
) -> PushReception {
    let url = push.subscription.endpoint().clone();
    // What was taken when the tenant allowed private addresses.
    if url.scheme() != "https" && !push.allow_private {
        return PushReception::Refused("the endpoint is not an https:// URL".to_owned());
    }
    let now = verifier.now();
    let sealed = verifier
        .push_key_of(&push.subscription)
        .map_err(|refused| refused.to_string())
        .and_then(|key| {
            let contact = signature.contact.as_str();
            let sender = Sender { key: &key, contact };
            letter(push, sender, now, &*signature.rng).map_err(|error| error.to_string())
        });
    let letter = match sealed {
        Ok(letter) => letter,
        Err(trouble) => return failed(format!("not sent: {trouble}")),
    };
    let parcel = Parcel {
        headers: letter.headers.into(),
        body: letter.body,
    };
    match courier.post(url, push.allow_private, parcel, now).await {
        Ok(kept) => reception(&kept),
        Err(NoAnswer::Internal(_)) => PushReception::Refused(
            "the endpoint's address is internal; allow_private_push allows it".to_owned(),
        ),
        Err(NoAnswer::Trouble(trouble)) => failed(trouble),
    }
}

/// What a push service did, by its answer (RFC 8030, sections 5 and 7.3).
fn reception(kept: &Kept) -> PushReception {
    let told = courier::told(kept.status);
    match kept.status {
        status if status.is_success() => PushReception::Taken,
        StatusCode::NOT_FOUND | StatusCode::GONE => PushReception::Gone,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => again(told, kept),
        status if status.is_server_error() => again(told, kept),
        _ => PushReception::Refused(told),
    }
}

fn again(trouble: String, kept: &Kept) -> PushReception {
    PushReception::Failed {
        trouble,
        retry_after_s: kept.retry_after_s,
    }
}

fn failed(trouble: String) -> PushReception {
    PushReception::Failed {
        trouble,
        retry_after_s: None,
    }
}
