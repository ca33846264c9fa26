//! Addresses of those who have an account, or an invitation: what a stranger who knows one can do.

use challenge::officers::Denied;
use challenge::officers::{Officer, Reach, Role, Stage as Owed};
use secrecy::ExposeSecret as _;

use super::sign_ups::{ask, link, open, open_stage, post, tenants};
use super::stage::*;
use crate::support::*;

on_both!(
    an_address_with_an_account_is_told_so_by_letter_alone,
    who_was_invited_keeps_the_invitation_whoever_asks_with_the_address,
    who_signed_up_signs_in_however_the_address_is_written,
);

async fn an_address_with_an_account_is_told_so_by_letter_alone(place: &Place) {
    let stage = open_stage(place).await;
    stage
        .invited("bob@bank.example", Role::Admin, Reach::Server)
        .await;
    ask(stage.one(), "bob@bank.example", "192.0.2.1")
        .await
        .unwrap();
    let known = ("bob@bank.example".to_owned(), "known".to_owned());
    let [(to, which, link)] = &post(&stage).await[..] else {
        panic!("one letter");
    };
    assert_eq!(
        (to.clone(), which.clone()),
        known,
        "no link for who runs the server"
    );
    assert_eq!(link, "https://verify.example/console/sign-in");

    let ann = self::link(&stage, "ann@bank.example").await;
    open(stage.one(), &ann).await.unwrap();
    // She left before she chose a password.
    ask(stage.other(), "ann@bank.example", "192.0.2.1")
        .await
        .unwrap();
    let (_, which, link) = post(&stage).await.pop().unwrap();
    assert_eq!(which, "go on");
    let secret = link.strip_prefix("https://verify.example/console/link/");
    let by = Officer::command_line();
    let owner = stage.one().administrator_named(&by, "ann@bank.example");
    let id = owner.await.unwrap().id;
    stage.set_up(id, "ann@bank.example", secret.unwrap()).await;
    ask(stage.other(), "ann@bank.example", "192.0.2.1")
        .await
        .unwrap();
    assert_eq!(post(&stage).await.pop().unwrap().1, "known");

    // Whoever was removed may come again, to another tenant.
    stage.clock.advance_s(3700);
    stage
        .one()
        .remove_administrator(&by, (id, None))
        .await
        .unwrap();
    let before = tenants(&stage).await;
    let again = self::link(&stage, "ann@bank.example").await;
    let session = open(stage.one(), &again).await.unwrap();
    assert_eq!(session.stage, Owed::Password);
    assert_eq!(tenants(&stage).await, before + 1);
}

async fn who_was_invited_keeps_the_invitation_whoever_asks_with_the_address(place: &Place) {
    let stage = open_stage(place).await;
    let elsewhere = Reach::Tenant(stage.tenant("ELSEWHERE").await);
    let mut wish = wish("ann@bank.example", Role::Admin, elsewhere);
    wish.email = Some("ann@bank.example".to_owned());
    let by = Officer::command_line();
    let (made, invitation) = stage.one().make_administrator(&by, wish).await.unwrap();
    ask(stage.other(), "ann@bank.example", "192.0.2.1")
        .await
        .unwrap();
    let (_, which, shown) = post(&stage).await.pop().unwrap();
    assert_eq!(which, "known");
    assert_eq!(shown, "https://verify.example/console/sign-in");
    let invitation = invitation.text.expose_secret();
    stage.set_up(made.id, "ann@bank.example", invitation).await;
    // The same where the second factor was forgotten of one who signed up once.
    let bob = self::link(&stage, "bob@bank.example").await;
    open(stage.one(), &bob).await.unwrap();
    ask(stage.one(), "bob@bank.example", "192.0.2.1")
        .await
        .unwrap();
    let (_, which, begun) = post(&stage).await.pop().unwrap();
    assert_eq!(which, "go on");
    let owner = stage.one().administrator_named(&by, "bob@bank.example");
    let id = owner.await.unwrap().id;
    let begun = begun.strip_prefix("https://verify.example/console/link/");
    stage.set_up(id, "bob@bank.example", begun.unwrap()).await;
    let recovery = stage.one().make_link(&by, id, true).await.unwrap();
    ask(stage.one(), "bob@bank.example", "192.0.2.1")
        .await
        .unwrap();
    assert_eq!(post(&stage).await.pop().unwrap().1, "known");
    let recovery = recovery.text.expose_secret();
    let followed = stage.one().follow_link(recovery, from("192.0.2.1"));
    assert!(followed.await.is_ok());
}

async fn who_signed_up_signs_in_however_the_address_is_written(place: &Place) {
    let stage = open_stage(place).await;
    ask(stage.one(), " Ann@Bank.Example", "192.0.2.1")
        .await
        .unwrap();
    let (to, _, confirm) = post(&stage).await.pop().unwrap();
    assert_eq!(to, "ann@bank.example");
    let secret = confirm.strip_prefix("https://verify.example/console/sign-up/confirm/");
    open(stage.one(), secret.unwrap()).await.unwrap();
    ask(stage.one(), &to, "192.0.2.1").await.unwrap();
    let (_, _, link) = post(&stage).await.pop().unwrap();
    let secret = link.strip_prefix("https://verify.example/console/link/");
    let by = Officer::command_line();
    let owner = stage.one().administrator_named(&by, &to).await.unwrap();
    stage.set_up(owner.id, &to, secret.unwrap()).await;
    for name in ["ann@bank.example", "Ann@Bank.Example", "ANN@BANK.EXAMPLE"] {
        assert!(stage.begin(name, PASSWORD).await.is_ok(), "{name}");
        let wrong = stage.begin(name, "wrong").await.unwrap_err();
        assert_eq!(wrong, Denied::NotSignedIn);
    }
}
