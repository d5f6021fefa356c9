//! Declarative files: what an installation is to hold, as TOML.
//!
//! | room | owns |
//! |---|---|
//! | [`document`] | what a document states, as types |
//! | [`read`] | from files to those types; all faults at once, each with line and column |
//! | [`plan`] | what differs between a document and what stands |
//! | [`render`] | the differences, for people and for programs |
//! | [`apply`] | carrying a plan out, through the same services as every other door |
//! | [`export`] | a document of what stands |
//!
//! A file states whole objects by stable ids, and only those that it names. What it stated once is
//! marked as managed by it; only such objects are pruned, and only when asked.

pub mod apply;
pub mod document;
pub mod export;
mod faults;
pub mod plan;
pub mod read;
pub mod render;
mod table;
#[cfg(test)]
mod tests;

pub use faults::Faults;
