//! What a hint says, to the two who can act on it.

use super::Hint;

impl Hint {
    /// What the vendor's developer should do.
    pub fn developer(&self) -> String {
        match self {
            Self::ScopeCommas { send } => format!("Send scope separated by spaces: {send}"),
            Self::ScopeMisspelt { word, nearest } => {
                format!("The scope {word} does not exist here; {nearest} is probably meant.")
            }
            Self::ImplicitFlow { received } => format!(
                "Your library asks for response_type={received}. Set it to the authorization code flow (response_type=code)."
            ),
            Self::PkcePlain => "Set the code challenge method of your library to S256.".to_owned(),
            Self::PkceMethodLeftOut => {
                "Add code_challenge_method=S256; without it the challenge counts as plain.".to_owned()
            }
            Self::VerifierIsChallenge => "You sent the code_challenge as code_verifier. Send the verifier itself; only the challenge is hashed.".to_owned(),
            Self::BasicForPost => "You sent the secret in the Authorization header. Set your library to client_secret_post (secret in the form).".to_owned(),
            Self::PostForBasic => "You sent the secret in the form. Set your library to client_secret_basic (Authorization header).".to_owned(),
            Self::SecretLeftOut => "You sent a client_id and no secret. Set client_secret in your settings.".to_owned(),
            Self::SecretOfPublicClient => "You sent a secret, and your client is registered without one. Leave it out, or ask the provider for a confidential client.".to_owned(),
            Self::SecretWithWhiteSpace => "Your secret is right but for a space or line break at its beginning or end. Remove it where the secret is stored; files often end with a line break.".to_owned(),
            Self::SecretEscapedTwice => "Your secret is right but was percent-encoded twice. Store it plain, and let one place encode it.".to_owned(),
            Self::SecretNotEscaped => "Your secret is right but was not form-encoded: a + in it arrived as a space. Build the body with the URL functions of your language.".to_owned(),
            Self::IdAndSecretSwapped => "client_id and client_secret are swapped in your settings. Swap them, and ask for a new secret: this one travelled in the place of a name.".to_owned(),
            Self::SecretOfOtherClient { .. } => "This secret belongs to another client_id here. Mostly the settings of test and live are mixed.".to_owned(),
            Self::SecretOutdated { .. } => "You still use an old secret. Install the current one.".to_owned(),
            Self::SentTwice { after_millis } => format!(
                "The same value came again after {after_millis} ms: look for an automatic retry, two workers, or a callback page that loads twice."
            ),
            Self::CodeOfOtherClient => "The code was issued to another client_id. Mostly the settings of test and live are mixed.".to_owned(),
            Self::JustExpired { late_by_seconds } => format!(
                "It came {late_by_seconds} s too late. Check your server's clock (NTP), and use the value as soon as you have it."
            ),
            Self::LocalhostRedirect => "You sent the address of a development machine. Use the registered address in this environment, or ask for a test client.".to_owned(),
            Self::DiscoveryUrlAsIssuer => "You set the discovery URL as issuer. Set the issuer only; your library appends /.well-known/openid-configuration.".to_owned(),
            Self::WrongIssuerPath { path } => format!(
                "There is no issuer at the path {path}. Copy the issuer from the hand-over sheet."
            ),
            Self::TokenRequestByGet { secret_in_url } => match secret_in_url {
                true => "Send token requests as POST with the parameters in the body. Your secret was in the URL: ask for a new one.".to_owned(),
                false => "Send token requests as POST with the parameters in the body.".to_owned(),
            },
            Self::JsonBody => "You sent JSON. Send the same fields as application/x-www-form-urlencoded.".to_owned(),
            Self::MultipartBody => "You sent multipart/form-data. Send the same fields as application/x-www-form-urlencoded.".to_owned(),
        }
    }

    /// What the admin should know beyond what the developer is told.
    pub fn admin(&self) -> String {
        match self {
            Self::BasicForPost | Self::PostForBasic => {
                format!("{} Or register the client with basic_or_post, which takes both.", self.developer())
            }
            Self::ScopeMisspelt { word, nearest } => format!(
                "The scope {word} is not registered for the client; {nearest} is probably meant. Mend it at the client, or register {word}."
            ),
            Self::SecretOfOtherClient { client } => format!(
                "The secret belongs to the client {client}. Mostly the vendor mixes the settings of test and live; the secret itself is not known to be in wrong hands."
            ),
            Self::SecretOutdated { label } => format!(
                "The vendor still uses the secret labelled {label:?}, which is over. Hand over the current one; if this was not the vendor, the old one has leaked."
            ),
            Self::TokenRequestByGet { secret_in_url: true } => {
                "The client sent its secret in the URL, where proxies log it. Add a new secret, have the vendor install it, and revoke the old one.".to_owned()
            }
            Self::IdAndSecretSwapped => {
                "The vendor has client_id and client_secret in each other's place. Have them swapped, then replace the secret.".to_owned()
            }
            Self::LocalhostRedirect => "A developer's machine used this client. Register a test client for development instead of adding localhost to a live one.".to_owned(),
            _ => self.developer(),
        }
    }

    /// The stable word: `scope_commas`.
    pub fn word(&self) -> String {
        let document = serde_json::to_value(self).unwrap_or_default();
        document.get("hint").and_then(|word| word.as_str()).unwrap_or_default().to_owned()
    }

    /// The hint as the vendor may have it: without what belongs to another client.
    #[must_use]
    pub fn for_vendor(self) -> Self {
        match self {
            Self::SecretOfOtherClient { .. } => {
                Self::SecretOfOtherClient { client: crate::ids::ClientId(String::new()) }
            }
            other => other,
        }
    }
}
