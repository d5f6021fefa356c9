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
    /// What was refused in the last day, for those who may read the event log.
    pub by_reason: Option<Vec<FailureCount>>,
    /// Whose requests were refused.
    pub by_client: Option<Vec<FailuresOfClient>>,
    /// Secrets that expire soon.
    pub expiring: Option<Vec<ExpiringSecret>>,
}

#[cfg(test)]
impl Overview {
    pub(crate) fn samples() -> Vec<Self> {
        use vestibule_protocol::Timestamp;
        use vestibule_protocol::ids::{ClientId, EventId};

        let notice = Some("The client \"<b>Unomed</b>\" was disabled.".to_owned());
        let frame = Frame { notice, ..Frame::sample() };
        let issuer = "https://id.lakeside.example".to_owned();
        let counts = Counts { users: 104_233, clients: 31, sessions: 412, messages: 0 };
        let newest = EventId(1);
        let by_reason = vec![
            FailureCount { reason: "redirect_uri_mismatch".to_owned(), count: 1_204, newest },
            FailureCount { reason: String::new(), count: 2, newest },
        ];
        let by_client = vec![
            FailuresOfClient { client: Some(ClientId("<b>x".to_owned())), count: 7, newest },
            FailuresOfClient { client: None, count: 1, newest },
        ];
        let expiring = vec![ExpiringSecret {
            client: ClientId("vci_x".to_owned()),
            name: "<b>Unomed".to_owned(),
            label: "first".to_owned(),
            prefix: "vcs_abcdef".to_owned(),
            expires_at: Timestamp::from_seconds(1_795_000_000),
        }];
        let bare = Self {
            frame: frame.clone(),
            issuer: issuer.clone(),
            counts: None,
            by_reason: Some(Vec::new()),
            by_client: Some(Vec::new()),
            expiring: None,
        };
        let full = Self {
            frame,
            issuer,
            counts: Some(counts),
            by_reason: Some(by_reason),
            by_client: Some(by_client),
            expiring: Some(expiring),
        };
        vec![full, bare]
    }
}
