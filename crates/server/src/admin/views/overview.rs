//! Where an administrator begins.

use std::collections::BTreeMap;

use askama::Template;
use vestibule_protocol::ids::ClientId;
use vestibule_store::clients::ExpiringSecret;
use vestibule_store::counts::{Count, Counts};
use vestibule_store::events::Failures;
use vestibule_store::outbox::Failure;

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
    pub failures: Option<Failures>,
    /// What people call the clients among them.
    pub names: BTreeMap<ClientId, String>,
    /// Secrets that end soon.
    pub expiring: Option<Vec<ExpiringSecret>>,
    /// The mail that could not be sent last, for those who look after the whole installation.
    pub mail_failure: Option<Failure>,
}

impl Overview {
    /// A number as it is shown: of what was not counted to its end, that there is more.
    fn number(&self, count: &Count) -> String {
        let more = if count.more { "+" } else { "" };
        let digits = count.number.to_string();
        let groups: Vec<&str> = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .filter_map(|group| std::str::from_utf8(group).ok())
            .collect();
        format!("{}{more}", groups.join(","))
    }

    /// What people call a client; of one that is gone, or that they may not see, its id.
    fn name<'a>(&'a self, client: &'a ClientId) -> &'a str {
        self.names.get(client).unwrap_or(&client.0)
    }
}

#[cfg(test)]
impl Overview {
    pub(crate) fn samples() -> Vec<Self> {
        use vestibule_protocol::Timestamp;
        use vestibule_protocol::ids::EventId;
        use vestibule_store::events::{FailureCount, FailuresOfClient};

        let notice = Some("The client \"<b>Unomed</b>\" was disabled.".to_owned());
        let frame = Frame { notice, ..Frame::sample() };
        let issuer = "https://id.lakeside.example".to_owned();
        let exactly = |number| Count { number, more: false };
        let counts = Counts {
            users: Count { number: 100_000, more: true },
            clients: exactly(31),
            sessions: exactly(412),
            messages: exactly(0),
        };
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
            failures: Some(Failures::default()),
            names: BTreeMap::new(),
            expiring: None,
            mail_failure: None,
        };
        let full = Self {
            frame,
            issuer,
            counts: Some(counts),
            failures: Some(Failures { by_reason, by_client, more: true }),
            names: [(ClientId("<b>x".to_owned()), "<b>Unomed".to_owned())].into(),
            expiring: Some(expiring),
            mail_failure: Some(Failure {
                at: Timestamp::from_seconds(1_795_000_000),
                error: "no connection to smtps://relay.example:465: <b>".to_owned(),
                given_up: true,
            }),
        };
        vec![full, bare]
    }
}
