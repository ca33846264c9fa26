//! Whoever runs the server: a person at the console, a bearer token, or the command line; and how
//! they are told no.

use std::sync::Arc;

use super::administrator::Stage;
use super::role::{Power, Reach, Role, may};
use super::token::Token;
use crate::administration::Actor;
use crate::directory::provision::{Finding, ProvisionError};
use crate::directory::{Catalogue, TenantView, User};
use crate::door::Door;
use crate::id::Id;
use crate::ports::StoreError;
use crate::refusal::Refusal;
use crate::secret::SealError;

/// The tenant whose users are the administrators of the server. It has no clients, and no site but the one of
/// those who sign up, so that no protocol reaches a user, and stands in no list of tenants.
pub const CONSOLE: &str = "CONSOLE";

/// What the audit log calls whoever may run the program beside the database.
pub(super) const COMMAND_LINE: &str = "operator";

/// What the name of a token begins with in the audit log.
pub(super) const TOKEN: &str = "token";

/// Where a request of an officer came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The address.
    pub address: Option<String>,
    /// The caller's own name for the request.
    pub correlation: Option<String>,
}

/// Somebody who proved to be one who runs the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Who it is, for the audit log: a login name, `token NAME`, or `operator` for the command line.
    pub name: String,
    /// Who it is, for what belongs to one of them.
    pub identity: Identity,
    /// What the officer is there for.
    pub role: Role,
    /// How far the officer reaches.
    pub reach: Reach,
    /// The address the request came from.
    pub address: Option<String>,
    /// The caller's own name for the request.
    pub correlation: Option<String>,
}

/// Which officer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// Whoever may run the program beside the database.
    CommandLine,
    /// The holder of a bearer token.
    Token(Id<Token>),
    /// An administrator who signed in.
    Administrator(Id<User>),
}

impl Officer {
    /// Whoever may run the program beside the database: may do all.
    pub fn command_line() -> Self {
        Self {
            name: COMMAND_LINE.to_owned(),
            identity: Identity::CommandLine,
            role: Role::Admin,
            reach: Reach::Server,
            address: None,
            correlation: None,
        }
    }

    /// Whether the officer has this power, over whatever is within reach.
    pub fn may(&self, power: Power) -> Result<(), Denied> {
        if may(self.role, power) {
            Ok(())
        } else {
            Err(Denied::Forbidden(power))
        }
    }

    /// Whether the officer has this power over what belongs to no tenant.
    pub fn server(&self, power: Power) -> Result<(), Denied> {
        self.may(power)?;
        if self.reach == Reach::Server {
            Ok(())
        } else {
            Err(Denied::OutOfReach)
        }
    }

    /// Whether the officer has this power over whoever has that reach: over officers and tokens.
    pub fn over(&self, reach: Reach, power: Power) -> Result<(), Denied> {
        self.may(power)?;
        if self.reach.covers(reach) {
            Ok(())
        } else {
            Err(Denied::OutOfReach)
        }
    }

    /// The tenant of this name, for an act that needs this power.
    ///
    /// One out of reach is [`Denied::Unknown`], exactly as one that does not exist.
    pub fn tenant(
        &self,
        catalogue: &Catalogue,
        name: &str,
        power: Power,
    ) -> Result<Arc<TenantView>, Denied> {
        let found = catalogue
            .tenant(name)
            .filter(|view| view.tenant.name != CONSOLE)
            .filter(|view| self.reach.covers(Reach::Tenant(view.tenant.id)))
            .ok_or(Denied::Unknown("tenant"))?;
        self.may(power)?;
        Ok(found)
    }

    /// The officer as the audit log tells of whoever acts.
    pub fn actor(&self) -> Actor<'_> {
        Actor {
            name: &self.name,
            door: match self.identity {
                Identity::CommandLine => Door::CommandLine,
                Identity::Token(_) | Identity::Administrator(_) => Door::Management,
            },
            address: self.address.as_deref(),
            correlation: self.correlation.as_deref(),
        }
    }
}

/// Why an officer is told no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The caller did not prove who it is: an unknown name, a wrong password or code, a lock, a token
    /// or session that ended. They are all told alike.
    #[error("not signed in")]
    NotSignedIn,
    /// A password or code that was asked for again, in a session, is wrong, was used before, or there
    /// is a lock.
    #[error("the password or code is wrong")]
    NotVerified,
    /// The password was right, but there is no second factor yet: that needs a sign-in link.
    #[error(
        "no second factor is set up; ask an administrator for a sign-in link, or make one with \
         `countersign admin password`"
    )]
    NeedsLink,
    /// The session owes something first.
    #[error("the sign-in is not complete")]
    Owes(Stage),
    /// The officer's role has not this power.
    #[error("this needs the role {}", .0.least_role().name())]
    Forbidden(Power),
    /// It is not the officer's tenant alone that this is about.
    #[error("this needs an officer of the whole server")]
    OutOfReach,
    /// There is no such thing, or none within reach.
    #[error("there is no such {0}")]
    Unknown(&'static str),
    /// The name is taken.
    #[error("there is a {0} of this name already")]
    Taken(&'static str),
    /// What was given does not fit; the text says what does.
    #[error("{0}")]
    DoesNotFit(String),
    /// There are as many as there may be; the text says what to do.
    #[error("{0}")]
    TooMany(&'static str),
    /// It is not what it was when it was read.
    #[error("somebody changed it since; read it again, and decide again")]
    Changed,
    /// The link would be for whoever makes it.
    #[error(
        "nobody makes a sign-in link for themselves, nor has a token of theirs make one; change the password \
         at the console, ask another administrator, or use `countersign admin password`"
    )]
    ForOneself,
    /// It would leave nobody who governs the server.
    #[error("this is the last administrator of the server; make another one first")]
    LastAdministrator,
    /// A request of this key is being answered.
    #[error("a request with this Idempotency-Key is being answered; try again in a moment")]
    InProgress,
    /// The key came with another request before.
    #[error("this Idempotency-Key came with another request before; choose a new one")]
    KeyReused,
    /// Nothing is told. The text is for the log.
    #[error("unavailable: {0}")]
    Unavailable(String),
}

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<SealError> for Denied {
    fn from(error: SealError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<ProvisionError> for Denied {
    fn from(error: ProvisionError) -> Self {
        match error {
            ProvisionError::Refused(findings) => {
                let texts = findings.iter().map(|Finding { text, .. }| text.as_str());
                let texts: Vec<_> = texts.collect();
                Self::DoesNotFit(texts.join("; "))
            }
            ProvisionError::Store(error) => error.into(),
        }
    }
}

impl From<Refusal> for Denied {
    /// What the verifier refuses at the sign-in is told alike, whatever it was.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotVerified(_) | Refusal::UnknownCaller => Self::NotSignedIn,
            Refusal::DoesNotFit(text) => Self::DoesNotFit(text),
            Refusal::NotFound(what) => Self::Unknown(what),
            other => Self::Unavailable(other.to_string()),
        }
    }
}
