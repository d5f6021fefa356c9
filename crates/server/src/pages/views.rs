//! What each page shows: one struct a page, filled by its handler and written by its template.
//!
//! A page holds texts and facts that are ready to be shown; it decides nothing. Each is written with
//! `askama::Template::render`. Every page has a [`Shell`], every form of ours a [`Form`].
//! Nothing here holds a password, and no page is given one back.

mod accounts;
mod api_docs;
mod app;
mod case;
mod catalogue;
mod consent;
mod error;
mod form;
mod held;
mod home;
mod leave;
mod logout;
mod mailbox;
mod playground;
mod setup;
mod shared;
mod shell;
mod sign_in;
mod welcome;

pub use accounts::{AccountChoice, AccountChooser};
pub use api_docs::ApiDocs;
pub use app::App;
pub(crate) use app::initials;
pub use case::{DifferenceView, SharedCasePage, Timeline};
pub use catalogue::{Catalogue, CatalogueEntry, user_text};
pub use consent::{Account, ClaimName, ConsentPage, Shared, attributes, shared};
pub use error::{ErrorKind, ErrorPage, Fact};
pub use form::{ACCOUNT, Form};
pub use held::Held;
pub use home::Home;
pub use leave::{FormPost, Framed, Leave};
pub use logout::{LogoutConfirm, SignedOut};
pub use mailbox::{MailLine, MailboxList, MailboxMessage};
pub use playground::{PlaygroundResult, PlaygroundStart, Step, TestUser};
pub use setup::{Setup, SetupDone, SetupFault};
pub use shared::{SecretOffer, SecretShown, SharedSheet};
pub use shell::{Brand, Dress, Language, Shell};
pub(crate) use shell::{is_link, is_local};
pub use sign_in::{Person, SignIn, SignInFault, SignInReason};
pub use welcome::{Welcome, WelcomeDone};

#[cfg(test)]
pub(crate) mod tests;
