//! A database that is marked as restored: whatever there is of it, and before anybody uses it.

use challenge::access::AccessToken;
use challenge::administration::Actor;
use challenge::approval::ports::{ApprovalWrites, CodeDigest, LinkingCode, Listing, Write};
use challenge::approval::{Answered, PendingSession, Session};
use challenge::audit::EventKind;
use challenge::clock::{ManualClock, Timestamp};
use challenge::directory::{Catalogue, Tenant};
use challenge::door::Door;
use challenge::id::{Id, TimedId};
use challenge::lifecycle::{Purpose, State};
use challenge::ports::{
    ChallengeWrite, Change, Message, Provision, StandingWrite, Store, StoreError,
};
use challenge::restore::{Marked, Marking, RESTORED, Replaced, check_keys, mark};
use challenge::standing::{LiveChallenge, Movement, Restored, Standing};

use crate::approvals::session;
use crate::support::*;
use crate::verifying::{OsBytes, keyring};

on_both!(
    what_was_open_is_ended_and_what_moved_is_marked,
    an_event_of_a_clock_that_was_far_ahead_hides_no_approval,
    what_leaves_the_outbox_is_said_and_the_rest_stays,
    a_marking_that_was_stopped_lets_no_server_start_until_it_is_run_again,
    the_moment_is_never_before_what_the_database_tells_of,
    a_key_ring_that_opens_nothing_is_told,
);

pub(crate) async fn marked_at(store: &dyn Store, at: Timestamp) -> Result<Marked, StoreError> {
    marked_over(store, at, Replaced::default()).await
}

/// The same, where the database takes the place of one that told this.
pub(crate) async fn marked_over(
    store: &dyn Store,
    at: Timestamp,
    replaced: Replaced<'_>,
) -> Result<Marked, StoreError> {
    let clock = ManualClock::at(at);
    let marking = Marking {
        replaced,
        ..marking(store, &clock)
    };
    mark(&marking, &mut |_| {}).await
}

fn marking<'a>(store: &'a dyn Store, clock: &'a ManualClock) -> Marking<'a> {
    Marking {
        store,
        clock,
        rng: &OsBytes,
        actor: Actor {
            name: "operator",
            door: Door::CommandLine,
            address: None,
            correlation: None,
        },
        replaced: Replaced::default(),
        texts_may_repeat: false,
    }
}

fn write<Key, Value>(key: Key, next: Value) -> Write<Key, Value> {
    Write {
        key,
        expected: 0,
        next: Some(next),
    }
}

/// A session that may be decided, and one that was approved and not used.
fn sessions(tenant: Id<Tenant>) -> [Session; 2] {
    let open = Session {
        state: State::Open { attempts_left: 1 },
        answer: None,
        end_told: false,
        ..session(tenant, 11)
    };
    let approved = Session {
        state: State::Accepted { at: NOW },
        answer: Some(Answered::Approved),
        end_told: false,
        ..session(tenant, 12)
    };
    [open, approved]
}

/// What is open in a backup, each of a kind.
struct Open {
    tenant: Id<Tenant>,
    challenge: TimedId,
    token: AccessToken,
    code: CodeDigest,
    /// Open, approved and declined.
    sessions: [Session; 3],
}

/// A standing in which everything is open that can be.
fn open_standing(challenge: TimedId, session: &Session) -> Standing {
    let mut standing = standing(7);
    let movement = Movement {
        next_counter: 5,
        awaited: Some(9),
        ..Movement::default()
    };
    standing.authenticators.insert(id(21), movement);
    standing.policies.get_mut("P").unwrap().live = vec![LiveChallenge {
        id: challenge,
        purpose: Purpose::Respond,
        authenticator: None,
        client: None,
    }];
    standing.approval.pending = vec![PendingSession {
        id: session.id,
        answer_by: session.answer_by,
    }];
    standing.approval.linking = Some("ab".to_owned());
    standing
}

