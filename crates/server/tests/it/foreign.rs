//! Clients that nobody here wrote, on both databases: a portal after the published samples with
//! codes from oathtool and an independent OCRA implementation, authlib, and openid-client.

use std::process::Command;

use crate::running::{DEMO_TENANT, Home, foreign, prepared};

fn on_both(check: impl Fn(&str)) {
    for home in [Home::sqlite(), Home::postgres()] {
        home.done(["apply", DEMO_TENANT]);
        let server = home.serve();
        check(&server.base);
        assert!(server.stopped(), "the server ended badly");
    }
}

fn passes(command: &mut Command) {
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}{told}",
        String::from_utf8_lossy(&output.stdout)
    );
}

fn python(script: &str, base: &str) {
    passes(
        Command::new(prepared("COUNTERSIGN_TEST_PYTHON"))
            .arg(foreign(script))
            .arg(base),
    );
}

#[test]
fn a_portal_written_after_the_published_samples_is_served() {
    on_both(|base| python("portal.py", base));
}

#[test]
fn authlib_gets_introspects_and_revokes_tokens() {
    on_both(|base| python("authlib_client.py", base));
}

#[test]
fn openid_client_gets_introspects_and_revokes_tokens() {
    let modules = prepared("COUNTERSIGN_TEST_NODE_MODULES");
    on_both(|base| {
        passes(
            Command::new("node")
                .arg(foreign("openid_client.mjs"))
                .arg(base)
                .arg(&modules),
        );
    });
}
