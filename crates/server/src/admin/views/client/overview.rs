//! A client at a glance.

use askama::Template;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;
use vestibule_protocol::client::{Client, Status};

use super::{ClientHead, auth_method};
use crate::admin::views::clients::last_used;
use crate::admin::views::frame::Frame;

/// A client at a glance.
#[derive(Template)]
#[template(path = "admin/client.html")]
pub struct ClientOverview {
    /// The frame.
    pub frame: Frame,
    /// What all its pages begin with.
    pub head: ClientHead,
    /// The client.
    pub client: Client,
    /// The declarative file that manages it.
    pub manager: Option<String>,
    /// The last sign-ins with it that were refused, newest first.
    pub refusals: Vec<RefusalLine>,
    /// The moment the page is made.
    pub now: Timestamp,
}

/// A sign-in that was refused.
#[derive(Clone, Debug)]
pub struct RefusalLine {
    /// When.
    pub at: Timestamp,
    /// Why, as a stable word.
    pub reason: String,
    /// Its case code.
    pub case_code: Option<String>,
}

impl ClientOverview {
    fn is_active(&self) -> bool {
        self.client.status == Status::Active
    }

    fn may_write(&self) -> bool {
        self.frame.may(Permission::ClientsWrite)
    }

    fn auth_method(&self) -> (&'static str, &'static str) {
        auth_method(self.client.settings.auth_method)
    }

    fn grants(&self) -> String {
        let grants = self.client.settings.grant_types.iter().map(|grant| grant.as_str());
        grants.collect::<Vec<_>>().join(", ")
    }

    fn live_secrets(&self) -> usize {
        self.client.secrets.iter().filter(|secret| secret.is_live(self.now)).count()
    }

    fn last_used(&self) -> Option<Timestamp> {
        last_used(&self.client)
    }

    fn page(&self, end: &str) -> String {
        self.frame.path(&format!("/admin/clients/{}{end}", self.client.client_id))
    }
}

#[cfg(test)]
impl ClientOverview {
    pub(crate) fn samples() -> Vec<Self> {
        use super::framed;
        use super::samples::{awkward, unomed};

        let page = |client: Client, refusals: Vec<RefusalLine>| {
            let frame = framed(Frame::sample(), &client);
            let now = Timestamp::from_seconds(1_795_000_100);
            let manager = Some("/srv/<b>clinic</b>.toml".to_owned());
            let head = ClientHead::of(&frame, &client, "");
            Self { head, frame, client, manager, refusals, now }
        };
        let refusal = RefusalLine {
            at: Timestamp::from_seconds(1_795_000_000),
            reason: "redirect_uri_mismatch".to_owned(),
            case_code: Some("7FK-2QD".to_owned()),
        };
        vec![page(unomed(), vec![refusal]), page(awkward(), Vec::new())]
    }
}
