//! Rows of what stands still: written from the domain's types, and parsed back once.
//!
//! Client, policy and site have the same columns, so one shape serves the three.

use challenge::clock::Timestamp;
use challenge::directory::{
    Authenticator, Client, OkaySettings, ServerSetting, Site, TENANTLESS, Tenant, User,
};
use challenge::id::Id;
use challenge::policy::Policy;
use challenge::ports::StoreError;
use challenge::secret::{Sealed, SecretMac};

use crate::cell::{Cell, Row, RowReader, to_json};

pub(crate) fn setting_cells(setting: &ServerSetting) -> Vec<Cell> {
    vec![
        setting.name.as_str().into(),
        setting.body.as_str().into(),
        setting.secret.as_ref().map(Sealed::as_bytes).into(),
    ]
}

pub(crate) fn setting(row: Row) -> Result<ServerSetting, StoreError> {
    let mut row = row.of("server_setting");
    Ok(ServerSetting {
        name: row.text()?,
        body: row.text()?,
        secret: row.bytes_or_null()?.map(Sealed::from_bytes),
    })
}

pub(crate) fn tenant_cells(tenant: &Tenant) -> Result<Vec<Cell>, StoreError> {
    let okay = tenant.okay.as_ref();
    let okay_id = okay.map(|okay| i64::try_from(okay.id)).transpose();
    let okay_id = okay_id.map_err(|_| StoreError::Inconsistent {
        table: "tenant",
        row: tenant.id.to_string(),
        problem: "the number on the wire is 2^63 or more".to_owned(),
    })?;
    Ok(vec![
        tenant.id.number().into(),
        tenant.name.as_str().into(),
        tenant.display_name.as_str().into(),
        okay_id.into(),
        okay.map(|okay| to_json("tenant", &tenant.id, okay))
            .transpose()?
            .into(),
        okay.and_then(|okay| okay.secret.as_ref())
            .map(Sealed::as_bytes)
            .into(),
        okay.and_then(|okay| okay.callback_standard_secret.as_ref())
            .map(Sealed::as_bytes)
            .into(),
    ])
}

pub(crate) fn tenant(row: Row) -> Result<Tenant, StoreError> {
    let mut row = row.of("tenant");
    let id = row.id()?;
    let name = row.text()?;
    let display_name = row.text()?;
    let okay_id = row.int_or_null()?;
    let okay = row.text_or_null()?;
    let secret = row.bytes_or_null()?.map(Sealed::from_bytes);
    let callback_standard_secret = row.bytes_or_null()?.map(Sealed::from_bytes);
    let okay = match okay {
        None => None,
        Some(okay) => {
            let settings: OkaySettings = row.json(&okay)?;
            Some(OkaySettings {
                secret,
                callback_standard_secret,
                ..settings
            })
        }
    };
    let number = okay.as_ref().and_then(|okay| i64::try_from(okay.id).ok());
    row.agrees(number == okay_id)?;
    Ok(Tenant {
        id,
        name,
        display_name,
        okay,
    })
}

pub(crate) fn client_cells(client: &Client) -> Result<Vec<Cell>, StoreError> {
    let name_in_server = client.speaks(TENANTLESS).then_some(client.name.as_str());
    let secret = client.secret.as_ref().map(|secret| {
        let mut bytes = secret.key_version.to_be_bytes().to_vec();
        bytes.extend_from_slice(&secret.mac);
        Cell::Bytes(bytes)
    });
    Ok(vec![
        client.tenant.number().into(),
        client.id.number().into(),
        client.name.as_str().into(),
        name_in_server.into(),
        secret.into(),
        to_json("client", &client.id, client)?.into(),
    ])
}

pub(crate) fn client(row: Row) -> Result<Client, StoreError> {
    let small = Small::read(row, "client")?;
    let client: Client = small.row.json(&small.body)?;
    small.agrees(client.tenant.number(), client.id.number(), &client.name)?;
    let secret = match &small.secret {
        None => None,
        Some(bytes) => {
            let bytes: [u8; 36] = small.row.exactly(bytes)?;
            let (version, mac) = bytes.split_at(4);
            Some(SecretMac {
                key_version: u32::from_be_bytes(small.row.exactly(version)?),
                mac: small.row.exactly(mac)?,
            })
        }
    };
    Ok(Client { secret, ..client })
}

pub(crate) fn policy_cells(policy: &Policy) -> Result<Vec<Cell>, StoreError> {
    Ok(vec![
        policy.tenant.number().into(),
        policy.id.number().into(),
        policy.code.as_str().into(),
        Cell::Null,
        Cell::Null,
        to_json("policy", &policy.id, policy)?.into(),
    ])
}

pub(crate) fn policy(row: Row) -> Result<Policy, StoreError> {
    let small = Small::read(row, "policy")?;
    let policy: Policy = small.row.json(&small.body)?;
    small.agrees(policy.tenant.number(), policy.id.number(), &policy.code)?;
    Ok(policy)
}

