//! Vestibule, an OAuth 2.0 and OpenID Connect provider: the edge, and the program.
//!
//! A request's way in: [`routes`] → [`endpoints`] or [`pages`] → a decision of `protocol` → the
//! store. [`app`] is the state that handlers share, [`serve`] what listens, [`services`] what the
//! command line does.

pub mod access_tokens;
pub mod admin;
pub mod api;
pub mod app;
pub mod assets;
pub mod attempt;
pub mod background;
pub mod bounded;
pub mod brands;
pub mod catalogue;
pub mod cli;
pub mod client_cache;
pub mod clock;
pub mod config;
pub mod core;
pub mod documents;
pub mod endpoints;
pub mod flow;
pub mod giving_up;
pub mod http;
pub mod i18n;
pub mod in_step;
pub mod issuer;
pub mod key_watch;
pub mod limits;
pub mod listener;
pub mod mail;
pub mod outbound;
pub mod pages;
pub mod playground;
pub mod profiles;
pub mod random;
pub mod relying_party;
pub mod resealing;
pub mod routes;
pub mod secret_uses;
pub mod serve;
pub mod services;
pub mod sheet;
pub mod sign_in;
pub mod signing_keys;
pub mod state;
pub mod telemetry;
pub mod tls;
pub mod userinfo_reads;
pub mod webhooks;
