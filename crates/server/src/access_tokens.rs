//! Access tokens between their text and their row.
//!
//! Either form leads to its row without a signature check: an opaque token holds the row's id, a
//! JWT holds it in its `jti`. What proves the token is the digest of what was presented, compared
//! with the row in constant time; so nothing that was read from an unverified JWT is believed.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use vestibule_protocol::bearer::TokenFacts;
use vestibule_protocol::client::Client;
use vestibule_protocol::grant::Grant;
use vestibule_protocol::ids::{AccessTokenId, ClientKey, RefreshTokenId};
use vestibule_protocol::opaque::{AccessToken, Digest, Opaque};
use vestibule_protocol::refusal::Reason;
use vestibule_protocol::{introspect, revoke};
use vestibule_store::facts::{self, FamilyFacts};

use crate::app::App;
use crate::attempt::Attempt;
use crate::http::answer::store_fault;

/// Longest JWT that is looked at.
const MAX_JWT: usize = 8 * 1024;
const ID_BYTES: usize = 8;
const JTI_RANDOM_BYTES: usize = 8;

/// The `jti` of the token in row `id`: the id and random bytes, so that it cannot be foretold.
pub fn jti(id: AccessTokenId, random: [u8; JTI_RANDOM_BYTES]) -> String {
    let mut bytes = [0u8; ID_BYTES + JTI_RANDOM_BYTES];
    let (front, back) = bytes.split_at_mut(ID_BYTES);
    front.copy_from_slice(&id.0.to_be_bytes());
    back.copy_from_slice(&random);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An access token that was found, with the client it was issued to.
pub struct Found {
    facts: facts::AccessTokenFacts,
    client: Arc<Client>,
    jti: String,
}

/// A token of either kind that was found.
pub enum Presented {
    /// An access token.
    Access(Box<Found>),
    /// A refresh token.
    Refresh(Box<facts::RefreshFacts>, Arc<Client>),
}

impl Found {
    /// As the decisions read it.
    pub fn facts(&self) -> TokenFacts<'_> {
        TokenFacts {
            record: &self.facts.token,
            client: &self.client,
            family: self.facts.family.as_ref().map(FamilyFacts::seen),
            organization: self.facts.organization.seen(),
        }
    }

    /// The grant it came from; none for a client's own token.
    pub fn grant(&self) -> Option<&Grant> {
        self.facts.family.as_ref().map(|family| &family.grant)
    }

    /// Tells an attempt whom it concerns.
    pub fn concerns(&self, attempt: &mut Attempt) {
        attempt.concerns_client(&self.client);
        if let Some(FamilyFacts { grant, user, .. }) = &self.facts.family {
            attempt.continues_approval(grant.case_code, &grant.terms, user);
        }
    }
}

impl Presented {
    /// As introspection reads it.
    pub fn for_introspection(&self) -> introspect::Found<'_> {
        match self {
            Self::Access(found) => {
                introspect::Found::Access { facts: found.facts(), jti: &found.jti }
            }
            Self::Refresh(facts, client) => introspect::Found::Refresh {
                token: &facts.token,
                family: facts.family(),
                client,
                organization: facts.organization.seen(),
            },
        }
    }

    /// As revocation reads it.
    pub fn for_revocation(&self) -> revoke::Found<'_> {
        match self {
            Self::Access(found) => revoke::Found::Access(&found.facts.token),
            Self::Refresh(facts, _) => revoke::Found::Refresh(&facts.grant),
        }
    }
}

/// The access token that was presented, if it is one of ours.
pub async fn find(app: &App, presented: &str) -> Result<Option<Found>, Reason> {
    let Some(Named { id, jti, digest }) = named(presented) else { return Ok(None) };
    let facts = app.store.access_token_facts(id).await;
    let facts = facts.map_err(store_fault("loading the access token"))?;
    let Some(facts) = facts.filter(|facts| facts.token.digest == digest) else { return Ok(None) };
    let client = owner(app, facts.token.client).await?;
    Ok(client.map(|client| Found { facts, client, jti }))
}

