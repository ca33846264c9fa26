//! Callbacks and internal addresses: no spelling, name or setting leads there unless the tenant may.

use std::sync::Arc;
use std::time::Duration;

use challenge::approval::delivery::Reception;
use challenge::clock::Timestamp;
use countersign::workers::callbacks::courier::Courier;
use protocols::okay::callback::Letter;

use crate::partner::{Inside, Partner, tenants};
use crate::push_stage::until;
use crate::receiver::{SOON, trap};
use crate::running::Home;

/// Spellings of internal addresses; `PORT` stands for the port of a listener that must not be found.
const INTERNAL: &[&str] = &[
    "http://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://127.0.1:PORT/",
    "http://127.255.255.254:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0x7f.1:PORT/",
    "http://0x7f.0.0.0x1:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://0177.1:PORT/",
    "http://017700000001:PORT/",
    "http://00000177.0.0.1:PORT/",
    "http://127.0.0.1.:PORT/",
    "http://127.0.0.0x01:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://１２７.0.0.1:PORT/",
    "http://127。0。0。1:PORT/",
    "http://①②⑦.⓪.⓪.①:PORT/",
    "http://localhost:PORT/",
    "http://LOCALHOST:PORT/",
    "http://localhost.:PORT/",
    "http://lOcAlHoSt:PORT/",
    "http://loc%61lhost:PORT/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:PORT/",
    "http://ip6-localhost:PORT/",
    "http://0:PORT/",
    "http://0.0.0.0:PORT/",
    "http://0.0:PORT/",
    "http://0x0:PORT/",
    "http://00:PORT/",
    "http://[::1]:PORT/",
    "http://[::]:PORT/",
    "http://[0:0:0:0:0:0:0:1]:PORT/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://[::ffff:7f00:1]:PORT/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/",
    "http://[::127.0.0.1]:PORT/",
    "http://[::ffff:0:127.0.0.1]:PORT/",
    "http://[64:ff9b::127.0.0.1]:PORT/",
    "http://[64:ff9b:1::7f00:1]:PORT/",
    "http://[2002:7f00:1::]:PORT/",
    "http://[2001:0:7f00:1::]:PORT/",
    "http://[fe80::1]:PORT/",
    "http://[fc00::1]:PORT/",
    "http://[fd00:ec2::254]:PORT/",
    "http://[ff02::1]:PORT/",
    "http://[100::1]:PORT/",
    "http://public.example@127.0.0.1:PORT/",
    "http://public.example:80@127.0.0.1:PORT/",
    "http://a:b@localhost:PORT/",
    "http://public.example%40127.0.0.1@127.0.0.1:PORT/",
    "http:\\\\127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "http:/127.0.0.1:PORT/",
    "http:///127.0.0.1:PORT/",
    "http://127.0.0.1\\@public.example:PORT/",
    "http://127.0.0.1:PORT#@public.example/",
    "http://127.0.0.1:PORT?@public.example/",
    "http://1\t27.0.0.1:PORT/",
    "http://127.0.0.1\n:PORT/",
    " http://127.0.0.1:PORT/",
    "HTTP://127.0.0.1:PORT/",
    "https://127.0.0.1:PORT/",
    "http://10.0.0.1:PORT/",
    "http://172.16.0.1:PORT/",
    "http://192.168.0.1:PORT/",
    "http://169.254.169.254/",
    "http://0xA9FEA9FE/",
    "http://2852039166/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255:PORT/",
    "http://240.0.0.1/",
];

#[tokio::test]
async fn no_spelling_of_an_internal_address_is_connected_to() {
    let (address, caught) = trap().await;
    let courier = Courier::new().unwrap();
    let letter = || Letter {
        body: "{}".to_owned(),
        headers: ["a", "b", "c"].map(|name| (name, "d".to_owned())),
    };
    let now = Timestamp::default();
    assert!(INTERNAL.len() >= 60);
    for spelling in INTERNAL {
        let url = spelling.replace("PORT", &address.port().to_string());
        let reception = courier.deliver(&url, false, letter(), now).await;
        let Reception::Failed { trouble, .. } = reception else {
            panic!("{spelling}: {reception:?}");
        };
        let refused = trouble.contains("the address is internal");
        // Not every machine knows these names.
        let name = spelling.contains("ip6-localhost") || spelling.contains("localhost.:");
        let unknown = name && trouble.contains("failed to lookup");
        assert!(refused || unknown, "{spelling}: {trouble}");
    }
    for none in [
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:1/",
        "127.0.0.1",
        "",
    ] {
        let reception = courier.deliver(none, false, letter(), now).await;
        assert!(matches!(reception, Reception::Failed { .. }), "{none}");
    }
    assert_eq!(*caught.lock().unwrap(), 0);
    // The trap works: whoever may, falls into it.
    let url = format!("http://{address}/");
    let tried = courier.deliver(&url, true, letter(), now);
    tokio::select! {
        reception = tried => panic!("{reception:?}"),
        () = until("it is caught", async || *caught.lock().unwrap() == 1) => {}
    }
}

#[tokio::test]
async fn a_tenant_that_allows_no_private_address_reaches_none() {
    let (address, caught) = trap().await;
    let home = Home::sqlite();
    let text = std::fs::read_to_string(tenants(&[(
        1,
        &format!("http://localhost:{}/", address.port()),
        "",
    )]));
    let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(
        file.path(),
        text.unwrap().replace("allow_private_callback = true", ""),
    )
    .unwrap();
    home.done(["apply".as_ref(), file.path().as_os_str()]);
    let server = Inside::start(&home, &Arc::default()).await;
    Partner::of(&server.base, 1).linked("u").await;
    let waiting = async {
        loop {
            let listed = server
                .verifier
                .waiting_callbacks(None, false, (None, 1))
                .await
                .unwrap();
            if let Some(trouble) = listed.into_iter().find_map(|one| one.trouble) {
                return trouble;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let trouble = tokio::time::timeout(SOON, waiting).await.unwrap();
    assert!(trouble.contains("allow_private_callback"), "{trouble}");
    assert_eq!(*caught.lock().unwrap(), 0);
    server.stopped().await;
}
