//! A person's data is erased from the log, and the log stays whole.

use challenge::audit::{Event, EventKind, Outcome};
use challenge::directory::provision::{Blueprint, Options, TenantBlueprint, UserBlueprint};
use challenge::directory::{User, UserKey};
use challenge::id::Id;
use challenge::officers::Officer;
use challenge::ports::{Change, Provision};
use challenge::watching::{Among, LOOK_MAX, Search};

use super::log::Log;
use crate::support::*;

on_both!(
    a_person_who_is_erased_is_told_of_nowhere_and_the_log_is_whole,
    whoever_drops_texts_past_the_server_is_found,
    an_erasure_waits_for_what_is_not_sealed_yet,
    an_administrator_is_not_erased,
    an_order_to_erase_that_the_server_did_not_write_is_not_followed,
    a_name_that_is_longer_than_is_kept_is_erased_too,
    two_that_erase_a_user_at_once_both_succeed,
    a_turn_looks_at_so_much_and_goes_on_the_next_time,
);

const NAMES: [&str; 5] = [
    "ann.other",
    "emp-4711",
    "Ann Other",
    "ann@bank.example",
    "+15550100",
];

/// Users who do nothing.
const OTHERS: usize = 9;

/// A log with a user of five names in it, who did things, and another one.
struct Stage {
    log: Log,
    user: User,
}

impl Stage {
    async fn on(place: &Place) -> Self {
        Self::with(Log::on(place).await).await
    }

    async fn with(log: Log) -> Self {
        let node = &log.nodes[0];
        node.found_console().await.unwrap();
        let [login_name, external_id, display_name, email, phone] = NAMES.map(str::to_owned);
        let mut ann = UserBlueprint::named(&login_name);
        ann.external_id = Some(external_id);
        ann.display_name = Some(display_name);
        ann.email = Some(email);
        ann.phone = Some(phone);
        let mut tenant = TenantBlueprint::named("BANK");
        tenant.users = vec![ann, UserBlueprint::named("joanna")];
        let others = (0..OTHERS).map(|number| UserBlueprint::named(&format!("other{number}")));
        tenant.users.extend(others);
        let blueprint = Blueprint {
            tenants: vec![tenant],
            ..Blueprint::default()
        };
        let provisioner = node.provisioner();
        provisioner
            .apply(&blueprint, Options::default())
            .await
            .unwrap();
        node.catalogue.refresh().await.unwrap();
        let view = node.catalogue.tenant("BANK").unwrap();
        let key = UserKey::LoginName("ann.other");
        let found = node.store().user(view.tenant.id, key).await.unwrap();
        let user = found.unwrap().0;
        Self { log, user }
    }

    async fn tell(&self, change: impl FnOnce(&mut Event)) {
        let mut event = self.log.event();
        event.tenant = self.user.tenant;
        event.user = Some(self.user.id);
        event.detail.fields = vec![("payee".into(), "Ann Other's landlord".into())];
        change(&mut event);
        let change = Change::telling(event);
        self.log.store().commit(change).await.unwrap();
        self.log.clock.advance_s(1);
    }

    /// What happens to a user: answers, and a wrong name before there was one.
    async fn live(&self) {
        self.tell(|_| {}).await;
        self.tell(|event| event.outcome = Outcome::Wrong).await;
        self.tell(|event| {
            event.user = None;
            event.outcome = Outcome::NotFound;
            event.detail.named_user = Some("ann@bank.example".into());
            event.detail.fields = Vec::new();
        })
        .await;
        self.tell(|event| {
            event.user = Some(id::<User>(4711));
            event.detail.named_user = Some("joanna".into());
            event.detail.fields = Vec::new();
        })
        .await;
    }

    async fn erase(&self) {
        self.erase_by(0, UserKey::Id(self.user.id)).await;
    }

    async fn erase_by(&self, node: usize, user: UserKey<'_>) {
        let node = &self.log.nodes[node];
        let view = node.catalogue.tenant("BANK").unwrap();
        let officer = Officer::command_line();
        let found = node.store().user(self.user.tenant, user).await.unwrap();
        let (user, authenticators) = found.unwrap();
        node.erase_user(&officer.actor(), &view, (&user, &authenticators))
            .await
            .unwrap();
    }

    async fn found(&self, text: &str) -> Vec<Event> {
        let search = Search {
            text: Some(text.to_owned()),
            limit: 100,
            look: LOOK_MAX,
            ..Search::default()
        };
        let among = Among::Tenant(self.user.tenant);
        let found = self.log.nodes[0].search_events(among, &search).await;
        found.unwrap().events
    }
}

