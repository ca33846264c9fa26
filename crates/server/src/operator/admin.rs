//! `admin`: tokens of the management API, and sign-in links for administrators.

use challenge::officers::{
    Administrator, Denied, NewToken, Officer, Reach, Role, SignInLink, Token,
};
use challenge::verifier::Verifier;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::desk::tenants;
use crate::app;
use crate::cli::{
    AdminCommand, AdminTokenCommand, Failure, PasswordArguments, Row, TokenCreateArguments, moment,
};
use crate::operator::Desk;

const HEAD: &[&str] = &[
    "ID", "NAME", "ROLE", "TENANT", "MADE BY", "EXPIRES", "STATUS",
];

/// Tokens and administrators read at a time.
const PAGE: u32 = 500;

/// `admin token create|list|revoke`, `admin password`
pub async fn run(desk: &Desk, command: &AdminCommand) -> Result<(), Failure> {
    let verifier = desk.verifier().await?;
    verifier.found_console().await?;
    match command {
        AdminCommand::Token(AdminTokenCommand::Create(arguments)) => {
            create(desk, &verifier, arguments).await
        }
        AdminCommand::Token(AdminTokenCommand::List(option)) => {
            list(desk, &verifier, option.tenant.as_deref()).await
        }
        AdminCommand::Token(AdminTokenCommand::Revoke(arguments)) => {
            revoke(desk, &verifier, &arguments.id).await
        }
        AdminCommand::Password(arguments) => password(desk, &verifier, arguments).await,
    }
}

async fn create(
    desk: &Desk,
    verifier: &Verifier,
    arguments: &TokenCreateArguments,
) -> Result<(), Failure> {
    let role: Role = arguments
        .role
        .parse()
        .map_err(|error| Failure::new(format!("--role: {error}")))?;
    let name = arguments.name.clone();
    let wish = NewToken {
        name: name.unwrap_or_else(|| role.name().to_owned()),
        role,
        reach: reach(verifier, arguments.tenant.as_deref()).await?,
        days: arguments.days,
    };
    let made = verifier.make_token(&Officer::command_line(), wish).await;
    let made = made.map_err(|denied| match denied {
        Denied::DoesNotFit(text) => Failure::new(format!("--{text}")),
        denied => denied.into(),
    })?;
    let text = made.text.expose_secret();
    if desk.output.json {
        let mut value = row(verifier, &made.token).value;
        if let Some(members) = value.as_object_mut() {
            members.insert("token".to_owned(), text.into());
        }
        return desk.output.value(&value);
    }
    desk.output.lines(&[text.to_owned()])
}

async fn list(desk: &Desk, verifier: &Verifier, tenant: Option<&str>) -> Result<(), Failure> {
    let wanted = match tenant {
        Some(_) => Some(reach(verifier, tenant).await?),
        None => None,
    };
    let by = Officer::command_line();
    let mut rows = Vec::new();
    let mut after = None;
    loop {
        let page = verifier.tokens(&by, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        let those = page.iter();
        let those = those.filter(|token| wanted.is_none_or(|reach| reach == token.reach));
        rows.extend(those.map(|token| row(verifier, token)));
    }
    desk.output.list(HEAD, &rows)
}

async fn revoke(desk: &Desk, verifier: &Verifier, id: &str) -> Result<(), Failure> {
    let unknown = || {
        Failure::new(format!(
            "there is no token {id}; see `countersign admin token list`"
        ))
    };
    let wanted = id.parse().map_err(|_| unknown())?;
    let by = Officer::command_line();
    match verifier.revoke_token(&by, wanted).await {
        Ok(_) => desk.output.done(&format!("token {id}: revoked")),
        Err(Denied::Unknown(_)) => Err(unknown()),
        Err(denied) => Err(denied.into()),
    }
}

async fn password(
    desk: &Desk,
    verifier: &Verifier,
    arguments: &PasswordArguments,
) -> Result<(), Failure> {
    let by = Officer::command_line();
    let (administrator, link) = match whom(verifier, arguments.login.as_deref()).await? {
        Whom::Made(administrator, link) => (administrator, link),
        Whom::There(administrator) => {
            let forget = arguments.forget_second_factor;
            let link = verifier.make_link(&by, administrator.id, forget).await?;
            (administrator, link)
        }
    };
    let link = Link::of(desk, &administrator, &link);
    if desk.output.json {
        return desk.output.value(&link.value());
    }
    desk.output.lines(&[link.url])
}

/// Whose link is wanted.
enum Whom {
    /// The first administrator, who was not there.
    Made(Administrator, SignInLink),
    There(Administrator),
}

async fn whom(verifier: &Verifier, login: Option<&str>) -> Result<Whom, Failure> {
    let by = Officer::command_line();
    if let Some(login) = login {
        let found = verifier.administrator_named(&by, login).await;
        return found.map(Whom::There).map_err(|denied| match denied {
            Denied::Unknown(_) => Failure::new(format!(
                "there is no administrator {login}; `countersign admin password` alone is for the \
                 first one, and others are invited in the console"
            )),
            denied => denied.into(),
        });
    }
    if let Some((administrator, link)) = verifier.make_first_administrator().await? {
        return Ok(Whom::Made(administrator, link));
    }
    let mut governing = governing(verifier).await?;
    match (governing.pop(), governing.is_empty()) {
        (Some(only), true) => Ok(Whom::There(only)),
        (last, _) => {
            let names = governing.iter().chain(&last);
            let names: Vec<_> = names.map(|one| one.login_name.as_str()).collect();
            Err(Failure::new(format!(
                "there are several administrators: {}; say which",
                names.join(", ")
            )))
        }
    }
}

/// The administrators of the whole server.
async fn governing(verifier: &Verifier) -> Result<Vec<Administrator>, Failure> {
    let by = Officer::command_line();
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = verifier.administrators(&by, after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(all);
        };
        after = Some(last.id);
        let those = page.into_iter();
        all.extend(those.filter(|one| one.role == Role::Admin && one.reach == Reach::Server));
    }
}

