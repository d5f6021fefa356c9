//! The border between HTTP and our own values.

pub mod answer;
pub mod body;
pub mod caller;
pub mod chunks;
pub mod connections;
pub mod cookies;
pub mod cors;
pub mod csp;
pub mod elsewhere;
pub mod forms;
pub mod multipart;
pub mod observe;
