//! Handing a mail to the relay: connect, TLS, sign in, send; each step with its own fault.
//!
//! The relay is named by the operator, so it may stand on any address: invariant I25 is about
//! addresses that others choose. `lettre` speaks SMTP. Its `tracing` feature stays off, because it
//! would write the sign-in to the log.

mod lines;

use std::path::Path;
use std::time::{Duration, SystemTime};

use lettre::address::Envelope;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, Message};
use tokio::time::timeout;
use vestibule_protocol::Timestamp;
use vestibule_protocol::identifiers;

use self::lines::LineByLine;
use super::queue::Mail;
use crate::config::Config;
use crate::config::mail::{RelayUrl, Security};

/// Longest answer of a relay that is kept, in characters.
const MAX_ANSWER: usize = 300;

/// Why a mail was not handed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SmtpFault {
    /// There is no relay.
    #[error("no relay is configured; set mail.url and mail.from")]
    Off,
    /// Nobody answers there.
    #[error("no connection to {relay}: {cause}")]
    Connect {
        /// Which relay.
        relay: RelayUrl,
        /// What went wrong.
        cause: String,
    },
    /// It took too long.
    #[error("{relay} took longer than {seconds} s; see mail.timeout")]
    TooSlow {
        /// Which relay.
        relay: RelayUrl,
        /// How long it may take.
        seconds: u64,
    },
    /// It does not offer TLS.
    #[error(
        "{0} offers no STARTTLS, and nothing is sent in clear; use the port that offers it, or smtps://"
    )]
    NoTls(RelayUrl),
    /// TLS failed.
    #[error("TLS with {relay} failed: {cause}; if its authority is your own, set mail.ca_file")]
    Tls {
        /// Which relay.
        relay: RelayUrl,
        /// What went wrong.
        cause: String,
    },
    /// The certificates beside the system's.
    #[error("mail.ca_file: {0}")]
    Authorities(String),
    /// It does not let us in.
    #[error("{relay} did not take the sign-in: {cause}; check mail.username and mail.password")]
    SignIn {
        /// Which relay.
        relay: RelayUrl,
        /// What it answered.
        cause: String,
    },
    /// It will never take this mail (RFC 5321 §4.2.1, 5yz).
    #[error("{relay} refused the mail: {cause}")]
    Refused {
        /// Which relay.
        relay: RelayUrl,
        /// What it answered.
        cause: String,
    },
    /// It did not take this mail now.
    #[error("{relay} did not take the mail: {cause}")]
    NotNow {
        /// Which relay.
        relay: RelayUrl,
        /// What it answered.
        cause: String,
    },
    /// The mail cannot be written as one.
    #[error("the mail cannot be written: {0}")]
    Unwritable(String),
}

impl SmtpFault {
    /// Whether trying again would do nothing.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Unwritable(_))
    }
}

/// What a relay was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Which relay.
    pub relay: RelayUrl,
    /// Its certificate (DER), where TLS is spoken.
    pub certificate: Option<Vec<u8>>,
    /// Whether we signed in.
    pub signed_in: bool,
}

/// Connects and signs in, and sends nothing.
pub async fn probe(config: &Config) -> Result<Found, SmtpFault> {
    within(config, async |relay| {
        let mut connection = connect(config, relay).await?;
        let certificate = connection.peer_certificate().ok();
        let _polite = connection.quit().await;
        let signed_in = config.mail.username.is_some();
        Ok(Found { relay: relay.clone(), certificate, signed_in })
    })
    .await
}

/// Hands a mail over. `id` names it to every mail server, so that one that arrives twice is known
/// for the same.
pub async fn send(
    config: &Config,
    mail: &Mail,
    id: i64,
    written_at: Timestamp,
) -> Result<(), SmtpFault> {
    let (envelope, content) = compose(config, mail, id, written_at)?;
    within(config, async |relay| {
        let mut connection = connect(config, relay).await?;
        let sent = connection.send(&envelope, &content).await;
        if let Err(error) = sent {
            // What the relay says may repeat the address.
            let cause = cut(&error).replace(&mail.to, "the recipient");
            let relay = relay.clone();
            // What our own side cannot say to this relay it never can.
            return Err(match error.is_permanent() || error.is_client() {
                true => SmtpFault::Refused { relay, cause },
                false => SmtpFault::NotNow { relay, cause },
            });
        }
        // It has taken the mail; what it says to the farewell changes nothing.
        let _polite = connection.quit().await;
        Ok(())
    })
    .await
}

async fn within<T>(
    config: &Config,
    exchange: impl AsyncFnOnce(&RelayUrl) -> Result<T, SmtpFault>,
) -> Result<T, SmtpFault> {
    let relay = config.mail.url.as_ref().ok_or(SmtpFault::Off)?;
    let patience = config.mail.timeout;
    let late = |_| SmtpFault::TooSlow { relay: relay.clone(), seconds: patience.as_secs() };
    timeout(patience, exchange(relay)).await.map_err(late)?
}