async fn opened(store: &dyn Store) -> Open {
    let tenant = with_users(store, 3).await;
    let (asked, token, code) = (timed_id(), token(tenant), [7; 32]);
    let [open, approved] = sessions(tenant);
    let sessions = [open, approved, session(tenant, 13)];
    let linking = LinkingCode {
        tenant,
        user: id(1),
        user_external_id: "uid406jkt".into(),
        open_until: NOW.plus_s(60),
    };
    let approvals = ApprovalWrites {
        sessions: sessions
            .each_ref()
            .map(|session| write(session.id, session.clone()))
            .to_vec(),
        linking_codes: vec![write(code, linking)],
        ..ApprovalWrites::default()
    };
    let change = Change {
        standing: Some(StandingWrite {
            user: id(1),
            expected: 1,
            next: Some(open_standing(asked, &sessions[0])),
        }),
        challenges: vec![ChallengeWrite {
            id: asked,
            expected: 0,
            next: Some(challenge(tenant, asked, State::Open { attempts_left: 1 })),
        }],
        token: Some(token.clone()),
        approvals,
        ..telling(tenant)
    };
    store.commit(change).await.unwrap();
    Open {
        tenant,
        challenge: asked,
        token,
        code,
        sessions,
    }
}

async fn what_was_open_is_ended_and_what_moved_is_marked(place: &Place) {
    let store = place.open().await;
    let open = opened(&*store).await;
    let tenant = open.tenant;
    let version = store.directory_version().await.unwrap();
    let at = NOW.plus_s(5);
    let marked = marked_at(&*store, at).await.unwrap();
    assert_eq!((marked.at, marked.users, marked.sessions), (at, 3, 2));
    assert!(store.directory_version().await.unwrap() > version);
    let now = store.standing(tenant, id(1)).await.unwrap().unwrap();
    assert_eq!(now.version, 3);
    let tally = &now.value.policies["P"];
    assert_eq!((tally.total_succeeded, tally.live.len()), (7, 0));
    assert!(now.value.approval.is_empty(), "{:?}", now.value.approval);
    let movement = &now.value.authenticators[&id(21)];
    assert_eq!((movement.next_counter, movement.awaited), (5, None));
    let lost = Restored {
        at,
        counter_found: false,
        signature_counter_found: false,
        texts_may_repeat: false,
    };
    assert_eq!(movement.restored, Some(lost));
    assert_eq!(store.challenge(tenant, open.challenge).await, Ok(None));
    let token = store.access_token(tenant, &open.token.key).await;
    assert!(token.unwrap().is_none());
    assert_eq!(store.linking_code(&open.code).await, Ok(None));
    let declined = open.sessions[2].state;
    let states = [State::Cancelled { at }, State::Consumed { at }, declined];
    for (session, state) in open.sessions.iter().zip(states) {
        let read = store.session(tenant, session.id).await.unwrap().unwrap();
        assert_eq!(read.value.state, state);
    }
    let settings = store.server_settings().await.unwrap();
    assert!(settings.iter().any(|row| row.name == "restored"));
    let told = store.events(Id::SERVER, 1).await.unwrap();
    assert_eq!(told[0].kind, EventKind::Restore);
}

async fn an_event_of_a_clock_that_was_far_ahead_hides_no_approval(place: &Place) {
    const TEN_YEARS_S: u32 = 10 * 365 * 86_400;
    let store = place.open().await;
    let open = opened(&*store).await;
    let ahead = event_at(open.tenant, NOW.plus_s(TEN_YEARS_S));
    store.commit(Change::telling(ahead)).await.unwrap();
    let marked = marked_at(&*store, NOW.plus_s(5)).await.unwrap();
    assert_eq!(marked.at, NOW.plus_s(TEN_YEARS_S));
    assert_eq!(marked.sessions, 2);
}

