//! What each page of the console shows: one struct a page, as [`crate::pages::views`] has it.
//!
//! The console speaks English alone, so its texts stand in `templates/admin/`. What several pages
//! use is a struct with a template of its own: [`Field`], [`Summary`], [`Pager`], [`Badge`].

mod client;
mod clients;
mod confirm;
mod field;
mod frame;
mod organization;
mod overview;
mod part;
mod problem;
mod trial;

pub use client::{
    AUTH_METHODS, ClientForm, ClientHead, ClientOverview, Credentials, KindChoice, Kinds, Made,
    NewClientPage, NewSecretPage, ProfileChoice, RefusalLine, SecretRow, auth_method, badges,
    framed,
};
pub use clients::{ClientRow, Clients, Filters};
pub use confirm::Confirm;
pub use field::{Choice, Field, Group, Values};
pub use frame::{Crumb, Frame, Section};
pub use organization::ChooseOrganization;
pub use overview::Overview;
pub use part::{Badge, Pager, Summary, Tab, Tone, moment};
pub use problem::Problem;
pub use trial::{TrialForm, TrialReport, TrialWait};

#[cfg(test)]
pub(crate) mod tests;
