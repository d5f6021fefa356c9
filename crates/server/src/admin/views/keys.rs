//! The signing keys.

use std::collections::BTreeSet;

use askama::Template;
use vestibule_protocol::Timestamp;
use vestibule_protocol::admin::Permission;

use super::frame::Frame;
use super::part::{Badge, Tone};
use crate::services::keys::{KeyClient, KeyLine};

/// The keys, with what can be done with them.
#[derive(Template)]
#[template(path = "admin/keys.html")]
pub struct Keys {
    /// The frame.
    pub frame: Frame,
    /// The keys in the key set.
    pub rows: Vec<KeyRow>,
    /// The algorithms that there are keys for.
    pub algs: BTreeSet<String>,
    /// What the clients in use have seen of the keys, those that lag behind first.
    pub clients: Vec<Sight>,
    /// How many clients are left out.
    pub more: usize,
}

/// Most clients that are shown.
const SHOWN: usize = 100;

/// What a client has seen of the keys.
#[derive(Clone, Debug)]
pub struct Sight {
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// Seen all, lags behind, or never fetches.
    pub state: Badge,
    /// The keys that it has not seen.
    pub unseen: Vec<String>,
    /// When the key set was last fetched from where it is.
    pub last_fetch: Option<Timestamp>,
    /// When it last authenticated.
    pub last_used: Timestamp,
}

/// A key.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Its id in the JWK set.
    pub kid: String,
    /// What it signs with.
    pub alg: String,
    /// Where it stands.
    pub phase: Badge,
    /// When it entered the JWK set.
    pub published_at: Timestamp,
    /// When it began to sign.
    pub signing_at: Option<Timestamp>,
    /// When it stopped.
    pub retired_at: Option<Timestamp>,
    /// The page that retires it, while it can be.
    pub retire: Option<String>,
}

impl Keys {
    /// The page of these keys.
    pub fn of(frame: Frame, lines: Vec<KeyLine>, mut clients: Vec<KeyClient>) -> Self {
        clients.sort_by_key(|client| (client.last_fetch_at.is_none(), client.unseen.is_empty()));
        let more = clients.len().saturating_sub(SHOWN);
        let clients = clients.into_iter().take(SHOWN).map(|client| sight(&frame, client)).collect();
        let algs = lines.iter().map(|line| line.alg.clone()).collect();
        let rows = lines.into_iter().map(|line| row(&frame, line)).collect();
        Self { frame, rows, algs, clients, more }
    }

    fn may_write(&self) -> bool {
        self.frame.may(Permission::KeysWrite)
    }
}

fn sight(frame: &Frame, client: KeyClient) -> Sight {
    let state = match (client.last_fetch_at, client.unseen.is_empty()) {
        (None, _) => Badge::new("never fetched", Tone::Plain),
        (Some(_), true) => Badge::new("seen all", Tone::Good),
        (Some(_), false) => Badge::new("not seen all", Tone::Warn),
    };
    let known = client.last_fetch_at.is_some();
    Sight {
        href: frame.path(&format!("/admin/clients/{}", client.client_id)),
        name: client.name,
        state,
        unseen: if known { client.unseen } else { Vec::new() },
        last_fetch: client.last_fetch_at.map(Timestamp::from_seconds),
        last_used: Timestamp::from_seconds(client.last_used_at),
    }
}

fn row(frame: &Frame, line: KeyLine) -> KeyRow {
    let tone = match line.phase {
        "signing" => Tone::Good,
        "published" => Tone::Warn,
        _ => Tone::Plain,
    };
    let retirable = frame.may(Permission::KeysWrite) && line.retired_at.is_none();
    KeyRow {
        retire: retirable.then(|| frame.path(&format!("/admin/keys/{}/retire", line.kid))),
        phase: Badge::new(line.phase, tone),
        published_at: Timestamp::from_seconds(line.published_at),
        signing_at: line.signing_at.map(Timestamp::from_seconds),
        retired_at: line.retired_at.map(Timestamp::from_seconds),
        kid: line.kid,
        alg: line.alg,
    }
}

#[cfg(test)]
impl Keys {
    pub(crate) fn samples() -> Vec<Self> {
        use super::frame::Section;

        let line = |kid: &str, phase: &'static str, retired_at: Option<i64>| KeyLine {
            kid: kid.to_owned(),
            alg: "RS256".to_owned(),
            phase,
            published_at: 1_795_000_000,
            signing_at: Some(1_795_086_400),
            retired_at,
            removed_at: None,
        };
        let frame = || Frame { section: Section::Keys, ..Frame::sample() };
        let lines = vec![
            line("qP3m1v0", "published", None),
            line("a7x_Kd", "signing", None),
            line("<b>old", "retired", Some(1_795_100_000)),
        ];
        let client = |id: &str, last_fetch_at, unseen: &[&str]| KeyClient {
            client_id: id.to_owned(),
            name: format!("<b>{id}"),
            last_used_at: 1_795_086_400,
            last_fetch_at,
            unseen: unseen.iter().map(|kid| (*kid).to_owned()).collect(),
        };
        let clients = vec![
            client("unomed", Some(1_795_086_400), &["qP3m1v0", "<b>"]),
            client("healthie", Some(1_795_086_400), &[]),
            client("portal", None, &["qP3m1v0"]),
        ];
        let reader = Frame {
            rights: vestibule_protocol::admin::Rights::of([Permission::KeysRead]),
            ..frame()
        };
        vec![
            Self::of(frame(), lines.clone(), clients),
            Self::of(reader, lines, Vec::new()),
            Self::of(frame(), Vec::new(), Vec::new()),
        ]
    }
}
