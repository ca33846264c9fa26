//! The bank's clients, policies, users and authenticators.

use challenge::directory::provision::{
    AuthenticatorBlueprint, ClientBlueprint, KeySource, Kind, PolicyBlueprint, TenantBlueprint,
    UserBlueprint,
};
use challenge::directory::{Grant, Scope};
use challenge::policy::Limits;
use secrecy::SecretString;

use crate::codes::{SIGNATURE_SUITE, SUITE, key};

/// The bank.
pub(crate) fn tenant() -> TenantBlueprint {
    let channels = vec!["CH_EXTRAPP".to_owned()];
    let narrow = Limits {
        channels,
        max_failures: 2,
        max_open_challenges: 2,
        ..Limits::default()
    };
    TenantBlueprint {
        clients: clients(),
        policies: vec![
            PolicyBlueprint {
                code: "AT_CUSTOTP".to_owned(),
                limits: Limits::default(),
            },
            PolicyBlueprint {
                code: "AT_EMPOTP".to_owned(),
                limits: narrow,
            },
        ],
        users: users(),
        ..TenantBlueprint::named("ONLINEBANK")
    }
}

fn clients() -> Vec<ClientBlueprint> {
    let client = |id: &str, secret: &str| ClientBlueprint {
        secret: Some(SecretString::from(secret)),
        grants: vec![Grant::ClientCredentials, Grant::Password],
        ..ClientBlueprint::named(id)
    };
    let every = [
        Scope::Authenticate,
        Scope::Challenge,
        Scope::Read,
        Scope::Unlock,
    ];
    vec![
        ClientBlueprint {
            scopes: every.to_vec(),
            token_s: 1_576_800,
            ..client("spl-api", "password01")
        },
        client("odd~client", "p+w:d%41 é"),
        ClientBlueprint {
            grants: vec![Grant::ClientCredentials],
            ..client("no-passwords", "password02")
        },
        ClientBlueprint {
            protocols: vec!["dualshield".to_owned()],
            ..client("elsewhere", "password03")
        },
        ClientBlueprint {
            addresses: vec!["198.51.100.0/24".to_owned()],
            ..client("remote", "password04")
        },
        ClientBlueprint {
            scopes: vec![],
            ..client("powerless", "password05")
        },
        ClientBlueprint {
            secret: None,
            ..client("public", "")
        },
    ]
}

fn users() -> Vec<UserBlueprint> {
    let token = |serial: &str, device: &str, kind: Kind| AuthenticatorBlueprint {
        device_id: Some(device.to_owned()),
        key: KeySource::Given(key()),
        ..AuthenticatorBlueprint::new(serial, kind)
    };
    let signer = |serial: &str, device: &str| AuthenticatorBlueprint {
        suite: Some(SUITE.to_owned()),
        signature_suite: Some(SIGNATURE_SUITE.to_owned()),
        ..token(serial, device, Kind::Ocra)
    };
    vec![
        UserBlueprint {
            external_id: Some("uid406jkt".to_owned()),
            display_name: Some("Test User".to_owned()),
            email: Some("test@example.org".to_owned()),
            phone: Some("+971566950101".to_owned()),
            authenticators: vec![
                token("H1", "13158", Kind::Hotp),
                signer("10000000", "13158"),
            ],
            ..UserBlueprint::named("myTestUser1")
        },
        UserBlueprint {
            authenticators: vec![token("T2", "phone 2", Kind::Totp)],
            ..UserBlueprint::named("myTestUser2")
        },
        UserBlueprint {
            authenticators: vec![signer("S3", "S3"), signer("S4", "S4")],
            ..UserBlueprint::named("myTestUser3")
        },
    ]
}
