//! What can be measured.

use clap::ValueEnum;

/// One kind of operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// GET the provider's metadata.
    Discovery,
    /// GET the key set.
    Jwks,
    /// The client credentials grant.
    ClientCredentials,
    /// With a session: an authorization request, then its code redeemed. Two requests.
    Code,
    /// A refresh with a new ID token.
    Refresh,
    /// A person's claims for an access token.
    Userinfo,
    /// Token introspection.
    Introspect,
    /// An empty cookie jar, the sign-in form, the password, the code redeemed.
    SignIn,
}

impl Scenario {
    /// All of them, in the order they are run.
    pub const ALL: [Self; 8] = [
        Self::Discovery,
        Self::Jwks,
        Self::ClientCredentials,
        Self::Code,
        Self::Refresh,
        Self::Userinfo,
        Self::Introspect,
        Self::SignIn,
    ];

    /// Its name on the command line and in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Discovery => "discovery",
            Self::Jwks => "jwks",
            Self::ClientCredentials => "client-credentials",
            Self::Code => "code",
            Self::Refresh => "refresh",
            Self::Userinfo => "userinfo",
            Self::Introspect => "introspect",
            Self::SignIn => "sign-in",
        }
    }
}
