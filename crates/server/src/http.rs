//! The border between HTTP and our own values.
//!
//! | rooms | own |
//! |---|---|
//! | [`observe`] | what every request gets, whatever its route: a name, bounds, common headers, one line of the log |
//! | [`connections`] | how many one address holds, and those on which nothing goes on |
//! | [`caller`] | who is calling, behind trusted proxies |
//! | [`body`], [`multipart`], [`chunks`] | what comes: a form, a form with a file, a stream, each within bounds |
//! | [`forms`], [`elsewhere`] | our own forms told from forged ones; what another site's form made the browser send |
//! | [`answer`] | the one place where a refusal becomes HTTP |
//! | [`csp`], [`cors`], [`cookies`] | what a browser may do with an answer, who may read it, what it keeps |

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
