//! A software phone, and a tenant that asks it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use async_trait::async_trait;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use challenge::approval::pin::{CannotHash, PinHasher};
use challenge::approval::push::UnverifiedSubscription;
use challenge::approval::signed::{self, DecisionText, LinkText, SignedRequest};
use challenge::approval::{
    ApprovalWish, Asking, Callback, Capabilities, Checked, DeviceCaller, DeviceName, Evidence,
    Linked, LinkingAnswer, PublicKey, Question, Refused, Session, SessionKind, UnverifiedDecision,
    Verdict, Work,
};
use challenge::clock::Clock as _;
use challenge::directory::OkaySettings;
use challenge::directory::provision::OkayBlueprint;
use challenge::policy::Limits;
use secrecy::{ExposeSecret as _, SecretString};

use crate::bench::{Bench, block_on};

pub(super) const USER: &str = "uid406jkt";
/// An app's public key (RFC 8291, appendix A).
const P256DH: [u8; 65] = [
    0x04, 0x25, 0x71, 0xb2, 0xbe, 0xcd, 0xfd, 0xe3, 0x60, 0x55, 0x1a, 0xaf, 0x1e, 0xd0, 0xf4, 0xcd,
    0x36, 0x6c, 0x11, 0xce, 0xbe, 0x55, 0x5f, 0x89, 0xbc, 0xb7, 0xb1, 0x86, 0xa5, 0x33, 0x39, 0x17,
    0x31, 0x68, 0xec, 0xe2, 0xeb, 0xe0, 0x18, 0x59, 0x7b, 0xd3, 0x04, 0x79, 0xb8, 0x6e, 0x3c, 0x8f,
    0x8e, 0xce, 0xd5, 0x77, 0xca, 0x59, 0x18, 0x7e, 0x92, 0x46, 0x99, 0x0d, 0xb6, 0x82, 0x00, 0x8b,
    0x0e,
];

/// A subscription that fits.
pub(super) fn subscribed(endpoint: &str) -> UnverifiedSubscription<'_> {
    UnverifiedSubscription {
        endpoint,
        p256dh: &P256DH,
        auth: &[7; 16],
        key: None,
    }
}

pub(super) const TEXT: &str = "Do you okay this transaction";

/// A bench whose tenant asks phones.
pub(super) struct Desk {
    pub(super) bench: Bench,
    pub(super) hasher: CountingHasher,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(super) fn with(change: impl FnOnce(&mut OkaySettings)) -> Self {
        let mut bench = Bench::with(Limits::default(), Vec::new());
        let mut settings = OkayBlueprint::numbered(40007).settings;
        settings.callback_url = Some("http://127.0.0.1:4000/callback".to_owned());
        change(&mut settings);
        {
            let mut rows = bench.store.rows();
            rows.tenants[0].tenant.okay = Some(settings);
            rows.version += 1;
        }
        assert_eq!(block_on(bench.verifier.catalogue.refresh()), Ok(true));
        bench.tenant = bench.verifier.catalogue.tenant_by_okay_id(40007).unwrap();
        Self {
            bench,
            hasher: CountingHasher::default(),
        }
    }