/// The token of either kind that was presented, if it is one of ours.
pub async fn presented(app: &App, text: &str) -> Result<Option<Presented>, Reason> {
    let token = match introspect::Presented::of(text) {
        introspect::Presented::Access => {
            let found = find(app, text).await?;
            return Ok(found.map(|found| Presented::Access(Box::new(found))));
        }
        introspect::Presented::Refresh(token) => token,
    };
    let facts = app.store.refresh_facts(RefreshTokenId(token.id())).await;
    let facts = facts.map_err(store_fault("loading the refresh token"))?;
    let held = facts.filter(|facts| facts.token.digest == token.digest());
    let Some(facts) = held else { return Ok(None) };
    let client = owner(app, facts.grant.client).await?;
    Ok(client.map(|client| Presented::Refresh(Box::new(facts), client)))
}

async fn owner(app: &App, key: ClientKey) -> Result<Option<Arc<Client>>, Reason> {
    app.clients.by_key(&app.store, key).await.map_err(store_fault("finding the client"))
}

/// What a presented token says of itself.
struct Named {
    id: AccessTokenId,
    /// The claim of a JWT; of an opaque token, which has none, its row.
    jti: String,
    digest: Digest<AccessToken>,
}

fn named(presented: &str) -> Option<Named> {
    if let Some(opaque) = Opaque::<AccessToken>::parse(presented) {
        let (id, digest) = (AccessTokenId(opaque.id()), opaque.digest());
        return Some(Named { id, jti: id.0.to_string(), digest });
    }
    let (id, jti) = named_by_jwt(presented)?;
    Some(Named { id, jti, digest: Digest::of(presented.as_bytes()) })
}

/// The row that a JWT claims to have, and the claim.
fn named_by_jwt(text: &str) -> Option<(AccessTokenId, String)> {
    #[derive(Deserialize)]
    struct Payload<'a> {
        #[serde(borrow)]
        jti: &'a str,
    }
    if text.len() > MAX_JWT {
        return None;
    }
    let mut parts = text.split('.');
    let (_, payload, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
        return None;
    };
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let payload: Payload<'_> = serde_json::from_slice(&payload).ok()?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.jti).ok()?;
    let id = i64::from_be_bytes(*bytes.first_chunk::<ID_BYTES>()?);
    let well_formed = bytes.len() == ID_BYTES + JTI_RANDOM_BYTES && id > 0;
    well_formed.then(|| (AccessTokenId(id), payload.jti.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(payload: &str) -> String {
        format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode("{}"), URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn a_jwt_leads_to_its_row_by_its_jti() {
        let id = AccessTokenId(1 << 60);
        let text = jwt(&format!("{{\"sub\":\"x\",\"jti\":\"{}\"}}", jti(id, [7; 8])));
        let found = named(&text).unwrap();
        assert_eq!((found.id, found.jti), (id, jti(id, [7; 8])));
        assert_eq!(found.digest, Digest::of(text.as_bytes()));
    }

    #[test]
    fn i17_the_whole_text_counts() {
        let id = AccessTokenId(5);
        let text = jwt(&format!("{{\"jti\":\"{}\"}}", jti(id, [7; 8])));
        let shortened = named(text.strip_suffix("ln").unwrap()).unwrap();
        assert_ne!(named(&text).unwrap().digest, shortened.digest);
    }

    #[test]
    fn what_is_no_token_of_ours_names_no_row() {
        let huge = "a".repeat(MAX_JWT + 1);
        for text in ["", "..", "a.b.c", "a.b.c.d", "vba_short", &huge, &jwt("{}"), &jwt("[]")] {
            assert!(named(text).is_none(), "{text:.40}");
        }
        assert!(named(&jwt("{\"jti\":\"AAAA\"}")).is_none());
    }
}
