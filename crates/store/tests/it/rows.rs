//! Rows of the directory with every column filled.

use challenge::directory::{
    Authenticator, Client, Grant, Method, OcraSuites, OkaySettings, PinPlace, Scope, Site, Tenant,
    TenantStatus, User,
};
use challenge::id::Id;
use challenge::secret::{Sealed, SecretMac};

use crate::support::*;

pub(crate) fn full_tenant() -> Tenant {
    let okay = OkaySettings {
        id: 40007,
        secret: Some(Sealed::from_bytes(vec![1, 2, 3])),
        callback_standard_secret: Some(Sealed::from_bytes(vec![4])),
        callback_url: Some("http://127.0.0.1/".into()),
        allow_private_callback: true,
        decline_word: "CANCEL".into(),
        pin: PinPlace::Server,
        number_matching: true,
        pending_s: 120,
        max_pending: 1,
        starts_per_5_min: 3,
        linking_s: 600,
        status: TenantStatus::Active,
        trial_expires: Some(NOW),
        linking_digits: 8,
        pause_s: 60,
        starts_per_min: Some(1000),
        allow_private_push: true,
        callback_stopped_at: Some(NOW),
    };
    Tenant {
        okay: Some(okay),
        ..tenant(1, "BANK")
    }
}

pub(crate) fn full_client(tenant: Id<Tenant>) -> Client {
    Client {
        secret: Some(SecretMac {
            key_version: 7,
            mac: [9; 32],
        }),
        grants: vec![Grant::ClientCredentials, Grant::Password, Grant::Ciba],
        scopes: Scope::DEFAULT.to_vec(),
        addresses: vec!["10.0.0.0/8".into()],
        default_policy: Some("P".into()),
        ..client(tenant, 3, "spl-api")
    }
}

pub(crate) fn site(tenant: Id<Tenant>, number: i64, public_id: &str) -> Site {
    Site {
        id: id(number),
        tenant,
        public_id: public_id.into(),
        secret: Some(Sealed::from_bytes(vec![5; 20])),
        jwt_algorithms: vec!["HS512".into()],
        kinds: vec!["pow".into()],
        origins: vec![],
        difficulty: Some(12),
        corpora: vec!["animals".into()],
    }
}

pub(crate) fn authenticator(tenant: Id<Tenant>, number: i64, serial: &str) -> Authenticator {
    let suites = OcraSuites {
        suite: Some("OCRA-1:HOTP-SHA1-8:QN08".into()),
        signature_suite: None,
        counter_window: None,
        time_window: 1,
    };
    Authenticator {
        id: id(number),
        tenant,
        user: id(1),
        enrolment: 0,
        serial: serial.into(),
        device_id: "13158".into(),
        product: Some("MobileID".into()),
        policies: vec!["P".into()],
        method: Method::Ocra(suites),
        secret: Sealed::from_bytes(vec![6; 40]),
        pin: Some(Sealed::from_bytes(vec![7; 30])),
    }
}

/// A tenant with the number on the wire that every one of these has.
pub(crate) fn with_okay(number: i64) -> Tenant {
    Tenant {
        id: id(number),
        name: number.to_string(),
        ..full_tenant()
    }
}

/// A client that may speak every protocol, so that its name is unique in the server.
pub(crate) fn anywhere(tenant: Id<Tenant>, number: i64) -> Client {
    Client {
        protocols: vec![],
        ..client(tenant, number, "dual")
    }
}

pub(crate) fn full_user(tenant: Id<Tenant>) -> User {
    User {
        external_id: Some("uid406jkt".into()),
        email: Some("a@b".into()),
        password_hash: Some("$argon2id$".into()),
        ..user(tenant, 1, "ann")
    }
}

pub(crate) fn one_of_each_kind(tenant: Id<Tenant>) -> Vec<Authenticator> {
    let methods = [
        authenticator(tenant, 4, "10000000").method,
        Method::Hotp {
            algorithm: oath::Algorithm::Sha1,
            digits: 6,
            look_ahead: Some(9),
        },
        Method::Totp {
            algorithm: oath::Algorithm::Sha512,
            digits: 8,
            period_s: 60,
            t0: 5,
        },
    ];
    let numbered = (4..).zip(methods);
    numbered
        .map(|(number, method)| Authenticator {
            method,
            ..authenticator(tenant, number, &format!("serial {number}"))
        })
        .collect()
}
