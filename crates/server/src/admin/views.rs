//! What each page of the console shows: one struct a page, as [`crate::pages::views`] has it.
//!
//! The console speaks English alone, so its texts stand in `templates/admin/`. What several pages
//! use is a struct with a template of its own: [`Field`], [`Summary`], [`Pager`], [`Badge`].

mod confirm;
mod field;
mod frame;
mod overview;
mod part;
mod problem;
mod trial;

pub use confirm::Confirm;
pub use field::{Choice, Field};
pub use frame::{Crumb, Frame, Section};
pub use overview::Overview;
pub use part::{Badge, Pager, Summary, Tab, Tone, moment};
pub use problem::Problem;
pub use trial::{TrialForm, TrialReport, TrialWait};

#[cfg(test)]
pub(crate) mod tests;
