//! TLS that the server speaks itself.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, SupportedProtocolVersion,
};
use vestibule_tests::databases::Database;
use vestibule_tests::installation::Installation;
use vestibule_tests::server::Server;

/// The record types of RFC 8446 §5.1 that an answer to a greeting begins with.
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

const ECDHE_ECDSA_AES128_GCM_SHA256: u16 = 0xc02b;
const ECDHE_ECDSA_CHACHA20_POLY1305: u16 = 0xcca9;
/// Without forward secrecy, without authenticated encryption, or both.
const WEAK: [u16; 6] = [
    0x002f, // RSA_WITH_AES_128_CBC_SHA
    0x009c, // RSA_WITH_AES_128_GCM_SHA256
    0x009e, // DHE_RSA_WITH_AES_128_GCM_SHA256
    0xc009, // ECDHE_ECDSA_WITH_AES_128_CBC_SHA
    0xc023, // ECDHE_ECDSA_WITH_AES_128_CBC_SHA256
    0xc007, // ECDHE_ECDSA_WITH_RC4_128_SHA
];

/// The greeting of an old program (RFC 5246 §7.4.1.2): this version, one suite, and the extensions
/// that elliptic curves need.
fn client_hello(version: u16, suite: u16) -> Vec<u8> {
    let extensions: &[u8] = &[
        0, 10, 0, 6, 0, 4, 0, 29, 0, 23, // supported_groups: x25519, P-256
        0, 11, 0, 2, 1, 0, // ec_point_formats: uncompressed
        0, 13, 0, 8, 0, 6, 4, 3, 4, 1, 2, 3, // signature_algorithms
    ];
    let mut body = version.to_be_bytes().to_vec();
    body.extend([7; 32]);
    body.push(0);
    body.extend([0, 2]);
    body.extend(suite.to_be_bytes());
    body.extend([1, 0]);
    body.extend((extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    let mut message = vec![1, 0];
    message.extend((body.len() as u16).to_be_bytes());
    message.extend(body);
    let mut record = vec![HANDSHAKE, 3, 1];
    record.extend((message.len() as u16).to_be_bytes());
    record.extend(message);
    record
}

/// The type of the first record that is answered.
fn answered(address: &str, version: u16, suite: u16) -> u8 {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.write_all(&client_hello(version, suite)).expect("it reads");
    let mut first = [0];
    stream.read_exact(&mut first).expect("it answers");
    first[0]
}

/// What is agreed on with a program that trusts this certificate and speaks these versions.
fn agreed(
    address: &str,
    trusted: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
) -> Option<ProtocolVersion> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions that rustls knows")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from("localhost").expect("a name");
    let mut tls = ClientConnection::new(Arc::new(config), name).expect("a connection");
    let mut stream = TcpStream::connect(address).expect("the server listens");
    while tls.is_handshaking() {
        tls.complete_io(&mut stream).expect("a handshake");
    }
    assert_eq!(tls.alpn_protocol(), Some(&b"http/1.1"[..]), "HTTP/2 is off");
    tls.protocol_version()
}

#[tokio::test]
async fn as_17_tls_1_2_and_1_3_with_forward_secrecy_and_nothing_else() {
    let installation = Installation::over_tls(Database::sqlite());
    let trusted = CertificateDer::from_pem_file(installation.certificate()).expect("our own");
    let server = Server::start_on(installation).await;
    let address = server.issuer().replace("https://localhost", "127.0.0.1");
    let asked = tokio::task::spawn_blocking(move || {
        let agreed = |versions: &[_]| agreed(&address, &trusted, versions);
        assert_eq!(agreed(&[&TLS12]), Some(ProtocolVersion::TLSv1_2));
        assert_eq!(agreed(&[&TLS13]), Some(ProtocolVersion::TLSv1_3));
        assert_eq!(agreed(&[&TLS12, &TLS13]), Some(ProtocolVersion::TLSv1_3), "preferred");
        for suite in [ECDHE_ECDSA_AES128_GCM_SHA256, ECDHE_ECDSA_CHACHA20_POLY1305] {
            assert_eq!(answered(&address, 0x0303, suite), HANDSHAKE, "{suite:04x}");
            for old in [0x0300, 0x0301, 0x0302] {
                assert_eq!(answered(&address, old, suite), ALERT, "{old:04x}");
            }
        }
        for suite in WEAK {
            for version in [0x0301, 0x0302, 0x0303] {
                assert_eq!(answered(&address, version, suite), ALERT, "{version:04x} {suite:04x}");
            }
        }
    });
    asked.await.expect("what was asked");
    server.stop().await;
}
