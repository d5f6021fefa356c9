//! A mail relay that answers as it is told, and keeps what it takes. It has a thread of its own, so
//! that it goes on while a test waits for a command.

mod conversation;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// A mail that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// The mail as it came, with `\r\n` at the end of each line.
    pub data: String,
    /// Whether it came by TLS.
    pub tls: bool,
    /// Who had signed in: name and password.
    pub signed_in: Option<(String, String)>,
}

/// How a relay behaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manners {
    /// TLS from the first byte.
    pub implicit_tls: bool,
    /// STARTTLS is offered.
    pub starttls: bool,
    /// Somebody between sends more behind the answer to STARTTLS.
    pub injected: bool,
    /// The password that is right; none lets everybody in.
    pub password: Option<&'static str>,
}

#[derive(Default)]
struct Inside {
    taken: Mutex<Vec<Taken>>,
    verdicts: Mutex<VecDeque<Verdict>>,
    sign_ins: Mutex<Vec<String>>,
}

/// What becomes of the next mail.
#[derive(Clone, Copy, Debug)]
pub enum Verdict {
    /// Its recipient gets this answer.
    Recipient(&'static str),
    /// It is taken, and nobody is told: the answer is lost.
    Lost,
}

/// A relay on a port of its own.
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    inside: Arc<Inside>,
    folder: tempfile::TempDir,
    /// Its thread ends with this.
    _running: oneshot::Sender<()>,
}

impl Relay {
    /// One that speaks in clear and takes everything.
    pub fn start() -> Self {
        Self::with(Manners::default())
    }

    /// One of these manners. Its certificate is good for `localhost` and `127.0.0.1`.
    pub fn with(manners: Manners) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        std::fs::write(folder.path().join("ca.pem"), made.cert.pem()).expect("a new file");
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("its key");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the versions of rustls")
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .expect("a pair");
        let tls = TlsAcceptor::from(Arc::new(tls));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket of ours");
        let address = listener.local_addr().expect("it listens");
        let inside = Arc::new(Inside::default());
        let shared = Arc::clone(&inside);
        let (_running, ended) = oneshot::channel::<()>();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::from_std(listener).expect("a socket of ours");
                tokio::select! {
                    () = serve(listener, tls, manners, shared) => {}
                    _ = ended => {}
                }
            });
        });
        Self { address, inside, folder, _running }
    }

    /// The certificate that it shows, in PEM.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// What becomes of the next mails; after that they are taken.
    pub fn next(&self, verdicts: &[Verdict]) {
        self.inside.verdicts.lock().expect("not poisoned").extend(verdicts);
    }

    /// What was taken so far.
    pub fn taken(&self) -> Vec<Taken> {
        self.inside.taken.lock().expect("not poisoned").clone()
    }

    /// The sign-ins that were tried.
    pub fn sign_ins(&self) -> Vec<String> {
        self.inside.sign_ins.lock().expect("not poisoned").clone()
    }

    /// Waits until so many mails were taken.
    ///
    /// # Panics
    /// When they do not come within ten seconds.
    pub async fn wait(&self, count: usize) -> Vec<Taken> {
        let until = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
        while self.taken().len() < count {
            let taken = self.taken();
            assert!(
                tokio::time::Instant::now() < until,
                "only {} mails came: {taken:?}",
                taken.len()
            );
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        self.taken()
    }
}

impl Taken {
    /// The value of a header field, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.data.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        head.lines().find_map(|line| {
            let (field, value) = line.split_once(": ")?;
            field.eq_ignore_ascii_case(name).then(|| value.to_owned())
        })
    }

    /// The parts of this media type, decoded.
    pub fn part(&self, media_type: &str) -> String {
        let boundary =
            self.data.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next());
        let boundary = format!("--{}", boundary.expect("a mail of several parts"));
        let parts = self.data.split(&boundary);
        let part = parts
            .filter_map(|part| part.split_once("\r\n\r\n"))
            .find(|(head, _)| head.contains(&format!("Content-Type: {media_type}")));
        let (head, body) = part.unwrap_or_else(|| panic!("no {media_type} in {}", self.data));
        let body = body.trim_end();
        if head.contains("base64") {
            let text: String = body.split_whitespace().collect();
            return String::from_utf8(STANDARD.decode(text).expect("base64")).expect("UTF-8");
        }
        if head.contains("quoted-printable") {
            return quoted_printable(body);
        }
        body.to_owned()
    }

    /// The first link in the text part.
    pub fn link(&self) -> String {
        let text = self.part("text/plain");
        let link = text.split_whitespace().find(|word| word.contains("/welcome/"));
        link.unwrap_or_else(|| panic!("no link in {text}")).to_owned()
    }
}

fn quoted_printable(body: &str) -> String {
    let joined = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = joined.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        match (byte, tail) {
            (b'=', [high, low, after @ ..]) => {
                let hex = [*high, *low];
                let hex = std::str::from_utf8(&hex).expect("two digits");
                bytes.push(u8::from_str_radix(hex, 16).expect("two digits"));
                rest = after;
            }
            _ => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

async fn serve(listener: TcpListener, tls: TlsAcceptor, manners: Manners, inside: Arc<Inside>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (inside, tls) = (Arc::clone(&inside), tls.clone());
        tokio::spawn(async move {
            // A client that goes away ends its conversation.
            let _gone = conversation::hold(stream, &tls, manners, &inside).await;
        });
    }
}
