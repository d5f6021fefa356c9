//! The documents that everybody may read, rendered once: discovery and the key set.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::web::Bytes;
use arc_swap::ArcSwap;
use vestibule_keys::KeyRing;
use vestibule_protocol::discovery::{self, ServerMetadata};

use crate::config::Config;
use crate::i18n::Tr;
use crate::issuer::Issuer;

/// Rendered documents; they change when keys do.
pub struct Documents {
    current: ArcSwap<Rendered>,
    max_age: u64,
}

/// One state of the documents.
pub struct Rendered {
    /// `/.well-known/openid-configuration`.
    pub openid: Bytes,
    /// `/.well-known/oauth-authorization-server` (RFC 8414).
    pub oauth: Bytes,
    /// The JWK set.
    pub jwks: Bytes,
    /// The keys that are in it.
    pub kids: Arc<BTreeSet<String>>,
}

impl Documents {
    /// Renders all documents.
    pub fn render(issuer: &Issuer, keys: &KeyRing, config: &Config) -> Self {
        let max_age = config.keys.jwks_max_age.as_secs();
        Self { current: ArcSwap::from_pointee(rendered(issuer, keys)), max_age }
    }

    /// Renders them again: the keys have changed.
    pub fn refresh(&self, issuer: &Issuer, keys: &KeyRing) {
        self.current.store(Arc::new(rendered(issuer, keys)));
    }

    /// The documents as they are.
    pub fn current(&self) -> arc_swap::Guard<Arc<Rendered>> {
        self.current.load()
    }

    /// For how many seconds they may be kept.
    pub fn max_age(&self) -> u64 {
        self.max_age
    }
}

fn rendered(issuer: &Issuer, keys: &KeyRing) -> Rendered {
    let metadata = ServerMetadata {
        issuer: issuer.as_str().to_owned(),
        id_token_algs: keys.algs().into_iter().map(|alg| alg.as_str().to_owned()).collect(),
        ui_locales: Tr::all().map(|tr| tr.lang().to_owned()).collect(),
    };
    Rendered {
        openid: Bytes::from(discovery::openid_configuration(&metadata)),
        oauth: Bytes::from(discovery::authorization_server(&metadata)),
        kids: Arc::new(kids(&keys.jwks())),
        jwks: Bytes::copy_from_slice(&keys.jwks()),
    }
}

/// The ids of the keys in a set (RFC 7517 §4.5).
fn kids(set: &[u8]) -> BTreeSet<String> {
    let set: serde_json::Value = serde_json::from_slice(set).unwrap_or_default();
    let keys = set.get("keys").and_then(serde_json::Value::as_array);
    let kid = |key: &serde_json::Value| key.get("kid")?.as_str().map(str::to_owned);
    keys.into_iter().flatten().filter_map(kid).collect()
}