pub(crate) fn site_cells(site: &Site) -> Result<Vec<Cell>, StoreError> {
    Ok(vec![
        site.tenant.number().into(),
        site.id.number().into(),
        site.public_id.as_str().into(),
        site.public_id.as_str().into(),
        site.secret.as_ref().map(Sealed::as_bytes).into(),
        to_json("site", &site.id, site)?.into(),
    ])
}

pub(crate) fn site(row: Row) -> Result<Site, StoreError> {
    let small = Small::read(row, "site")?;
    let site: Site = small.row.json(&small.body)?;
    small.agrees(site.tenant.number(), site.id.number(), &site.public_id)?;
    Ok(Site {
        secret: small.secret.map(Sealed::from_bytes),
        ..site
    })
}

/// The columns of a client, a policy or a site.
struct Small {
    row: RowReader,
    tenant: i64,
    id: i64,
    name: String,
    secret: Option<Vec<u8>>,
    body: String,
}

impl Small {
    fn read(row: Row, table: &'static str) -> Result<Self, StoreError> {
        let mut row = row.of(table);
        let tenant = row.int()?;
        let id = row.id::<()>()?.number();
        let name = row.text()?;
        let secret = row.bytes_or_null()?;
        let body = row.text()?;
        Ok(Self {
            row,
            tenant,
            id,
            name,
            secret,
            body,
        })
    }

    fn agrees(&self, tenant: i64, id: i64, name: &str) -> Result<(), StoreError> {
        self.row
            .agrees(self.tenant == tenant && self.id == id && self.name == name)
    }
}

pub(crate) fn user_cells(user: &User) -> Result<Vec<Cell>, StoreError> {
    Ok(vec![
        user.tenant.number().into(),
        user.id.number().into(),
        user.login_name.as_str().into(),
        user.external_id.as_deref().into(),
        to_json("user_account", &user.id, user)?.into(),
    ])
}

pub(crate) fn authenticator_cells(of: &Authenticator) -> Result<Vec<Cell>, StoreError> {
    Ok(vec![
        of.tenant.number().into(),
        of.id.number().into(),
        of.user.number().into(),
        of.serial.as_str().into(),
        of.device_id.as_str().into(),
        of.secret.as_bytes().into(),
        of.pin.as_ref().map(Sealed::as_bytes).into(),
        to_json("authenticator", &of.id, of)?.into(),
    ])
}

pub(crate) fn authenticator(row: Row) -> Result<Authenticator, StoreError> {
    let mut row = row.of("authenticator");
    let tenant = row.int()?;
    let id = row.int_or_null()?;
    read_authenticator(&mut row, tenant, id)?.ok_or_else(|| row.fault("a number is missing"))
}

/// What stands after the id; nothing where the id is NULL (a user without authenticators).
fn read_authenticator(
    row: &mut RowReader,
    tenant: i64,
    id: Option<i64>,
) -> Result<Option<Authenticator>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    row.now_of("authenticator", id);
    let serial = row.text()?;
    let secret = Sealed::from_bytes(row.bytes()?);
    let pin = row.bytes_or_null()?.map(Sealed::from_bytes);
    let body = row.text()?;
    let parsed: Authenticator = row.json(&body)?;
    row.agrees(
        parsed.tenant.number() == tenant && parsed.id.number() == id && parsed.serial == serial,
    )?;
    Ok(Some(Authenticator {
        secret,
        pin,
        ..parsed
    }))
}

/// Users with their authenticators, from rows that repeat the user for each authenticator.
pub(crate) fn users(rows: Vec<Row>) -> Result<Vec<(User, Vec<Authenticator>)>, StoreError> {
    let mut users: Vec<(User, Vec<Authenticator>)> = Vec::new();
    for row in rows {
        let mut row = row.of("user_account");
        let tenant = row.int()?;
        let id = row.id::<User>()?;
        let login_name = row.text()?;
        let body = row.text()?;
        if users.last().is_none_or(|(last, _)| last.id != id) {
            let user: User = row.json(&body)?;
            let same = user.tenant.number() == tenant && user.id == id;
            row.agrees(same && user.login_name == login_name)?;
            users.push((user, Vec::new()));
        }
        let next = row.int_or_null()?;
        let authenticator = read_authenticator(&mut row, tenant, next)?;
        if let Some((_, authenticators)) = users.last_mut() {
            authenticators.extend(authenticator);
        }
    }
    Ok(users)
}

/// Who may be locked: how many answers were wrong in a row, and the user's id.
pub(crate) fn failing(row: Row) -> Result<(u32, Id<User>), StoreError> {
    let mut row = row.of("standing");
    let failures = row.int()?;
    let failures = u32::try_from(failures).map_err(|_| row.fault("a count is negative"))?;
    Ok((failures, row.id()?))
}

/// The first id of this moment and of every later one.
pub(crate) fn first_id_after(moment: Timestamp) -> [u8; 16] {
    let mut id = [0; 16];
    let time = moment.unix_ms().saturating_add(1).max(0).to_be_bytes();
    id[..6].copy_from_slice(&time[2..]);
    id
}