async fn a_person_who_is_erased_is_told_of_nowhere_and_the_log_is_whole(place: &Place) {
    let stage = Stage::on(place).await;
    stage.live().await;
    stage.log.seal().await;
    assert!(!stage.found("ann.other").await.is_empty());
    assert!(!stage.found("landlord").await.is_empty());
    let sealed = stage.log.check().await.sealed;
    stage.erase().await;
    let node = &stage.log.nodes[0];
    let erased = node.erase_events().await.unwrap().events;
    assert!(erased >= 4, "{erased}");
    stage.log.seal().await;
    for told in NAMES.into_iter().chain(["landlord"]) {
        assert_eq!(stage.found(told).await, [], "{told}");
    }
    assert_eq!(stage.found("joanna").await.len(), 1);
    // What happened is there still, under the user's id, and that it was erased as well.
    let search = Search {
        user: Some(stage.user.id),
        limit: 100,
        look: LOOK_MAX,
        ..Search::default()
    };
    let left = node.store().search(stage.user.tenant, &search).await;
    let left = left.unwrap().events;
    let count = |kind| left.iter().filter(|event| event.kind == kind).count();
    let kinds = [EventKind::Erase, EventKind::Lock, EventKind::Password];
    assert_eq!(kinds.map(count), [1, 1, 2]);
    let key = UserKey::Id(stage.user.id);
    let (user, _) = node
        .store()
        .user(stage.user.tenant, key)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(user.login_name, format!("erased-{}", user.id));
    assert_eq!(
        (user.email, user.phone, user.display_name),
        (None, None, None)
    );
    let report = stage.log.check().await;
    assert!(report.is_whole(), "{:?}", report.faults);
    assert!(report.sealed > sealed);
    assert_eq!(report.erased, erased);
    // The names by which it was looked for are forgotten after a minute, and once more changes nothing.
    assert_eq!(node.store().erasures(None, 9).await.unwrap().len(), 1);
    stage.log.clock.advance_s(60);
    assert_eq!(node.erase_events().await.unwrap().events, 0);
    assert_eq!(node.store().erasures(None, 9).await.unwrap(), []);
    stage.erase().await;
    assert_eq!(node.store().erasures(None, 9).await.unwrap(), []);
}

async fn whoever_drops_texts_past_the_server_is_found(place: &Place) {
    let stage = Stage::on(place).await;
    stage.live().await;
    stage.log.seal().await;
    stage.erase().await;
    stage.log.nodes[0].erase_events().await.unwrap();
    stage.log.seal().await;
    // A text put where one was erased; and what the server signed for one event under another.
    let joanna = "detail LIKE '%joanna%'";
    place
        .execute(
            "UPDATE event SET detail = replace(detail, '\"client\"', '\"address\":\"::1\",\"client\"') \
             WHERE kind = 'password' AND outcome = 'wrong'",
        )
        .await;
    let faults = stage.log.faults().await;
    assert_eq!(faults.len(), 1, "{faults:?}");
    place
        .execute(&format!(
            "UPDATE event SET salt = NULL, detail = '{{}}', erased = \
                 (SELECT erased FROM event WHERE kind = 'password' AND outcome = 'not_found') \
             WHERE {joanna} AND kind = 'password'"
        ))
        .await;
    let faults = stage.log.faults().await;
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults.iter().all(|(_, what)| *what == "changed"));
}

async fn an_erasure_waits_for_what_is_not_sealed_yet(place: &Place) {
    let stage = Stage::on(place).await;
    let older = place.open().await;
    let mut event = stage.log.event();
    event.tenant = stage.user.tenant;
    event.user = Some(stage.user.id);
    older.commit(Change::telling(event)).await.unwrap();
    stage.live().await;
    stage.erase().await;
    let node = &stage.log.nodes[0];
    // What is marked and waits is erased, what is of an older version not yet.
    assert!(node.erase_events().await.unwrap().events >= 3);
    stage.log.clock.advance_s(60);
    node.erase_events().await.unwrap();
    assert_eq!(node.store().erasures(None, 9).await.unwrap().len(), 1);
    stage.log.seal().await;
    // It is looked for again after a minute.
    assert_eq!(node.erase_events().await.unwrap().events, 0);
    stage.log.clock.advance_s(60);
    assert_eq!(node.erase_events().await.unwrap().events, 1);
    assert_eq!(node.store().erasures(None, 9).await.unwrap(), []);
    let report = stage.log.check().await;
    assert!(report.is_whole(), "{:?}", report.faults);
}

