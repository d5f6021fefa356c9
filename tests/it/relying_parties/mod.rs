//! Relying parties that we did not write.

mod conformance;
mod openidconnect;
mod python;
