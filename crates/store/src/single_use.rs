//! Values that are good once: the database refuses the second insertion (invariant I22).

use vestibule_protocol::Timestamp;

/// What a value is good once for. A value of one purpose says nothing about another (invariant I15).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SingleUsePurpose {
    /// The `jti` of a client assertion (RFC 7523 §3).
    ClientAssertion,
    /// A one-time password's time step.
    OneTimePassword,
    /// A WebAuthn challenge.
    WebauthnChallenge,
    /// The `jti` of a DPoP proof (RFC 9449 §11.1).
    DpopProof,
    /// A form's token, where a second submission must change nothing.
    Form,
}

impl SingleUsePurpose {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::ClientAssertion => "client_assertion",
            Self::OneTimePassword => "one_time_password",
            Self::WebauthnChallenge => "webauthn_challenge",
            Self::DpopProof => "dpop_proof",
            Self::Form => "form",
        }
    }
}

/// A value that is good once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SingleUse {
    /// What it is good for.
    pub purpose: SingleUsePurpose,
    /// SHA-256 of whose it is and what it is.
    pub digest: [u8; 32],
    /// Until when it must be remembered; later it is refused for its age.
    pub expires_at: Timestamp,
}