async fn an_administrator_is_not_erased(place: &Place) {
    let log = Log::on(place).await;
    let node = &log.nodes[0];
    node.found_console().await.unwrap();
    let view = node.catalogue.tenant("CONSOLE").unwrap();
    let user = user(view.tenant.id, 7, "root");
    let officer = Officer::command_line();
    let refused = node
        .erase_user(&officer.actor(), &view, (&user, &[]))
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("stays in the log"),
        "{refused}"
    );
    let _: Id<User> = user.id;
}

async fn an_order_to_erase_that_the_server_did_not_write_is_not_followed(place: &Place) {
    let stage = Stage::on(place).await;
    stage.live().await;
    stage.log.seal().await;
    let (tenant, user) = (stage.user.tenant.number(), stage.user.id.number());
    let at = stage.log.nodes[0].now().unix_ms();
    let tag = "(SELECT tag FROM erasure LIMIT 1)";
    // An order that is the server's, whose mark is put under another's.
    stage.erase_by(0, UserKey::LoginName("other0")).await;
    place
        .execute(&format!(
            "INSERT INTO erasure (tenant, user_id, names, asked_at, tag) \
                 VALUES ({tenant}, {user}, '[\"joanna\"]', {at}, {tag})"
        ))
        .await;
    let node = &stage.log.nodes[0];
    let told = stage.found("landlord").await.len();
    let erased = node.erase_events().await.unwrap();
    assert_eq!(erased.foreign, 1);
    stage.log.clock.advance_s(120);
    assert_eq!(node.erase_events().await.unwrap().foreign, 1);
    assert_eq!(stage.found("landlord").await.len(), told);
    assert_eq!(stage.found("joanna").await.len(), 1);
    // The server's own was done, and is forgotten.
    let left = node.store().erasures(None, 9).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].user, stage.user.id);
}

async fn a_name_that_is_longer_than_is_kept_is_erased_too(place: &Place) {
    let stage = Stage::on(place).await;
    let address = format!("{}@bank.example", "a".repeat(67));
    assert_eq!(address.len(), 80);
    let mut user = stage.user.clone();
    user.email = Some(address.clone());
    let version = stage.log.store().directory_version().await.unwrap();
    let change = Provision {
        expected_version: version,
        users: vec![user],
        ..Provision::default()
    };
    stage.log.store().provision(change).await.unwrap();
    let kept: String = address.chars().take(64).collect();
    stage
        .tell(|event| {
            event.user = None;
            event.detail.named_user = Some(kept.clone());
        })
        .await;
    assert_eq!(stage.found(&kept).await.len(), 1);
    stage.erase().await;
    stage.log.nodes[0].erase_events().await.unwrap();
    assert_eq!(stage.found(&kept).await, []);
}

async fn two_that_erase_a_user_at_once_both_succeed(place: &Place) {
    let stage = Stage::on(place).await;
    stage.log.nodes[1].catalogue.refresh().await.unwrap();
    let user = UserKey::Id(stage.user.id);
    tokio::join!(stage.erase_by(0, user), stage.erase_by(1, user));
    let events = stage.log.store().events(stage.user.tenant, 100).await;
    let events = events.unwrap();
    let erased = events.iter().filter(|event| event.kind == EventKind::Erase);
    assert_eq!(erased.count(), 1);
    let left = stage.log.store().erasures(None, 9).await.unwrap();
    assert_eq!(left.len(), 1);
}

async fn a_turn_looks_at_so_much_and_goes_on_the_next_time(place: &Place) {
    let stage = Stage::on(place).await;
    for number in 0..OTHERS {
        let name = format!("other{number}");
        stage.erase_by(0, UserKey::LoginName(&name)).await;
    }
    let node = &stage.log.nodes[0];
    let first = node.erase_events().await.unwrap();
    assert!(first.goes_on && first.events > 0, "{first:?}");
    assert!(!node.erase_events().await.unwrap().goes_on);
    assert_eq!(node.store().erasures(None, 99).await.unwrap().len(), OTHERS);
    for number in 0..OTHERS {
        assert_eq!(stage.found(&format!("other{number}")).await, []);
    }
    // One walk is enough until nothing can come any more.
    stage.live().await;
    assert_eq!(node.erase_events().await.unwrap().events, 0);
}
