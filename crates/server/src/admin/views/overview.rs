//! Where an administrator begins.

use askama::Template;
use vestibule_store::clients::ExpiringSecret;
use vestibule_store::counts::Counts;
use vestibule_store::events::{FailureCount, FailuresOfClient};

use super::frame::Frame;

/// The overview: how it stands, and what wants to be looked at.
#[derive(Template)]
#[template(path = "admin/overview.html")]
pub struct Overview {
    /// The frame.
    pub frame: Frame,
    /// The issuer.
    pub issuer: String,
    /// How much there is of what, for those who look after the whole installation.
    pub counts: Option<Counts>,
    /// What was refused within a day, for those who may read the event log.
    pub reasons: Option<Vec<FailureCount>>,
    /// Whose requests were refused within a day.
    pub clients: Vec<FailuresOfClient>,
    /// Client secrets that end soon.
    pub secrets: Vec<ExpiringSecret>,
}

impl Overview {
    fn client_name<'a>(&self, line: &'a FailuresOfClient) -> &'a str {
        line.client.as_ref().map_or("", |client| client.0.as_str())
    }
}

#[cfg(test)]
impl Overview {
    pub(crate) fn samples() -> Vec<Self> {
        let notice = Some("The client \"<b>Unomed</b>\" was disabled.".to_owned());
        let frame = Frame { notice, ..Frame::sample() };
        let issuer = "https://id.lakeside.example".to_owned();
        let counts = Counts { users: 104_233, clients: 31, sessions: 412, messages: 0 };
        let newest = vestibule_protocol::ids::EventId(7);
        let client = vestibule_protocol::ids::ClientId("vci_unomed".to_owned());
        let reason = |reason: &str| FailureCount { reason: reason.to_owned(), count: 3, newest };
        let ends = vestibule_protocol::Timestamp::from_seconds(1_795_000_000);
        let secret = ExpiringSecret {
            client: client.clone(),
            name: "<b>Unomed".to_owned(),
            label: "first".to_owned(),
            prefix: "vcs_abc".to_owned(),
            expires_at: ends,
        };
        vec![
            Self {
                frame,
                issuer: issuer.clone(),
                counts: Some(counts),
                reasons: Some(vec![reason("redirect_uri_mismatch"), reason("")]),
                clients: vec![
                    FailuresOfClient { client: Some(client), count: 4, newest },
                    FailuresOfClient { client: None, count: 1, newest },
                ],
                secrets: vec![secret],
            },
            Self {
                frame: Frame::sample(),
                issuer: issuer.clone(),
                counts: None,
                reasons: Some(Vec::new()),
                clients: Vec::new(),
                secrets: Vec::new(),
            },
            Self {
                frame: Frame::sample(),
                issuer,
                counts: None,
                reasons: None,
                clients: Vec::new(),
                secrets: Vec::new(),
            },
        ]
    }
}
