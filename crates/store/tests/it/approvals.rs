//! What moves about approvals: rows are read back as written, and moved once.

use std::sync::Arc;

use challenge::approval::ports::{ApprovalWrites, Guesses, LinkingCode, Write};
use challenge::approval::{
    Answered, Capabilities, Device, DeviceStatus, PublicKey, Question, Session, SessionKind,
};
use challenge::clock::Timestamp;
use challenge::directory::{PinPlace, Tenant};
use challenge::id::Id;
use challenge::lifecycle::State;
use challenge::ports::{Change, SpentMark, StoreError};

use crate::support::*;

on_both!(
    rows_of_approvals_are_read_back_as_written,
    one_of_many_takes_a_linking_code,
    a_row_that_is_only_expected_must_be_as_it_was_read,
    a_change_that_loses_one_row_writes_none,
    open_linking_codes_are_counted_up_to_a_limit,
    what_is_past_is_swept,
    a_mark_is_seen_until_its_time_is_over,
);

/// The generator of P-256 (FIPS 186-5), which is on the curve.
const POINT: &str = "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
                     4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";

pub(crate) fn device(tenant: Id<Tenant>, number: i64) -> Device {
    let bytes = (0..65).map(|at| u8::from_str_radix(&POINT[2 * at..2 * at + 2], 16).unwrap());
    Device {
        id: id(number),
        tenant,
        user: id(1),
        user_external_id: "uid406jkt".into(),
        public_key: PublicKey::of_unverified(&bytes.collect::<Vec<_>>()).unwrap(),
        name: "Ann's phone".into(),
        platform: "web".into(),
        capabilities: Capabilities {
            biometrics: true,
            push: false,
        },
        push: Some("c2VhbGVk".into()),
        linked_at: NOW,
        status: DeviceStatus::Linked,
    }
}

pub(crate) fn session(tenant: Id<Tenant>, number: i64) -> Session {
    Session {
        id: id(number),
        tenant,
        tenant_number: 40007,
        tenant_name: "Online Bank".into(),
        user: id(1),
        user_external_id: "uid406jkt".into(),
        device: id(5),
        question: Question {
            kind: SessionKind::PinTan,
            header: "Authorization requested".into(),
            text: "Do you okay this transaction".into(),
            device_data: None,
        },
        client: None,
        door: None,
        pin: PinPlace::Tenant,
        number: Some("42".into()),
        issued_at: NOW,
        answer_by: NOW.plus_s(120),
        state: State::Declined { at: NOW },
        answer: Some(Answered::PinForgotten { asked: false }),
        proof: None,
        end_told: true,
    }
}

fn code(tenant: Id<Tenant>, open_until: Timestamp) -> LinkingCode {
    LinkingCode {
        tenant,
        user: id(1),
        user_external_id: "uid406jkt".into(),
        open_until,
    }
}

fn write<Key, Value>(key: Key, expected: i64, next: Option<Value>) -> Write<Key, Value> {
    Write {
        key,
        expected,
        next,
    }
}

fn writing(approvals: ApprovalWrites) -> Change {
    Change {
        approvals,
        ..telling(id(1))
    }
}

fn one_code(number: u8, expected: i64, next: Option<LinkingCode>) -> ApprovalWrites {
    ApprovalWrites {
        linking_codes: vec![write([number; 32], expected, next)],
        ..ApprovalWrites::default()
    }
}

async fn rows_of_approvals_are_read_back_as_written(place: &Place) {
    let store = place.open().await;
    let tenant: Id<Tenant> = id(1);
    let guesses = Guesses {
        forget_at: NOW.plus_s(3600),
        ..Guesses::default()
    };
    let approvals = ApprovalWrites {
        devices: vec![write(id(5), 0, Some(device(tenant, 5)))],
        sessions: vec![write(id(9), 0, Some(session(tenant, 9)))],
        linking_codes: vec![write([1; 32], 0, Some(code(tenant, NOW)))],
        guesses: vec![write([1; 32], 0, Some(guesses.clone()))],
    };
    store.commit(writing(approvals)).await.unwrap();
    let read = store.device(tenant, id(5)).await.unwrap().unwrap();
    assert_eq!((read.version, read.value), (1, device(tenant, 5)));
    let read = store.session(tenant, id(9)).await.unwrap().unwrap();
    assert_eq!((read.version, read.value), (1, session(tenant, 9)));
    let read = store.linking_code(&[1; 32]).await.unwrap().unwrap();
    assert_eq!((read.version, read.value), (1, code(tenant, NOW)));
    let read = store.guesses(&[1; 32]).await.unwrap().unwrap();
    assert_eq!((read.version, read.value), (1, guesses));
    assert_eq!(store.session(id(2), id(9)).await, Ok(None));
    assert_eq!(store.device(id(2), id(5)).await, Ok(None));
}

