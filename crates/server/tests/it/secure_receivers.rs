//! Callbacks over TLS: a receiver whose certificate is trusted gets them, another one nothing.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::partner::{Partner, tenants};
use crate::receiver::{Manner, OK, Receiver, SOON};
use crate::running::{Home, Server};

/// A receiver that speaks TLS as `localhost`; gives its port, itself, and the certificate to trust.
async fn secure() -> (u16, Receiver, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = certificate.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let receiver = Receiver::start(Manner::status(OK)).await;
    let behind = receiver.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, receiver) = (acceptor.clone(), behind.clone());
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    receiver.serve(stream).await;
                }
            });
        }
    });
    (port, receiver, authority.pem())
}

#[tokio::test]
async fn a_trusted_receiver_is_told_and_an_unknown_one_is_not() {
    let (port, receiver, trusted) = secure().await;
    let (other_port, unknown, _) = secure().await;
    let home = Home::sqlite();
    let urls = [port, other_port].map(|port| format!("https://localhost:{port}/callback"));
    let file = tenants(&[(1, &urls[0], ""), (2, &urls[1], "")]);
    home.done(["apply".as_ref(), file.as_os_str()]);
    let certificates = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(certificates.path(), trusted).unwrap();
    let mut command = home.command(["serve", "--listen", "127.0.0.1:0"]);
    command.env("SSL_CERT_FILE", certificates.path());
    let server = Server::quietly(command);
    Partner::of(&server.base, 1).linked("u").await;
    let arrivals = receiver.until(1, SOON).await;
    assert_eq!(arrivals[0].body["type"], 101);
    Partner::of(&server.base, 2).linked("u").await;
    for _ in 0..1200 {
        let listed = home.done(["callback", "list", "--json"]);
        let listed: Value = serde_json::from_str(&listed).unwrap();
        if let Some(trouble) = listed[0]["trouble"].as_str() {
            assert!(trouble.contains("certificate"), "{trouble}");
            assert!(unknown.arrivals().is_empty());
            assert!(server.stopped());
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the unknown receiver was not refused");
}
