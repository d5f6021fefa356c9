//! What each page of the console shows: one struct a page, as [`crate::pages::views`] has it.
//!
//! The console speaks English alone, so its texts stand in `templates/admin/`. What several pages
//! use is a struct with a template of its own: [`Field`], [`Summary`], [`Pager`], [`Badge`].

mod admins;
mod brand;
mod case;
mod claims;
mod client;
mod clients;
mod events;
mod field;
mod form_page;
mod frame;
mod groups;
mod keys;
mod organization;
mod organizations;
mod overview;
mod part;
mod problem;
mod shown_once;
mod system;
mod tokens;
mod trial;
pub mod users;
mod webhooks;

pub use admins::{AdminRow, Admins};
pub use brand::{ACCENT_HINT, BrandPanel, OrganizationBrand};
pub use case::{CasePage, CaseShare};
pub use claims::{ClaimsPage, Previewed};
pub use client::{
    AUTH_METHODS, ClientForm, ClientHead, ClientOverview, Credentials, KindChoice, Kinds, Made,
    NewClientPage, NewSecretPage, ProfileChoice, RefusalLine, SecretRow, SheetPage, auth_method,
    badges, framed,
};
pub use clients::{ClientRow, Clients, Filters};
pub use events::{EventLine, Events, event_fields};
pub use field::{Choice, Field, Group, Values};
pub use form_page::{Button, FormPage};
pub use frame::{Crumb, Frame, Section};
pub use groups::{GroupRow, Groups};
pub use keys::{KeyRow, Keys};
pub use organization::ChooseOrganization;
pub use organizations::{OrganizationRow, Organizations};
pub use overview::Overview;
pub use part::{Badge, Pager, Summary, Tab, Tone, moment};
pub use problem::Problem;
pub use shown_once::ShownOnce;
pub use system::{Setting, System};
pub use tokens::{TokenRow, Tokens};
pub use trial::{TrialForm, TrialReport, TrialWait};
pub use webhooks::{DeliveryRow, WebhookPage, WebhookRow, Webhooks};

#[cfg(test)]
pub(crate) mod tests;