async fn what_leaves_the_outbox_is_said_and_the_rest_stays(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    let of_kind = |kind: &str| Message {
        kind: kind.to_owned(),
        ..message(tenant, NOW)
    };
    let kinds = ["okay.callback", "okay.push", "okay.chore", "delivery.sms"];
    let change = Change {
        messages: kinds.map(of_kind).to_vec(),
        ..telling(tenant)
    };
    store.commit(change).await.unwrap();
    let at = NOW.plus_s(5);
    marked_at(&*store, at).await.unwrap();
    let waiting = async |kind: &'static str| {
        let listing = Listing {
            kind,
            tenant: None,
            line: None,
            dead_only: false,
            after: None,
            limit: 10,
        };
        store.waiting_messages(&listing).await.unwrap()
    };
    let [given_up] = &waiting("okay.callback").await[..] else {
        panic!("there is one callback");
    };
    assert_eq!(given_up.dead_at, Some(at));
    assert_eq!(given_up.trouble.as_deref(), Some(RESTORED));
    assert!(waiting("okay.push").await.is_empty());
    assert!(waiting("delivery.sms").await.is_empty());
    assert_eq!(waiting("okay.chore").await[0].dead_at, None);
    // By hand it leaves.
    let id = given_up.message.id;
    assert!(store.redeliver(tenant, id, at).await.unwrap());
}

async fn a_marking_that_was_stopped_lets_no_server_start_until_it_is_run_again(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 2).await;
    let other = place.open().await;
    let clock = ManualClock::at(NOW);
    let marking = marking(&*store, &clock);
    // Somebody answers between what is read and what is written.
    let mut was_there = false;
    let mut meanwhile = |_: u64| {
        if !std::mem::replace(&mut was_there, true) {
            let other = std::sync::Arc::clone(&other);
            let change = Change {
                standing: Some(standing_write(id(2), 1, 9)),
                ..telling(tenant)
            };
            let written = std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                runtime.unwrap().block_on(other.commit(change))
            });
            written.join().unwrap().unwrap();
        }
    };
    let outcome = mark(&marking, &mut meanwhile).await;
    assert_eq!(outcome, Err(StoreError::Conflict));
    let refused = Catalogue::load(std::sync::Arc::clone(&store)).await.err();
    let told = refused.unwrap().to_string();
    assert!(told.contains("restore --mark"), "{told}");
    assert!(marked_at(&*store, NOW).await.is_ok());
    assert!(Catalogue::load(store).await.is_ok());
}

async fn the_moment_is_never_before_what_the_database_tells_of(place: &Place) {
    let store = place.open().await;
    with_users(&*store, 1).await;
    let early = Timestamp::from_unix_ms(NOW.unix_ms() - 3_600_000);
    let marked = marked_at(&*store, early).await.unwrap();
    assert_eq!((marked.at, marked.latest_event), (NOW, Some(NOW)));
    let again = marked_at(&*store, early).await.unwrap();
    assert_eq!(again.at, NOW);
    let later = marked_at(&*store, NOW.plus_s(60)).await.unwrap();
    assert_eq!(later.at, NOW.plus_s(60));
    // Nor before what that one told of whose place it takes; what could not be read of it is in the log.
    let replaced = Replaced {
        latest: Some(NOW.plus_s(90)),
        unread: Some("the file is not a database"),
    };
    let over = marked_over(&*store, early, replaced).await.unwrap();
    assert_eq!(over.at, NOW.plus_s(90));
    let told = store.events(Id::SERVER, 10).await.unwrap();
    let unread = told.iter().flat_map(|event| &event.detail.fields);
    let unread = unread.filter(|(name, _)| name.contains("could not be read"));
    let problems: Vec<_> = unread.map(|(_, problem)| problem.as_str()).collect();
    assert_eq!(problems, ["the file is not a database"]);
}

async fn a_key_ring_that_opens_nothing_is_told(place: &Place) {
    let store = place.open().await;
    let tenant = with_users(&*store, 1).await;
    assert!(check_keys(&*store, &keyring()).await.is_ok());
    let mut token = crate::rows::authenticator(tenant, 31, "10000031");
    token.user = id(1);
    let change = Provision {
        expected_version: store.directory_version().await.unwrap(),
        authenticators: vec![token],
        ..Provision::default()
    };
    store.provision(change).await.unwrap();
    let unfit = check_keys(&*store, &keyring()).await.unwrap_err();
    let told = unfit.to_string();
    assert!(
        told.contains("authenticator 10000031 of tenant BANK"),
        "{told}"
    );
}
