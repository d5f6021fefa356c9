//! The relay's side of a conversation, as far as senders of mail speak SMTP (RFC 5321).

use std::io::{Error, ErrorKind, Result};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::{Inside, Manners, Taken, Verdict};

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

type Lines = BufReader<Box<dyn Stream>>;

/// What was said so far.
struct Conversation<'a> {
    manners: Manners,
    inside: &'a Inside,
    tls: bool,
    signed_in: Option<(String, String)>,
    from: String,
    to: Vec<String>,
    /// Whether the answer to the mail is to be lost.
    lost: bool,
}

/// Speaks with a client until it is told `QUIT`, or the client has gone.
pub(super) async fn hold(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    manners: Manners,
    inside: &Inside,
) -> Result<()> {
    let stream: Box<dyn Stream> = match manners.implicit_tls {
        true => Box::new(acceptor.accept(stream).await?),
        false => Box::new(stream),
    };
    let (mut lines, tls) = (BufReader::new(stream), manners.implicit_tls);
    let (from, to) = (String::new(), Vec::new());
    let mut said = Conversation { manners, inside, tls, signed_in: None, from, to, lost: false };
    say(&mut lines, "220 relay.test").await?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end();
        let word = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => said.offers(),
            "STARTTLS" => {
                let more = if manners.injected { "\r\n250 AUTH PLAIN LOGIN" } else { "" };
                say(&mut lines, &format!("220 go on{more}")).await?;
                lines = BufReader::new(Box::new(acceptor.accept(lines.into_inner()).await?));
                said.tls = true;
                continue;
            }
            "AUTH" => said.sign_in(line),
            "MAIL" => said.sender(line),
            "RCPT" => said.recipient(line),
            "DATA" => {
                say(&mut lines, "354 go on").await?;
                let data = data(&mut lines).await?;
                said.take(data).await
            }
            "QUIT" => return say(&mut lines, "221 bye").await,
            _ => "502 what?".to_owned(),
        };
        say(&mut lines, &answer).await?;
    }
}

async fn say(lines: &mut Lines, answer: &str) -> Result<()> {
    lines.write_all(format!("{answer}\r\n").as_bytes()).await
}

impl Conversation<'_> {
    fn offers(&self) -> String {
        let mut offers = vec!["250-relay.test"];
        if self.manners.starttls && !self.tls {
            offers.push("250-STARTTLS");
        }
        if self.manners.password.is_some() && (self.tls || !self.manners.starttls) {
            offers.push("250-AUTH PLAIN LOGIN");
        }
        offers.push("250 8BITMIME");
        offers.join("\r\n")
    }

    fn sign_in(&mut self, line: &str) -> String {
        let given = line.rsplit(' ').next().unwrap_or_default();
        let plain = STANDARD.decode(given).unwrap_or_default();
        let plain = String::from_utf8_lossy(&plain).into_owned();
        self.inside.sign_ins.lock().expect("not poisoned").push(plain.clone());
        let mut parts = plain.split('\0').skip(1);
        let name = parts.next().unwrap_or_default().to_owned();
        let password = parts.next().unwrap_or_default().to_owned();
        if self.manners.password != Some(password.as_str()) {
            return "535 5.7.8 not right".to_owned();
        }
        self.signed_in = Some((name, password));
        "235 welcome".to_owned()
    }

    fn sender(&mut self, line: &str) -> String {
        self.from = address(line);
        "250 ok".to_owned()
    }

    fn recipient(&mut self, line: &str) -> String {
        let verdict = self.inside.verdicts.lock().expect("not poisoned").pop_front();
        self.lost = matches!(verdict, Some(Verdict::Lost));
        if let Some(Verdict::Recipient(answer)) = verdict {
            return answer.to_owned();
        }
        self.to.push(address(line));
        "250 ok".to_owned()
    }

    async fn take(&mut self, data: String) -> String {
        let mail = Taken {
            from: std::mem::take(&mut self.from),
            to: std::mem::take(&mut self.to),
            data,
            tls: self.tls,
            signed_in: self.signed_in.clone(),
        };
        self.inside.taken.lock().expect("not poisoned").push(mail);
        if self.lost {
            std::future::pending::<()>().await;
        }
        "250 taken".to_owned()
    }
}

fn address(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map(|(address, _)| address.to_owned()).unwrap_or_default()
}

async fn data(lines: &mut Lines) -> Result<String> {
    let mut data = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof));
        }
        if line == ".\r\n" {
            return Ok(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
