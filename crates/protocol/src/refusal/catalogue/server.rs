//! `VB-5xxx`: the server.

use super::{Entry, Mender, Situation, entry};

#[rustfmt::skip]
pub(super) static ENTRIES: &[Entry] = &[
    entry("VB-5001", "grant_across_organizations", "invalid_grant", Mender::Operator, Situation::SignInAgain,
        "The fault is the provider's. Give them the case code.",
        "Client, user and grant do not belong to one organization. This should not happen: report it.").heard_as("VB-4210"),
    entry("VB-5002", "too_many_requests", "temporarily_unavailable", Mender::Vendor, Situation::TooMany,
        "Too many requests came from your address. Wait as long as Retry-After says, and do not retry in a loop.",
        "Too many requests came from one place and were turned away for a while."),
    entry("VB-5003", "overloaded", "temporarily_unavailable", Mender::Operator, Situation::Unavailable,
        "The provider is busy. Try again after Retry-After.",
        "A queue is full and the request was turned away. If it lasts, the machine is too small for the load."),
    entry("VB-5004", "store_unavailable", "temporarily_unavailable", Mender::Operator, Situation::Unavailable,
        "The provider cannot answer at the moment; nothing was issued. Try again after Retry-After.",
        "The database did not answer; nothing was issued. Check the database and the disk.").heard_as("VB-5003"),
    entry("VB-5005", "server_fault", "server_error", Mender::Operator, Situation::Server,
        "The provider failed. Give them the case code.",
        "The server failed. The log of the same moment says why; report it."),
];
