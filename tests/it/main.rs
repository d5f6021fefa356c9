//! Integration tests, one binary. The folders mirror the routes; `relying_parties` and `browser`
//! are judges that we did not write.

mod backup;
mod browser;
mod cli;
mod documents;
mod doors;
mod drills;
mod hostile;
mod mail;
mod master_key;
mod people;
mod profiles;
mod promises;
mod relying_parties;
mod routes;
mod state;
mod store;
mod vendors;
mod webhooks;
