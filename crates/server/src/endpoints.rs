//! The protocol's endpoints: each parses, asks the room of the same name in `protocol`, and commits.
//!
//! [`client_auth`] is no endpoint: it is how clients prove who they are at all of them.

pub mod authorize;
pub mod client_auth;
pub mod discovery;
pub mod health;
pub mod introspect;
pub mod logout;
pub mod revoke;
pub mod token;
pub mod userinfo;

use actix_web::HttpRequest;
use actix_web::web::Payload;
use vestibule_protocol::params::Params;
use vestibule_protocol::refusal::Reason;
use zeroize::Zeroizing;

use crate::app::App;
use crate::http::answer::body_fault;
use crate::http::body;

/// The parameters of a form that was sent to an endpoint. Its text, which may hold a secret, is wiped.
async fn form(app: &App, http: &HttpRequest, payload: Payload) -> Result<Params, Reason> {
    let text = body::form(http, payload, app.form_bounds).await;
    let text = Zeroizing::new(text.map_err(|fault| body_fault(&fault))?);
    Params::parse(text.as_bytes()).map_err(|error| Reason::MalformedParameters { error })
}
