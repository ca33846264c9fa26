//! What the tests of pushes have in common: a server, a tenant, a push service, and time that passes.

use std::sync::Arc;
use std::time::Duration;

use challenge::approval::{Asking, Session};
use challenge::id::Id;

use crate::partner::{Inside, MovedClock, Partner, tenants};
use crate::push_phone::PushPhone;
use crate::receiver::{Manner, OK, Receiver};
use crate::running::Home;

/// The kind of messages that pushes are.
pub(crate) const PUSHES: &str = "okay.push";

/// What push services answer to a push that they take.
pub(crate) const CREATED: u16 = 201;

/// A server in this process, a tenant whose pushes may stay on this machine, and a push service.
pub(crate) struct Stage {
    pub(crate) home: Home,
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) server: Inside,
    pub(crate) service: Receiver,
    pub(crate) partner: Partner,
}

impl Stage {
    pub(crate) async fn with(manner: Manner) -> Self {
        Self::on(Home::sqlite(), manner).await
    }

    pub(crate) async fn on(home: Home, manner: Manner) -> Self {
        let service = Receiver::start(manner).await;
        ready(&home, "allow_private_push = true\nmax_pending = 5").await;
        let clock = Arc::new(MovedClock::default());
        let server = Inside::start(&home, &clock).await;
        let partner = Partner::of(&server.base, 40007);
        Self {
            home,
            clock,
            server,
            service,
            partner,
        }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}/push/one", self.service.address)
    }

    /// A phone that subscribed elsewhere.
    pub(crate) async fn phone_at(&self, user: &str, endpoint: &str) -> PushPhone {
        let clock = Arc::<MovedClock>::clone(&self.clock);
        let server = (self.server.base.as_str(), clock as _);
        PushPhone::linked(server, &self.partner, (user, endpoint)).await
    }

    pub(crate) async fn phone(&self, user: &str) -> PushPhone {
        let endpoint = self.endpoint();
        self.phone_at(user, &endpoint).await
    }

    /// Until when a session may be answered, in milliseconds.
    pub(crate) async fn answer_by_ms(&self, session: &str) -> i64 {
        let verifier = &self.server.verifier;
        let view = verifier.catalogue.tenant_by_okay_id(40007).unwrap();
        let session = verifier.approval(view.tenant.id, session.parse().unwrap());
        session.await.unwrap().answer_by.unix_ms()
    }

    pub(crate) async fn cancel(&self, session: &str) {
        let verifier = &self.server.verifier;
        let view = verifier.catalogue.tenant_by_okay_id(40007).unwrap();
        let asking = Asking {
            tenant: &view,
            door: challenge::door::Door::Okay,
            officer: None,
            address: None,
            correlation: None,
        };
        let id: Id<Session> = session.parse().unwrap();
        verifier.cancel_approval(&asking, id).await.unwrap();
    }
}

/// Applies a tenant whose callbacks are taken.
pub(crate) async fn ready(home: &Home, settings: &str) {
    let callbacks = Receiver::start(Manner::status(OK)).await;
    let file = tenants(&[(40007, &callbacks.url(), settings)]);
    home.done(["apply".as_ref(), file.as_os_str()]);
}

/// Long enough for a push to come that should not.
pub(crate) async fn a_while() {
    tokio::time::sleep(Duration::from_millis(1500)).await;
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..6_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within a minute: {what}");
}

pub(crate) fn answer(status: &str, headers: &str) -> Manner {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n{headers}\r\n");
    Manner::Answer(Duration::ZERO, head)
}