async fn reach(verifier: &Verifier, tenant: Option<&str>) -> Result<Reach, Failure> {
    let Some(name) = tenant else {
        return Ok(Reach::Server);
    };
    if name == challenge::officers::CONSOLE {
        return Err(Failure::new(format!(
            "--tenant: {name} is the server's own; leave --tenant out for the whole server"
        )));
    }
    let found = tenants(&**verifier.store(), Some(name)).await?;
    let id = found.first().map(|rows| rows.tenant.id);
    id.map(Reach::Tenant)
        .ok_or_else(|| Failure::new(format!("there is no tenant {name}")))
}

fn row(verifier: &Verifier, token: &Token) -> Row {
    let tenant = match token.reach {
        Reach::Server => None,
        Reach::Tenant(id) => {
            let view = verifier.catalogue.tenant_by_id(id);
            Some(view.map_or_else(|| id.to_string(), |view| view.tenant.name.clone()))
        }
    };
    let status = match (token.revoked_at, token.is_good_at(verifier.now())) {
        (Some(_), _) => "revoked",
        (None, true) => "active",
        (None, false) => "expired",
    };
    let value = json!({
        "id": token.id,
        "name": token.name,
        "role": token.role,
        "tenant": tenant,
        "made_by": token.made_by,
        "made_at": moment(token.made_at),
        "expires_at": moment(token.expires_at),
        "revoked_at": token.revoked_at.map(moment),
        "status": status,
    });
    let cells = vec![
        token.id.to_string(),
        token.name.clone(),
        token.role.name().to_owned(),
        tenant.unwrap_or_else(|| "all".to_owned()),
        token.made_by.clone(),
        moment(token.expires_at),
        status.to_owned(),
    ];
    Row { value, cells }
}

/// A sign-in link as it is printed.
pub(super) struct Link {
    /// Whose it is.
    pub(super) login_name: String,
    expires_at: String,
    /// What is clicked.
    pub(super) url: String,
}

impl Link {
    pub(super) fn of(desk: &Desk, administrator: &Administrator, link: &SignInLink) -> Self {
        Self {
            login_name: administrator.login_name.clone(),
            expires_at: moment(link.expires_at),
            url: link.url(&public_url(desk)).expose_secret().to_owned(),
        }
    }

    pub(super) fn value(&self) -> Value {
        json!({
            "login_name": self.login_name,
            "sign_in_link": self.url,
            "expires_at": self.expires_at,
        })
    }
}

/// Where browsers reach the server, as far as the settings tell: a port that is free when it starts is
/// not known here.
fn public_url(desk: &Desk) -> String {
    let settings = &desk.settings;
    settings.public_url.clone().unwrap_or_else(|| {
        let address = settings.listen.parse();
        address.map_or_else(|_| format!("http://{}", settings.listen), app::url_of)
    })
}
