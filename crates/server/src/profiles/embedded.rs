//! The profiles that come with the program: `profiles/*.toml`.

/// A profile file.
pub(super) struct Embedded {
    /// Its name, which is also the file's.
    pub(super) name: &'static str,
    /// Its text.
    pub(super) text: &'static str,
}

/// A plain list, held to the folder by a test: it costs no build step.
macro_rules! embedded {
    ($($name:literal),* $(,)?) => {
        &[$(Embedded {
            name: $name,
            text: include_str!(concat!("../../../../profiles/", $name, ".toml")),
        }),*]
    };
}

/// All of them; what fits any vendor comes last.
pub(super) const EMBEDDED: &[Embedded] = embedded![
    "atlassian-data-center",
    "auth0",
    "aws-cognito",
    "azure-ad-b2c",
    "cloudflare-access",
    "discourse",
    "elation",
    "entra-external-id",
    "firebase",
    "freshworks",
    "freshworks-jwt",
    "gitlab",
    "grafana",
    "healthie",
    "healthkey",
    "healthy-roster",
    "jupyterhub",
    "keycloak",
    "matrix-synapse",
    "mattermost",
    "moodle",
    "nextcloud",
    "nhs-login-rp",
    "okta",
    "pkb-pairing",
    "salesforce",
    "smart-on-fhir",
    "unomed",
    "wordpress",
    "zendesk",
    "zendesk-jwt",
    "generic-oidc",
    "generic-oauth2",
];
