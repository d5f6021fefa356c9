//! Clients made from the vendor profiles behave as the vendors' documents say.

mod healthie;
mod unomed;
