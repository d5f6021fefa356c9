//! A written mail as a message of the outbox: sealed, with what may be known of it beside it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vestibule_keys::Masters;
use vestibule_keys::sealing::SealError;
use vestibule_protocol::Timestamp;
use vestibule_protocol::ids::{ClientId, OrgId, OutboxId, Subject};
use vestibule_store::outbox::Message;

use super::KIND;
use super::letter::Letter;
use crate::core::Core;
use crate::random;
use crate::services::ServiceFault;

/// A mail as it is sealed: rendered when it was written, so that it says what held then, and so
/// that a node of another version can send it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The recipient's address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

/// What lies open in the outbox: what it is and whom it concerns, not to which address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrapper {
    /// What it is, as a stable word: `invitation`.
    pub what: String,
    /// The user whom it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The client that it concerns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientId>,
    /// When it is not worth sending any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The mail, sealed; nothing once it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
}

/// Why a message is no mail that can be read.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// It does not open.
    #[error("the mail in the outbox does not open: {0}")]
    Sealed(#[from] SealError),
    /// It is not written as a mail.
    #[error("the message in the outbox is no mail: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// There is nothing left in it.
    #[error("the mail was wiped after it was sent")]
    Wiped,
}

/// Writes a letter as a message. Its row is still to be inserted, in the transaction of what it
/// tells of.
pub fn write(
    core: &Core,
    org: OrgId,
    letter: &Letter,
    now: Timestamp,
) -> Result<Message, ServiceFault> {
    let id = OutboxId(core.ids.next(now));
    let mail = letter.render(&core.config);
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(&mail).unwrap_or_default());
    let wrapper = Wrapper {
        what: letter.what.to_owned(),
        subject: letter.subject.clone(),
        client: letter.client.clone(),
        expires_at: letter.expires_at,
        sealed: Some(core.masters.seal(&plain, &context(id), random::bytes())?),
    };
    Ok(Message {
        id,
        org,
        kind: KIND.to_owned(),
        payload: serde_json::to_value(wrapper).unwrap_or_default(),
        attempts: 0,
        due_at: now,
        created_at: now,
        last_error: None,
    })
}

/// What lies open of a message.
pub fn wrapper(message: &Message) -> Result<Wrapper, OpenFault> {
    Ok(serde_json::from_value(message.payload.clone())?)
}

/// Opens a message.
pub fn open(masters: &Masters, message: &Message) -> Result<Mail, OpenFault> {
    let sealed = wrapper(message)?.sealed.ok_or(OpenFault::Wiped)?;
    let plain = masters.open(&sealed, &context(message.id))?;
    Ok(serde_json::from_slice(&plain)?)
}

/// What stays of a mail that is over.
pub fn wiped(wrapper: Wrapper) -> Value {
    serde_json::to_value(Wrapper { sealed: None, ..wrapper }).unwrap_or_default()
}

/// What a message carries, sealed anew under the current master key; `None` where nothing is to be
/// done.
pub fn resealed(
    masters: &Masters,
    message: &Message,
    random: [u8; 32],
) -> Result<Option<Value>, SealError> {
    let Ok(wrapper) = wrapper(message) else { return Ok(None) };
    let Some(sealed) = &wrapper.sealed else { return Ok(None) };
    let fresh = masters.reseal(sealed, &context(message.id), random)?;
    Ok(fresh.map(|fresh| {
        serde_json::to_value(Wrapper { sealed: Some(fresh), ..wrapper }).unwrap_or_default()
    }))
}

fn context(id: OutboxId) -> String {
    format!("outbox/{}", id.0)
}

#[cfg(test)]
mod tests {
    use vestibule_keys::MasterKey;

    use super::*;
    use crate::services::testing::Installation;

    #[tokio::test]
    async fn i16_a_mail_that_waits_opens_in_its_own_row_and_under_the_next_master_key() {
        let installation = Installation::new().await;
        let (core, now) = (&installation.core, installation.core.clock.now());
        let letter = Letter::test(&core.config, "ada@clinic.example", "grace", now);
        let message = write(core, OrgId::ROOT, &letter, now).unwrap();
        let lies_open = message.payload.to_string();
        assert!(!lies_open.contains("ada") && !lies_open.contains("grace"), "{lies_open}");
        assert_eq!(open(&core.masters, &message).unwrap().to, "ada@clinic.example");
        let moved = Message { id: OutboxId(message.id.0 + 1), ..message.clone() };
        assert!(matches!(open(&core.masters, &moved), Err(OpenFault::Sealed(_))));

        let (first, next) =
            (MasterKey::new(random::secret_bytes()), MasterKey::new(random::secret_bytes()));
        let under = |key: &MasterKey, previous| Masters::new(key.clone(), previous);
        let sealed =
            under(&first, vec![]).seal(b"{}", &context(message.id), random::bytes()).unwrap();
        let old = Wrapper { sealed: Some(sealed), ..wrapper(&message).unwrap() };
        let old = Message { payload: serde_json::to_value(old).unwrap(), ..message.clone() };
        let both = under(&next, vec![first]);
        let fresh = resealed(&both, &old, random::bytes()).unwrap().expect("it is under the first");
        let fresh = Message { payload: fresh, ..old };
        assert!(
            matches!(open(&under(&next, vec![]), &fresh), Err(OpenFault::Unreadable(_))),
            "it opens"
        );
        assert_eq!(resealed(&both, &fresh, random::bytes()).unwrap(), None, "once is enough");

        let over = Message { payload: wiped(wrapper(&message).unwrap()), ..message };
        assert!(matches!(open(&core.masters, &over), Err(OpenFault::Wiped)));
        assert_eq!(resealed(&both, &over, random::bytes()).unwrap(), None);
    }
}
