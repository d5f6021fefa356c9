//! Outgoing mail: written in the transaction of what it tells of, sent afterwards.
//!
//! | room | owns |
//! |---|---|
//! | [`letter`] | what mails say, and to whom, in the reader's language |
//! | [`queue`] | a written mail as a message of the outbox |
//! | [`smtp`] | handing a mail to the relay |
//! | [`sender`] | sending what is due, again and again until it is taken or given up |
//! | [`notices`] | telling in time that client secrets end |
//!
//! What lies in the outbox is the whole mail, sealed under the master key (invariant I16): it holds a
//! link that opens an account. The link could be drawn at sending instead, but then each try would
//! draw another, and the one that arrived although its answer was lost would open nothing. A reader
//! of the database or of a backup has no link from it either way. What was sent is wiped.

pub mod letter;
pub mod notices;
pub mod queue;
pub mod sender;
pub mod smtp;

use crate::config::Config;

/// What the outbox calls a mail.
pub const KIND: &str = "mail";

/// What becomes of a mail that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// There is none: nothing is written.
    Off,
    /// It stays in the mailbox of `vestibule dev`.
    Captured,
    /// It is handed to the relay.
    Relay,
}

/// What becomes of mail here.
pub fn way(config: &Config) -> Way {
    match (config.development, &config.mail.url) {
        (true, _) => Way::Captured,
        (false, Some(_)) => Way::Relay,
        (false, None) => Way::Off,
    }
}
