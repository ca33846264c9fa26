//! The methods, and what each needs: who may call it, and what answers it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use challenge::approval::pin::PinHasher;
use challenge::directory::Scope;
use challenge::verifier::Context;
use serde_json::Value;

use crate::desk::Desk;
use crate::dualshield::asked::Asked;
use crate::dualshield::caller::Caller;
use crate::dualshield::projection::Projection;
use crate::dualshield::refusal::Refused;
use crate::dualshield::request::Call;
use crate::dualshield::user::Application;
use crate::dualshield::{issue, lists, logon_steps, response, verification};

/// A result, where the method gives one.
pub(super) type Outcome = Result<Option<Value>, Refused>;

/// A method of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    GetChallengeCode,
    SendOtp,
    VerifyResponse,
    Verify,
    Logon,
    Logout,
    ListApplications,
    ListDomains,
    ListAuthenticators,
    GetLogonSteps,
    ListTokens,
    ListTokenAssignments,
}

/// Everything that an answer rests on.
pub(super) struct Act<'a> {
    /// The way into the domain.
    pub(super) desk: &'a Desk,
    /// Hashes passwords.
    pub(super) hasher: &'a dyn PinHasher,
    /// The request.
    pub(super) call: &'a Call,
    /// Who calls.
    pub(super) caller: &'a Caller,
    /// What the body says.
    pub(super) asked: &'a Asked,
    /// What is wanted of the result.
    pub(super) wanted: Projection,
}

impl Act<'_> {
    /// What the domain is told about the request.
    pub(super) fn context(&self) -> Context<'_> {
        self.call.context(self.caller)
    }
}

impl Method {
    const ALL: [(&'static str, Self); 13] = [
        ("getChallengeCode", Self::GetChallengeCode),
        ("generate", Self::GetChallengeCode),
        ("sendOTP", Self::SendOtp),
        ("verifyResponse", Self::VerifyResponse),
        ("verify", Self::Verify),
        ("logon", Self::Logon),
        ("logout", Self::Logout),
        ("listApplications", Self::ListApplications),
        ("listDomains", Self::ListDomains),
        ("listAuthenticators", Self::ListAuthenticators),
        ("getLogonSteps", Self::GetLogonSteps),
        ("listTokens", Self::ListTokens),
        ("listTokenAssignments", Self::ListTokenAssignments),
    ];

    fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(own, _)| *own == name).map(|(_, method)| method)
    }

    fn name(self) -> &'static str {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, method)| *method == self)
            .map_or("", |(name, _)| name)
    }

    /// What a client must be allowed, and what is said where it is not.
    fn scope(self) -> Option<(Scope, &'static str)> {
        match self {
            Self::GetChallengeCode | Self::SendOtp => {
                Some((Scope::Challenge, "its scopes do not list challenge"))
            }
            Self::VerifyResponse | Self::Verify | Self::Logon => {
                Some((Scope::Authenticate, "its scopes do not list authenticate"))
            }
            Self::ListApplications
            | Self::ListDomains
            | Self::ListAuthenticators
            | Self::GetLogonSteps
            | Self::ListTokens
            | Self::ListTokenAssignments => Some((Scope::Read, "its scopes do not list read")),
            Self::Logout => None,
        }
    }
}

/// Answers a call of a method.
pub(super) async fn answer(
    desk: &Desk,
    hasher: &Arc<dyn PinHasher>,
    method: &str,
    request: Request,
) -> Response<Body> {
    match answered(desk, hasher, method, request).await {
        Ok(result) => response::done(result),
        Err(refused) => response::refusal(&refused),
    }
}

async fn answered(
    desk: &Desk,
    hasher: &Arc<dyn PinHasher>,
    method: &str,
    request: Request,
) -> Outcome {
    let call = Call::read(request).await?;
    let asked = Asked::read(&call);
    let application = asked.as_ref().ok().map(Application::read);
    let application = application.transpose().unwrap_or_default();
    // What is wrong with a body is told to those who may ask at all.
    let caller = Caller::of(desk, &call, application.as_ref()).await?;
    let method = Method::named(method).ok_or(Refused::NotHere)?;
    if let Some((scope, lacks)) = method.scope()
        && !caller.client.may(scope)
    {
        return Err(Refused::NotAllowed(lacks));
    }
    let asked = asked?;
    let act = Act {
        desk,
        hasher: &**hasher,
        call: &call,
        caller: &caller,
        wanted: Projection::read(asked.member("return"))?,
        asked: &asked,
    };
    let outcome = done(&act, method).await;
    count(method, outcome.as_ref().err());
    outcome
}

async fn done(act: &Act<'_>, method: Method) -> Outcome {
    match method {
        Method::GetChallengeCode => issue::challenge(act).await,
        Method::SendOtp => issue::code(act).await,
        Method::VerifyResponse => verification::response(act).await,
        Method::Verify | Method::Logon => verification::any(act).await,
        // Nothing is kept between requests, so there is nothing to end.
        Method::Logout => Ok(None),
        Method::ListApplications => lists::applications(act),
        Method::ListDomains => lists::domains(act),
        Method::ListAuthenticators => logon_steps::authenticators(act).await,
        Method::GetLogonSteps => logon_steps::steps(act).await,
        Method::ListTokens => lists::tokens(act).await,
        Method::ListTokenAssignments => lists::assignments(act).await,
    }
}

fn count(method: Method, refused: Option<&Refused>) {
    let labels = [
        ("protocol", "dualshield"),
        ("method", method.name()),
        ("outcome", refused.map_or("accepted", Refused::outcome)),
    ];
    metrics::counter!("countersign_answers_total", &labels).increment(1);
    if method == Method::GetChallengeCode && refused.is_none() {
        metrics::counter!("countersign_challenges_issued_total", "protocol" => "dualshield")
            .increment(1);
    }
}
