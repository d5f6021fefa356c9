//! What `vestibule dev` prints when it is ready.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::people::{ShownClient, ShownUser};
use crate::cli::console::Console;
use crate::issuer::Issuer;
use crate::services::clients::DEMO_CLIENT;

/// All that a newcomer needs.
pub(super) struct Announced {
    pub(super) issuer: Issuer,
    pub(super) admin_link: String,
    pub(super) config: PathBuf,
    pub(super) folder: PathBuf,
    pub(super) users: Vec<ShownUser>,
    pub(super) client_secret: String,
    pub(super) redirect_uris: Vec<String>,
    pub(super) others: Vec<ShownClient>,
}

impl Announced {
    /// Prints it: one JSON object on the first line, or a page for people.
    pub(super) fn print(&self, console: &Console, management: Option<SocketAddr>, taken: Duration) {
        let management = management.map(|address| format!("http://{address}"));
        console.answer(&self.json(management.as_deref()), || {
            self.text(console, management.as_deref(), taken)
        });
    }

    fn json(&self, management: Option<&str>) -> Value {
        json!({
            "issuer": self.issuer.as_str(),
            "admin_link": self.admin_link,
            "mailbox_url": self.issuer.url("/dev/mail"),
            "playground_url": self.issuer.url("/playground"),
            "management_url": management,
            "config": self.config,
            "data_dir": self.folder,
            "users": self.users,
            "client": {
                "client_id": DEMO_CLIENT,
                "client_secret": self.client_secret,
                "redirect_uris": self.redirect_uris,
            },
            "clients": self.others,
        })
    }

    fn text(&self, console: &Console, management: Option<&str>, taken: Duration) -> String {
        let version = env!("CARGO_PKG_VERSION");
        let head = console.strong(&format!("vestibule {version} – DEVELOPMENT"));
        let mut text = format!("{head}: loopback only, data in {}\n", self.folder.display());
        let mut line = |name: &str, value: &str, hint: &str| {
            let gap = if hint.is_empty() { "" } else { "   " };
            text.push_str(&format!("  {name:<10} {value}{gap}{hint}\n"));
        };
        line("Issuer", self.issuer.as_str(), "");
        line(
            "Try it",
            &self.issuer.url("/playground"),
            "sign in as the demo app, see every request and token",
        );
        line(
            "Admin",
            &self.admin_link,
            "one use, 30 min – new one: vestibule admin link --config …",
        );
        line("Mailbox", &self.issuer.url("/dev/mail"), "every mail the server would have sent");
        for user in &self.users {
            let password = format!("password: {}   ({})", user.password, user.note);
            line("Test user", &format!("{:<20}", user.email), &password);
        }
        let secret = format!("secret: {}", self.client_secret);
        line("Client", DEMO_CLIENT, &secret);
        for uri in &self.redirect_uris {
            line("", uri, "");
        }
        for other in &self.others {
            line("Client", &other.line(), "");
        }
        if let Some(management) = management {
            line("Health", &format!("{management}/health/ready"), "metrics: /metrics");
        }
        line("Config", &self.config.display().to_string(), "for other commands: --config");
        let seconds = taken.as_secs_f64();
        text.push_str(&format!(
            "Ready in {seconds:.1} s. Ctrl-C stops. `vestibule dev --reset` starts afresh."
        ));
        text
    }
}
