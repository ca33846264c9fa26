//! The document about TLS: its commands and settings work as they stand there.

use std::process::Command;
use std::time::Duration;

use crate::documents::block;
use crate::running::Home;
use crate::tls_serving::Secured;

#[test]
fn the_set_up_in_the_document_works_as_it_stands_there() {
    const DOCUMENT: &str = "docs/tls.md";
    const TOLD: &str = r#"{"error":0,"result":{"total":1,"rows":[{"name":"BANK"}]}} 200"#;
    let folder = tempfile::TempDir::with_prefix("countersign-tls-").unwrap();
    let bash = |script: &str| {
        let output = Command::new("bash")
            .args(["-euc", script])
            .current_dir(folder.path())
            .env("no_proxy", "*")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}: {told}");
        String::from_utf8(output.stdout).unwrap()
    };
    bash(&block(DOCUMENT, "sh"));
    let fingerprint = bash(&block(DOCUMENT, "bash"));
    let home = Home::sqlite();
    let pin = |fingerprint: String| {
        let (_, fingerprint) = fingerprint.trim_end().split_once('=').unwrap();
        let tenant = format!(
            "[[tenant]]\nname = \"BANK\"\n[[tenant.client]]\nid = \"portal\"\n\
             certificate_sha256 = \"{fingerprint}\"\n"
        );
        let file = folder.path().join("bank.toml");
        std::fs::write(&file, tenant).unwrap();
        home.done(["apply", file.to_str().unwrap()]);
        std::thread::sleep(Duration::from_secs(1));
    };
    pin(fingerprint);
    let settings = folder.path().join("countersign.toml");
    std::fs::write(&settings, block(DOCUMENT, "toml")).unwrap();
    let free = ["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"];
    let config = ["serve", "--config", settings.to_str().unwrap()];
    let command = home.command(config.iter().chain(&free));
    let secured = Secured::of(command, folder.path(), &[]);
    let ask = |secured: &Secured| {
        let port = secured.port.to_string();
        let command = block(DOCUMENT, "curl").replace("8443", &port);
        bash(&command.replacen("curl ", "curl --write-out ' %{http_code}' ", 1))
    };
    assert_eq!(ask(&secured), TOLD);
    // The other certificate of the document, whose authority the server is told: nobody's, until it is
    // pinned.
    bash(&block(DOCUMENT, "authority"));
    let authority = ["--tls-client-ca", "clients-ca.pem"];
    let mut command = home.command(config.iter().chain(&free).chain(&authority));
    command.current_dir(folder.path());
    let secured = Secured::of(command, folder.path(), &[]);
    let refused = ask(&secured);
    assert!(refused.ends_with(" 401"), "{refused}");
    pin(bash(
        "openssl x509 -in portal.pem -noout -fingerprint -sha256",
    ));
    assert_eq!(ask(&secured), TOLD);
}
