//! What is set up in the database: secrets that are guessed, ways out that lead nowhere, and what cannot
//! work as it is.

use challenge::audit::chain::Which;
use challenge::directory::{Site, Tenant};
use challenge::ports::TenantRows;
use challenge::verifier::Verifier;
use secrecy::ExposeSecret as _;

use super::command::Findings;
use super::finding::Kind;
use super::network::connects;
use crate::cli::Failure;
use crate::workers::callbacks::courier::{Courier, Unreached};

/// Secrets that are tried first, beside the client's own name and an empty one.
const GUESSED: [&str; 12] = [
    "",
    "password",
    "password01",
    "password1",
    "secret",
    "changeme",
    "change-me",
    "test",
    "admin",
    "123456",
    "12345678",
    "client-secret",
];

/// Keys of RFC 4226, 6238 and 6287's test vectors begin so.
const PUBLISHED: &[u8] = b"12345678901234567890";

/// Users that are looked at: more of them are told as not looked at.
const USERS: u32 = 200;
const USERS_MAX: usize = 20_000;

/// The shortest secrets, in bytes.
const SITE_SECRET_MIN: usize = 32;
const OKAY_SECRET_MIN: usize = 16;

/// Looks at tenants, delivery, signing up and the audit log's signature.
pub(super) async fn look(
    verifier: &Verifier,
    found: &mut Findings,
    offline: bool,
) -> Result<(), Failure> {
    signature(verifier, found).await?;
    if verifier.catalogue.sign_up().open && !verifier.catalogue.takes_sign_ups() {
        found.add(Kind::SignUpWithoutMail, "signing up is open");
    }
    let courier = Courier::new().map_err(|error| Failure::new(format!("{error:#}")))?;
    for rows in crate::operator::desk::tenants(&**verifier.store(), None).await? {
        secrets(verifier, &rows, found);
        authenticators(verifier, &rows, found).await?;
        callbacks(&rows.tenant, (&courier, offline), found).await;
    }
    if !offline {
        delivery(verifier, &courier, found).await?;
    }
    Ok(())
}

async fn signature(verifier: &Verifier, found: &mut Findings) -> Result<(), Failure> {
    let Some(chain) = verifier.store().chain().await? else {
        return Ok(());
    };
    let keys = verifier.keyring().audit_public_keys();
    if let Some(problem) = keys.problem_of(Which::Head, &chain.beginning, &chain.head) {
        found.add(Kind::AuditKey, problem);
    }
    Ok(())
}

fn secrets(verifier: &Verifier, rows: &TenantRows, found: &mut Findings) {
    let (tenant, keyring) = (&rows.tenant, verifier.keyring());
    for client in &rows.clients {
        let stored = client.secret.as_ref();
        let guessed = GUESSED.iter().copied().chain([client.name.as_str()]);
        let mut guessed = guessed.filter(|guess| keyring.client_secret_matches(stored, guess));
        if guessed.next().is_some() {
            found.add(
                Kind::ClientWeak,
                format!("client {} of {}", client.name, tenant.name),
            );
        }
    }
    for site in &rows.sites {
        let place = Site::secret_place(tenant.id, site.id);
        let opened = site
            .secret
            .as_ref()
            .map(|sealed| keyring.open(&place, sealed));
        if let Some(Ok(secret)) = opened
            && secret.len() < SITE_SECRET_MIN
        {
            let told = format!("site {} of {}", site.public_id, tenant.name);
            found.add(Kind::SiteWeak, told);
        }
    }
    if tenant
        .okay
        .as_ref()
        .is_some_and(|okay| okay.secret.is_some())
        && let Ok(secret) = verifier.okay_secret(tenant)
        && secret.len() < OKAY_SECRET_MIN
    {
        found.add(Kind::OkayWeak, &tenant.name);
    }
}

async fn authenticators(
    verifier: &Verifier,
    rows: &TenantRows,
    found: &mut Findings,
) -> Result<(), Failure> {
    let (tenant, store) = (&rows.tenant, verifier.store());
    let (mut after, mut looked, mut tokens, mut published) = (None, 0, 0_u64, Vec::new());
    loop {
        let users = store.users(tenant.id, after, USERS).await?;
        let Some((last, _)) = users.last() else { break };
        after = Some(last.id);
        looked += users.len();
        for authenticator in users.iter().flat_map(|(_, all)| all) {
            tokens += 1;
            let place =
                challenge::directory::Authenticator::secret_place(tenant.id, authenticator.id);
            let opened = verifier.keyring().open(&place, &authenticator.secret);
            if opened.is_ok_and(|key| key.starts_with(PUBLISHED)) {
                published.push(authenticator.serial.clone());
            }
        }
        if looked >= USERS_MAX {
            break;
        }
    }
    if tokens > 0 && rows.policies.is_empty() {
        found.add(Kind::TenantNoPolicy, &tenant.name);
    }
    if let Some(first) = published.first() {
        let told = match published.len() {
            1 => format!("{first} of {}", tenant.name),
            all => format!("{first} and {} more of {}", all - 1, tenant.name),
        };
        found.add(Kind::KeyPublished, told);
    }
    Ok(())
}

async fn callbacks(tenant: &Tenant, (courier, offline): (&Courier, bool), found: &mut Findings) {
    let Some(okay) = &tenant.okay else { return };
    let Some(url) = &okay.callback_url else {
        return;
    };
    let name = &tenant.name;
    // The rest of it may hold a password.
    let shown = reqwest::Url::parse(url).map(|url| url.origin().ascii_serialization());
    let shown = shown.unwrap_or_else(|_| "callback_url".to_owned());
    if url.starts_with("http://") && !okay.allow_private_callback {
        found.add(Kind::CallbackPlain, format!("{name}: {shown}"));
    }
    if offline {
        return;
    }
    match courier.reach(url, okay.allow_private_callback).await {
        Ok(()) => {}
        Err(Unreached::Internal) => found.add(Kind::CallbackInternal, format!("{name}: {shown}")),
        Err(Unreached::Trouble(trouble)) => {
            found.add(
                Kind::CallbackUnreachable,
                format!("{name}: {shown}: {trouble}"),
            );
        }
    }
}

async fn delivery(
    verifier: &Verifier,
    courier: &Courier,
    found: &mut Findings,
) -> Result<(), Failure> {
    let Some(stored) = verifier.catalogue.delivery() else {
        return Ok(());
    };
    if let Some(smtp) = &stored.settings.smtp
        && let Err(trouble) = connects(&smtp.host, smtp.port).await
    {
        found.add(
            Kind::DeliveryUnreachable,
            format!("the mail server {trouble}"),
        );
    }
    if let Some(gateway) = &stored.settings.gateway {
        let secrets = verifier.delivery_secrets(&stored);
        let secrets = secrets.map_err(Failure::new)?;
        // The whole of it may hold a key: the part before the path is asked, and told.
        let url = secrets.url.as_ref();
        let origin = url.and_then(|url| reqwest::Url::parse(url.expose_secret()).ok());
        if let Some(origin) = origin.map(|url| url.origin().ascii_serialization())
            && let Err(unreached) = courier.reach(&origin, gateway.allow_private).await
        {
            found.add(
                Kind::DeliveryUnreachable,
                format!("the gateway {origin}: {unreached}"),
            );
        }
    }
    Ok(())
}