async fn connect(config: &Config, relay: &RelayUrl) -> Result<AsyncSmtpConnection, SmtpFault> {
    let hello = hello(config);
    let tls = match relay.security {
        Security::Clear => None,
        Security::Implicit | Security::StartTls => Some(parameters(config, relay)?),
    };
    let tls_fault = |error: lettre::transport::smtp::Error| SmtpFault::Tls {
        relay: relay.clone(),
        cause: cut(&error),
    };
    let unreachable =
        |cause: String| SmtpFault::Connect { relay: relay.clone(), cause: one_line(&cause) };
    let server = (relay.host.as_str(), relay.port);
    let connected = match &tls {
        Some(tls) if relay.security == Security::Implicit => {
            AsyncSmtpConnection::connect_tokio1(server, None, &hello, Some(tls.clone()), None).await
        }
        _ => {
            let stream = LineByLine::connect(server.0, server.1).await;
            let stream = stream.map_err(|error| unreachable(error.to_string()))?;
            AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await
        }
    };
    let mut connection = connected.map_err(|error| match error.is_tls() {
        true => tls_fault(error),
        false => unreachable(cut(&error)),
    })?;
    if let Some(tls) = tls.filter(|_| relay.security == Security::StartTls) {
        if !connection.can_starttls() {
            return Err(SmtpFault::NoTls(relay.clone()));
        }
        connection.starttls(tls, &hello).await.map_err(tls_fault)?;
    }
    sign_in(config, relay, &mut connection).await?;
    Ok(connection)
}

async fn sign_in(
    config: &Config,
    relay: &RelayUrl,
    connection: &mut AsyncSmtpConnection,
) -> Result<(), SmtpFault> {
    let (Some(name), Some(password)) = (&config.mail.username, &config.mail.password) else {
        return Ok(());
    };
    let credentials = Credentials::new(name.clone(), password.expose().to_owned());
    let signed_in = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
    let fault = |error| SmtpFault::SignIn { relay: relay.clone(), cause: cut(&error) };
    signed_in.map(|_| ()).map_err(fault)
}

fn parameters(config: &Config, relay: &RelayUrl) -> Result<TlsParameters, SmtpFault> {
    let mut builder = TlsParametersBuilder::new(relay.host.clone());
    if let Some(path) = &config.mail.ca_file {
        for authority in read_authorities(path).map_err(SmtpFault::Authorities)? {
            builder = builder.add_root_certificate(authority);
        }
    }
    let fault = |error| SmtpFault::Tls { relay: relay.clone(), cause: cut(&error) };
    builder.build_rustls().map_err(fault)
}

/// The certificates of a PEM file; there is at least one.
pub(crate) fn read_authorities(path: &Path) -> Result<Vec<Certificate>, String> {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject as _;
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let found = read.map_err(|error| format!("cannot be read as PEM: {error}"))?;
    if found.is_empty() {
        return Err("there is no certificate in it; it must hold one or more in PEM".to_owned());
    }
    let authority = |der: &CertificateDer<'_>| Certificate::from_der(der.to_vec());
    found.iter().map(authority).collect::<Result<_, _>>().map_err(|error| error.to_string())
}

/// What we call ourselves (RFC 5321 §4.1.1.1): the issuer's host.
fn hello(config: &Config) -> ClientId {
    let host = config.issuer.host().trim_matches(['[', ']']);
    match host.parse() {
        Ok(std::net::IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(std::net::IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

/// No machine is to answer (RFC 3834 §5).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

fn compose(
    config: &Config,
    mail: &Mail,
    id: i64,
    written_at: Timestamp,
) -> Result<(Envelope, Vec<u8>), SmtpFault> {
    let unwritable = |error: &dyn std::fmt::Display| SmtpFault::Unwritable(error.to_string());
    let millis = u64::try_from(written_at.as_millis()).unwrap_or_default();
    let from = sender(config)?;
    let host = config.issuer.host().trim_matches(['[', ']']);
    let mut builder = Message::builder()
        .from(from)
        .to(Mailbox::new(None, address(&mail.to)?))
        .subject(one_line(&mail.subject))
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(millis))
        .message_id(Some(format!("<{id}@{host}>")))
        .header(AutoSubmitted);
    if let Some(reply_to) = &config.mail.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    let parts = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    let message = builder.multipart(parts).map_err(|error| unwritable(&error))?;
    Ok((message.envelope().clone(), message.formatted()))
}

/// Who sends.
pub fn sender(config: &Config) -> Result<Mailbox, SmtpFault> {
    let configured = config.mail.from.clone().ok_or(SmtpFault::Off)?;
    let name = configured.name.or_else(|| Some(one_line(&config.branding.name)));
    Ok(Mailbox::new(name, configured.email))
}

/// An address as the relay gets it: its domain in ASCII, its local part as it was given.
pub fn address(text: &str) -> Result<Address, SmtpFault> {
    let unwritable = || SmtpFault::Unwritable("the recipient is no email address".to_owned());
    let normal = identifiers::email(text).map_err(|_| unwritable())?;
    let (_, domain) = normal.split_once('@').ok_or_else(unwritable)?;
    let (local, _) = text.trim().split_once('@').ok_or_else(unwritable)?;
    Address::new(local, domain).map_err(|_| unwritable())
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn cut(error: &lettre::transport::smtp::Error) -> String {
    one_line(&error.to_string()).chars().take(MAX_ANSWER).collect()
}

#[cfg(test)]
mod tests;
