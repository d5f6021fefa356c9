//! Relying parties that we did not write.

mod openidconnect;
mod python;