    pub(super) fn asking(&self) -> Asking<'_> {
        Asking {
            tenant: &self.bench.tenant,
            door: challenge::door::Door::Okay,
            officer: None,
            address: Some("192.0.2.7"),
            correlation: None,
        }
    }

    pub(super) fn code_for(&self, user: &str) -> String {
        let ticket = block_on(self.bench.verifier.link(&self.asking(), user));
        ticket.unwrap().code
    }

    /// A phone that is linked to a user.
    pub(super) fn linked(&self, user: &str) -> Phone {
        let mut phone = Phone::new();
        let code = self.code_for(user);
        self.link(&mut phone, &code).unwrap();
        phone
    }

    pub(super) fn link(&self, phone: &mut Phone, code: &str) -> Result<Linked, Refused> {
        self.link_from(phone, code, "198.51.100.1", None)
    }

    pub(super) fn link_from(
        &self,
        phone: &mut Phone,
        code: &str,
        address: &str,
        work: Option<Work<'_>>,
    ) -> Result<Linked, Refused> {
        let public_key = phone.public_key();
        let time_ms = self.bench.clock.now().unix_ms();
        let text = signed::link(&LinkText {
            code,
            public_key: &public_key,
            name: "Ann's phone",
            platform: "test",
            time_ms,
        });
        let linked = block_on(self.bench.verifier.complete_linking(&LinkingAnswer {
            unverified_code: code,
            public_key: public_key.as_bytes(),
            name: "Ann's phone",
            platform: "test",
            capabilities: Capabilities {
                biometrics: true,
                push: false,
            },
            push: phone.pushes_to.map(subscribed),
            time_ms,
            unverified_signature: &phone.sign(&text),
            work,
            address: Some(address),
        }))?;
        phone.name = Some(linked.device.name_on_the_wire());
        Ok(linked)
    }

    pub(super) fn start(&self, kind: SessionKind) -> Result<Session, Refused> {
        self.start_for(USER, kind)
    }

    pub(super) fn start_for(&self, user: &str, kind: SessionKind) -> Result<Session, Refused> {
        let question = Question {
            kind,
            header: "Authorization requested".to_owned(),
            text: TEXT.to_owned(),
            device_data: None,
        };
        block_on(self.bench.verifier.start_approval(&ApprovalWish {
            asking: self.asking(),
            user_external_id: user,
            question: &question,
            client: None,
        }))
    }

    pub(super) fn check(&self, session: &Session) -> Result<Checked, Refused> {
        let id = session.id.to_string();
        block_on(self.bench.verifier.check_approval(&self.asking(), &id))
    }

    pub(super) fn caller(&self, phone: &Phone) -> Result<DeviceCaller, Refused> {
        let nonce = format!("nonce {:020}", phone.nonce.fetch_add(1, Ordering::SeqCst));
        self.caller_with(phone, &nonce, "/device/decide", |_| {})
    }

    /// Authenticates a request to a path that was changed after it was signed.
    pub(super) fn caller_with(
        &self,
        phone: &Phone,
        nonce: &str,
        path: &str,
        change: impl FnOnce(&mut SignedRequest<'_>),
    ) -> Result<DeviceCaller, Refused> {
        let mut request = SignedRequest {
            device: phone.name.unwrap(),
            method: "POST",
            path,
            time_ms: self.bench.clock.now().unix_ms(),
            nonce,
            body: b"{}",
            unverified_signature: &[],
            address: None,
        };
        let signature = phone.sign(&signed::request(&request));
        request.unverified_signature = &signature;
        change(&mut request);
        block_on(self.bench.verifier.authenticate_device(&request))
    }

    pub(super) fn decide(
        &self,
        phone: &Phone,
        session: &Session,
        verdict: Verdict,
        evidence: Evidence<'_>,
    ) -> Result<Session, Refused> {
        let caller = self.caller(phone)?;
        self.decide_as(&caller, (phone, session), verdict, evidence)
    }

    /// What is signed is the session as the phone has it.
    pub(super) fn decide_as(
        &self,
        caller: &DeviceCaller,
        (phone, session): (&Phone, &Session),
        verdict: Verdict,
        evidence: Evidence<'_>,
    ) -> Result<Session, Refused> {
        let time_ms = self.bench.clock.now().unix_ms();
        let id = session.id.to_string();
        let text = signed::decision(&DecisionText {
            displayed: session.displayed(&id),
            verdict,
            number: evidence.number.unwrap_or_default(),
            pin_given: evidence.pin.is_some(),
            user_verified: evidence.user_verified,
            time_ms,
        });
        let decision = UnverifiedDecision {
            session: session.id,
            verdict,
            evidence,
            time_ms,
            unverified_signature: &phone.sign(text.as_bytes()),
        };
        block_on(self.bench.verifier.decide(caller, &decision, &self.hasher))
    }

    pub(super) fn approve(&self, phone: &Phone, session: &Session) -> Result<Session, Refused> {
        self.decide(phone, session, Verdict::Approve, Evidence::default())
    }

    pub(super) fn approve_with_pin(
        &self,
        phone: &Phone,
        session: &Session,
        pin: &str,
    ) -> Result<Session, Refused> {
        let pin = SecretString::from(pin);
        let evidence = Evidence {
            pin: Some(&pin),
            number: session.number.as_deref(),
            ..Evidence::default()
        };
        self.decide(phone, session, Verdict::Approve, evidence)
    }

    /// The callbacks that wait, taken off the outbox in the order in which they leave.
    pub(super) fn callbacks(&self) -> Vec<Callback> {
        let mut all = Vec::new();
        loop {
            let claim = self
                .bench
                .verifier
                .claim_callbacks(super::telling::at_most(100));
            let outgoing = block_on(claim).unwrap().outgoing;
            if outgoing.is_empty() {
                return all;
            }
            let taken = outgoing.iter().map(|one| {
                (
                    one.claimed.clone(),
                    challenge::approval::delivery::Reception::Taken,
                )
            });
            let settled = self.bench.verifier.settle_callbacks(taken.collect());
            block_on(settled).unwrap();
            all.extend(outgoing.into_iter().map(|one| one.callback));
        }
    }
}

/// A phone with its key.
pub(super) struct Phone {
    key: Arc<EcdsaKeyPair>,
    pub(super) name: Option<DeviceName>,
    /// The endpoint that it links with.
    pub(super) pushes_to: Option<&'static str>,
    nonce: AtomicU64,
}

impl Phone {
    pub(super) fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self {
            key: Arc::new(key),
            name: None,
            pushes_to: Some("https://push.example/1"),
            nonce: AtomicU64::new(0),
        }
    }

    pub(super) fn public_key(&self) -> PublicKey {
        PublicKey::of_unverified(self.key.public_key().as_ref()).unwrap()
    }

    pub(super) fn sign(&self, text: &[u8]) -> Vec<u8> {
        let signature = self.key.sign(&SystemRandom::new(), text).unwrap();
        signature.as_ref().to_vec()
    }
}

/// Hashes by keeping the PIN, and counts, since what Argon2id does is tested where it is used.
#[derive(Default)]
pub(super) struct CountingHasher {
    pub(super) compared: AtomicU32,
}

#[async_trait]
impl PinHasher for CountingHasher {
    async fn hash(&self, pin: SecretString) -> Result<String, CannotHash> {
        Ok(format!("hash of {}", pin.expose_secret()))
    }

    async fn matches(&self, hash: String, pin: SecretString) -> Result<bool, CannotHash> {
        self.compared.fetch_add(1, Ordering::SeqCst);
        Ok(hash == format!("hash of {}", pin.expose_secret()))
    }
}
