//! Vestibule, an OAuth 2.0 and OpenID Connect provider: the edge, and the program.
//!
//! A request's way in: [`routes`] → [`endpoints`] or [`pages`] → a decision of `protocol` → the
//! store.
//!
//! | rooms | of a request |
//! |---|---|
//! | [`routes`], [`http`] | the one table of routes; the border between HTTP and our own values |
//! | [`endpoints`], [`access_tokens`] | the protocol's endpoints; tokens between their text and their row |
//! | [`flow`], [`pages`], [`sign_in`] | a browser's way through an authorization request, what it shows, and the password |
//! | [`attempt`] | what happens under one case code, and its lines of the event log |
//! | [`app`], [`core`] | what every handler is passed, and of it what every command works with |
//! | [`limits`] | rate limits by address |
//!
//! | rooms | of administration |
//! |---|---|
//! | [`services`] | every act of an administrator, once |
//! | [`admin`], [`api`], [`cli`], [`state`] | its four doors: console, REST, command line, declarative files |
//! | [`profiles`], [`sheet`] | what a named vendor needs, and what it is handed |
//! | [`relying_party`], [`playground`] | a client stood in for, by a trial or in the open |
//!
//! | rooms | of what goes on beside requests |
//! |---|---|
//! | [`background`], [`in_step`] | the jobs; whether the clock may be believed where they delete |
//! | [`client_cache`], [`brands`], [`documents`] | what a node remembers of the database |
//! | [`signing_keys`], [`key_watch`], [`resealing`] | keys between rows and ring; who has seen them; a new master key |
//! | [`secret_uses`], [`userinfo_reads`] | what requests leave to be noted after them |
//! | [`mail`], [`webhooks`], [`outbound`] | what is sent, and the one way out |
//!
//! | rooms | of the process |
//! |---|---|
//! | [`config`], [`issuer`] | what is set, read once; who we are on the web |
//! | [`serve`], [`listener`], [`tls`] | listening, and stopping without losing anybody |
//! | [`telemetry`] | logs, metrics, traces |
//! | [`clock`], [`random`], [`bounded`] | the only doors to time and randomness; reading a named file |
//! | [`assets`], [`i18n`], [`catalogue`] | files beside the pages; texts in the reader's language; the errors explained |

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
