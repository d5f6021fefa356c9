//! A client's settings as a row keeps them, so that the version before still reads them.

use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use super::ClientSettings;

/// The settings of the first version. Whatever came later is kept only where it was set.
const FIRST: [&str; 27] = [
    "redirect_uris",
    "post_logout_redirect_uris",
    "scope",
    "grant_types",
    "auth_method",
    "pkce",
    "native",
    "require_nonce",
    "require_state",
    "id_token_alg",
    "access_token",
    "claims_placement",
    "claim_aliases",
    "sid_in_id_token",
    "default_max_age",
    "refresh",
    "lifetimes",
    "consent",
    "frame_ancestors",
    "groups",
    "environment",
    "vendor_profile",
    "client_uri",
    "logo_uri",
    "policy_uri",
    "tos_uri",
    "contacts",
];

/// Settings as a row keeps them: without the later ones that are at their default.
///
/// A node of the version before refuses words that it does not know. So it still reads such a client
/// during a rolling upgrade (promise P7); one of which a later setting says something it refuses,
/// rather than forget a limit that it knows nothing of. For the same reason the default of a later
/// setting never changes.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'a>(pub &'a ClientSettings);

impl Serialize for Kept<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let written = |settings| serde_json::to_value(settings).map_err(S::Error::custom);
        let (mut kept, usual) = (written(self.0)?, written(&ClientSettings::default())?);
        if let Some(settings) = kept.as_object_mut() {
            settings.retain(|name, value| {
                FIRST.contains(&name.as_str()) || usual.get(name) != Some(value)
            });
        }
        kept.serialize(to)
    }
}