async fn one_of_many_takes_a_linking_code(place: &Place) {
    let (one, other) = (place.open().await, place.open().await);
    for round in 0..20_u8 {
        let open = code(id(1), NOW.plus_s(60));
        one.commit(writing(one_code(round, 0, Some(open))))
            .await
            .unwrap();
        let phones: Vec<_> = (0..64)
            .map(|phone| {
                let store = Arc::clone(if phone % 2 == 0 { &one } else { &other });
                let used = code(id(1), NOW);
                let number = 1000 * i64::from(round) + 100 + phone;
                let approvals = ApprovalWrites {
                    devices: vec![write(id(number), 0, Some(device(id(1), number)))],
                    ..one_code(round, 1, Some(used))
                };
                tokio::spawn(async move { store.commit(writing(approvals)).await })
            })
            .collect();
        let mut linked = 0;
        for phone in phones {
            match phone.await.unwrap() {
                Ok(()) => linked += 1,
                Err(error) => assert_eq!(error, StoreError::Conflict),
            }
        }
        assert_eq!(linked, 1, "round {round}");
        let row = one.linking_code(&[round; 32]).await.unwrap().unwrap();
        assert_eq!(row.version, 2);
    }
}

async fn a_row_that_is_only_expected_must_be_as_it_was_read(place: &Place) {
    let store = place.open().await;
    let expecting = |expected| writing(one_code(1, expected, None));
    assert_eq!(store.commit(expecting(0)).await, Ok(()));
    assert_eq!(store.commit(expecting(1)).await, Err(StoreError::Conflict));
    let open = one_code(1, 0, Some(code(id(1), NOW)));
    assert_eq!(store.commit(writing(open.clone())).await, Ok(()));
    assert_eq!(store.commit(writing(open)).await, Err(StoreError::Conflict));
    assert_eq!(store.commit(expecting(1)).await, Ok(()));
    assert_eq!(store.commit(expecting(0)).await, Err(StoreError::Conflict));
}

async fn a_change_that_loses_one_row_writes_none(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let approvals = ApprovalWrites {
        sessions: vec![write(id(9), 0, Some(session(tenant, 9)))],
        devices: vec![write(id(5), 7, Some(device(tenant, 5)))],
        ..ApprovalWrites::default()
    };
    let change = Change {
        standing: Some(standing_write(id(1), 1, 7)),
        messages: vec![message(tenant, NOW)],
        ..writing(approvals)
    };
    assert_eq!(store.commit(change).await, Err(StoreError::Conflict));
    assert_eq!(store.session(tenant, id(9)).await, Ok(None));
    let standing = store.standing(tenant, id(1)).await.unwrap().unwrap();
    assert_eq!(standing.version, 1);
}

async fn open_linking_codes_are_counted_up_to_a_limit(place: &Place) {
    let store = place.open().await;
    for number in 0..5 {
        let until = NOW.plus_s(u32::from(number));
        let open = one_code(number, 0, Some(code(id(1), until)));
        store.commit(writing(open)).await.unwrap();
    }
    assert_eq!(store.open_linking_codes(NOW, 100).await, Ok(4));
    assert_eq!(store.open_linking_codes(NOW, 2).await, Ok(2));
    assert_eq!(store.open_linking_codes(NOW.plus_s(4), 100).await, Ok(0));
}

async fn what_is_past_is_swept(place: &Place) {
    let store = place.open().await;
    let tenant: Id<Tenant> = id(1);
    let kept = session(tenant, 9).keep_until();
    let gone = Device {
        status: DeviceStatus::Unlinked { at: NOW },
        ..device(tenant, 6)
    };
    let guesses = Guesses {
        forget_at: NOW.plus_s(3600),
        ..Guesses::default()
    };
    let unlinked_until = gone.keep_until().unwrap();
    let approvals = ApprovalWrites {
        devices: vec![
            write(id(5), 0, Some(device(tenant, 5))),
            write(id(6), 0, Some(gone)),
        ],
        sessions: vec![write(id(9), 0, Some(session(tenant, 9)))],
        linking_codes: vec![write([1; 32], 0, Some(code(tenant, NOW)))],
        guesses: vec![write([1; 32], 0, Some(guesses))],
    };
    store.commit(writing(approvals)).await.unwrap();
    assert_eq!(store.sweep(NOW, 10).await, Ok(1), "the code");
    assert_eq!(
        store.sweep(NOW.plus_s(3600), 10).await,
        Ok(1),
        "the guesses"
    );
    assert_eq!(store.sweep(unlinked_until, 10).await, Ok(1), "the device");
    assert_eq!(store.sweep(kept, 10).await, Ok(1), "the session");
    assert_eq!(store.device(tenant, id(6)).await, Ok(None));
    assert!(store.device(tenant, id(5)).await.unwrap().is_some());
}

async fn a_mark_is_seen_until_its_time_is_over(place: &Place) {
    let store = place.open().await;
    let marks = [(1, Some(NOW.plus_s(10))), (2, None)];
    let spent = marks.map(|(number, keep_until)| SpentMark {
        digest: [number; 32],
        keep_until,
    });
    let change = Change {
        spent: spent.to_vec(),
        ..telling(id(1))
    };
    store.commit(change).await.unwrap();
    let is_spent = |tenant, number: u8, after_s| {
        let store = Arc::clone(&store);
        async move {
            let now = NOW.plus_s(after_s);
            store
                .is_spent(id(tenant), &[number; 32], now)
                .await
                .unwrap()
        }
    };
    assert!(is_spent(1, 1, 9).await);
    assert!(!is_spent(1, 1, 10).await);
    assert!(is_spent(1, 2, u32::MAX).await);
    assert!(!is_spent(1, 3, 0).await);
    assert!(!is_spent(2, 2, 0).await);
}
