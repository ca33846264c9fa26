//! Who and where, as a request names it: user, domain and application. All that is named must hold.

use std::sync::Arc;

use challenge::directory::{Client, User, UserKey, UserRecord};
use challenge::id::Id;

use crate::desk::Desk;
use crate::dualshield::asked::Asked;
use crate::dualshield::caller::Caller;
use crate::dualshield::refusal::Refused;

/// How a request names a user.
pub(super) struct Named {
    id: Option<String>,
    login_name: Option<String>,
}

/// The user whom a request names.
pub(super) struct Found {
    /// The user, where there is one.
    pub(super) record: Option<Arc<UserRecord>>,
    named: Named,
}

impl Found {
    /// How the domain is asked about the user: by id, and where there is none by the name that nobody has,
    /// so that it does the same work and tells it in the audit log.
    pub(super) fn key(&self) -> UserKey<'_> {
        match (&self.record, &self.named.login_name, &self.named.id) {
            (Some(record), ..) => UserKey::Id(record.user.id),
            (None, Some(name), None) => UserKey::LoginName(name),
            (None, None, Some(id)) => UserKey::ExternalId(id),
            // Either name may be somebody's; both together are nobody's.
            (None, _, _) => UserKey::Id(Id::SERVER),
        }
    }

    /// The user, or the refusal that says that there is none.
    pub(super) fn needed(&self) -> Result<&Arc<UserRecord>, Refused> {
        let nobody = challenge::refusal::Refusal::NotFound("user");
        self.record.as_ref().ok_or(Refused::Domain(nobody))
    }
}

/// Finds the user whom a request names, in the caller's own domain.
pub(super) async fn find(desk: &Desk, caller: &Caller, asked: &Asked) -> Result<Found, Refused> {
    let conditions = asked.conditions("user")?;
    check_domain(caller, asked)?;
    check_application(caller, asked)?;
    let named = Named {
        id: conditions.name("id")?,
        login_name: conditions.name("loginName")?,
    };
    let tenant = caller.tenant.tenant.id;
    let catalogue = &desk.verifier.catalogue;
    let by_id = match &named.id {
        Some(id) => Some(by_either_id(desk, caller, id).await?),
        None => None,
    };
    let by_name = match &named.login_name {
        Some(name) => Some(catalogue.user(tenant, UserKey::LoginName(name)).await?),
        None => None,
    };
    let record = match (by_id, by_name) {
        (None, None) => {
            return Err(Refused::Malformed(
                "user: send its id, or its loginName".to_owned(),
            ));
        }
        (Some(one), None) | (None, Some(one)) => one,
        (Some(one), Some(other)) => {
            one.filter(|one| other.is_some_and(|other| other.user.id == one.user.id))
        }
    };
    Ok(Found { record, named })
}

/// The user with this id or external id. Both are always looked for; two users are none.
async fn by_either_id(
    desk: &Desk,
    caller: &Caller,
    text: &str,
) -> Result<Option<Arc<UserRecord>>, Refused> {
    let tenant = caller.tenant.tenant.id;
    let catalogue = &desk.verifier.catalogue;
    let id: Id<User> = text.parse().unwrap_or(Id::SERVER);
    let own = catalogue.user(tenant, UserKey::Id(id)).await?;
    let external = catalogue.user(tenant, UserKey::ExternalId(text)).await?;
    match (own, external) {
        (Some(own), Some(external)) if own.user.id != external.user.id => Err(Refused::TwoUsers),
        (own, external) => Ok(own.or(external)),
    }
}

/// Refuses a domain that is not the caller's, wherever it is named.
pub(super) fn check_domain(caller: &Caller, asked: &Asked) -> Result<(), Refused> {
    let tenant = &caller.tenant.tenant;
    let (user, domain) = (asked.conditions("user")?, asked.conditions("domain")?);
    let ids = [user.name("domain.id")?, domain.name("id")?];
    let names = [user.name("domain.name")?, domain.name("name")?];
    let own_id = tenant.id.to_string();
    let is_own = ids.iter().flatten().all(|id| *id == own_id)
        && names.iter().flatten().all(|name| *name == tenant.name);
    if is_own {
        Ok(())
    } else {
        Err(Refused::OtherDomain)
    }
}

/// The application that a request names.
#[derive(Debug, Default)]
pub(super) struct Application {
    id: Option<String>,
    name: Option<String>,
}

impl Application {
    /// Reads what a request says of the application.
    pub(super) fn read(asked: &Asked) -> Result<Self, Refused> {
        let application = asked.conditions("application")?;
        Ok(Self {
            id: application.name("id")?,
            name: application.name("name")?,
        })
    }

    /// Whether the client is named, and nothing else.
    pub(super) fn is_said_of(&self, client: &Client) -> bool {
        (self.id.is_some() || self.name.is_some()) && self.may_be(client)
    }

    fn may_be(&self, client: &Client) -> bool {
        let has_id = self
            .id
            .as_ref()
            .is_none_or(|id| *id == client.id.to_string());
        has_id && self.name.as_ref().is_none_or(|name| *name == client.name)
    }
}

/// Refuses an application that is not the caller.
pub(super) fn check_application(caller: &Caller, asked: &Asked) -> Result<(), Refused> {
    if Application::read(asked)?.may_be(&caller.client) {
        Ok(())
    } else {
        Err(Refused::OtherApplication)
    }
}
