//! What the console says of authenticators once the database was restored from a backup, and what to do.

use challenge::administration::Actor;
use challenge::door::Door;
use challenge::officers::Role;
use challenge::restore::{Marking, Replaced, mark};
use countersign::system::OsRng;

use crate::console_stage::Stage;
use crate::console_users::{BANK, done, path_of, send};

async fn restore(stage: &Stage) {
    let marking = Marking {
        store: &**stage.verifier.store(),
        clock: &*stage.clock,
        rng: &OsRng,
        actor: Actor {
            name: "operator",
            door: Door::CommandLine,
            address: None,
            correlation: None,
        },
        replaced: Replaced::default(),
        texts_may_repeat: false,
    };
    mark(&marking, &mut |_| {}).await.unwrap();
    stage.verifier.catalogue.refresh().await.unwrap();
}

#[tokio::test]
async fn a_token_whose_counter_is_lost_is_marked_until_it_is_followed_again() {
    let stage = Stage::open().await;
    let mut browser = stage.signed_in("op", Role::Operator, None).await.browser;
    let person = path_of(&stage.verifier, "myTestUser1").await;
    let key = "3132333435363738393031323334353637383930";
    for (kind, fields) in [
        ("hotp", vec![("serial", "h"), ("digits", "6"), ("hex", key)]),
        ("ocra", vec![("serial", "o")]),
    ] {
        let path = format!("{person}/authenticators/new?kind={kind}");
        let made = send(&mut browser, &path, &fields).await;
        assert!(made.status.as_u16() < 400, "{kind}: {}", made.text);
    }
    let (follow, anew) = ("to be resynchronised", "to be enrolled anew");
    let shown = browser.get(&person).await;
    assert!(!shown.text.contains(follow) && !shown.text.contains(anew));

    restore(&stage).await;
    // Whoever was signed in is not any more.
    let mut browser = stage.signed_in("again", Role::Operator, None).await.browser;
    let shown = browser.get(&person).await;
    assert!(shown.text.contains(follow), "{}", shown.text);
    assert!(shown.text.contains(anew), "{}", shown.text);
    let ocra = browser.get(&format!("{BANK}/authenticators/o")).await;
    let notice = ocra.between("<p class=\"notice\">", "</p>");
    assert!(notice.contains("The signatures of token o"), "{notice}");
    let hotp = format!("{BANK}/authenticators/h");
    let shown = browser.get(&hotp).await;
    let notice = shown.between("<p class=\"notice\">", "</p>");
    assert!(notice.contains("Resynchronise it"), "{notice}");
    let codes = [("first", "755224"), ("second", "287082")];
    let followed = done(&mut browser, &hotp, &codes).await;
    assert!(!followed.text.contains(follow), "{}", followed.text);
}
