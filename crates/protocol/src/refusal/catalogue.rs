//! The catalogue of refusals: a stable code for each, and three voices that explain it.
//!
//! `VB-1xxx` the request, `VB-2xxx` the client, `VB-3xxx` the user, `VB-4xxx` the session or grant,
//! `VB-5xxx` the server. A code is never given to another reason, also when its reason is gone.
//!
//! What callers must not tell apart, they hear under one code ([`Entry::heard_as`]): the `error_uri`
//! says exactly as much as the `error_description`.

mod client;
mod request;
mod server;
mod session;
mod user;

use super::Reason;

/// An entry of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The stable code, such as `VB-1101`.
    pub code: &'static str,
    /// The reason's word, as the event log has it.
    pub word: &'static str,
    /// The OAuth error that it is told as; empty for what no client is told.
    pub error: &'static str,
    /// Who can mend it.
    pub mender: Mender,
    /// What it means for the person who wanted to sign in.
    pub user: Situation,
    /// What the vendor's developer should do.
    pub developer: &'static str,
    /// What came, what was expected, and how to mend it, for the admin; the facts stand beside it.
    pub admin: &'static str,
    /// The code that callers hear; its own, unless that would give away too much.
    pub heard: &'static str,
}

/// Who can mend a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mender {
    /// The vendor's developer, at the client.
    Vendor,
    /// An admin, at the registration or the account.
    Admin,
    /// The person who signs in.
    User,
    /// Whoever runs the server.
    Operator,
    /// Nobody needs to: it is the right answer.
    Nobody,
}

impl Mender {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Vendor => "the vendor's developer",
            Self::Admin => "an admin here",
            Self::User => "the person who signs in",
            Self::Operator => "whoever runs this server",
            Self::Nobody => "nobody: it is the expected answer",
        }
    }
}

/// What a refusal means for the person who wanted to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Situation {
    /// The app is not registered here, or switched off.
    UnknownApp,
    /// The app asked to be answered at an address it has not registered.
    RedirectUri,
    /// The app's request cannot be read.
    Request,
    /// The app failed in a call that the person does not see.
    Background,
    /// The sign-in took too long.
    Expired,
    /// The sign-in was finished already.
    AlreadyDone,
    /// The browser did not send our cookie back.
    Cookies,
    /// A form did not come from our page.
    Forgery,
    /// The account may not use this app.
    NotAllowed,
    /// The person said no.
    OwnChoice,
    /// The person has to sign in once more.
    SignInAgain,
    /// Name or password was not right.
    Password,
    /// A link that was used or is too old.
    Link,
    /// Too many requests.
    TooMany,
    /// Too busy, or a part is down.
    Unavailable,
    /// A fault of ours.
    Server,
}

const fn entry(
    code: &'static str,
    word: &'static str,
    error: &'static str,
    mender: Mender,
    user: Situation,
    developer: &'static str,
    admin: &'static str,
) -> Entry {
    Entry { code, word, error, mender, user, developer, admin, heard: code }
}

impl Entry {
    const fn heard_as(mut self, code: &'static str) -> Self {
        self.heard = code;
        self
    }
}

/// Every entry, by code.
pub fn all() -> impl Iterator<Item = &'static Entry> {
    let rooms =
        [request::ENTRIES, client::ENTRIES, user::ENTRIES, session::ENTRIES, server::ENTRIES];
    rooms.into_iter().flatten()
}

/// The entry of a code, in any letter case.
pub fn by_code(code: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// The entry of a reason's word, as the event log has it.
pub fn by_word(word: &str) -> Option<&'static Entry> {
    all().find(|entry| entry.word == word)
}

/// What stands for a reason that lacks its entry; a test holds that there is none.
static UNEXPLAINED: Entry = entry(
    "VB-5000",
    "unexplained",
    "server_error",
    Mender::Operator,
    Situation::Server,
    "Give the provider the case code.",
    "This refusal has no explanation; report it.",
);

impl Reason {
    /// The catalogue's entry.
    pub fn entry(&self) -> &'static Entry {
        by_code(self.code()).unwrap_or(&UNEXPLAINED)
    }

    /// The catalogue's code. There is no wildcard arm: a new misdeed needs an explanation.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedParameters { .. } => "VB-1001",
            Self::RepeatedParameter { .. } => "VB-1002",
            Self::MissingParameter { .. } => "VB-1003",
            Self::ParameterTooLong { .. } => "VB-1004",
            Self::UnreadableBody { .. } => "VB-1005",
            Self::MethodNotAllowed { .. } => "VB-1006",
            Self::DiscoveryMisplaced { .. } => "VB-1007",
            Self::ResponseTypeMissing => "VB-1101",
            Self::ResponseTypeUnsupported { .. } => "VB-1102",
            Self::ResponseModeUnknown { .. } => "VB-1103",
            Self::RequestObjectUnsupported => "VB-1104",
            Self::RequestUriUnsupported => "VB-1105",
            Self::RegistrationUnsupported => "VB-1106",
            Self::ScopeMalformed { .. } => "VB-1107",
            Self::ScopeSeparatedByCommas { .. } => "VB-1108",
            Self::ScopeNotAllowed { .. } => "VB-1109",
            Self::StateRequired => "VB-1110",
            Self::NonceRequired => "VB-1111",
            Self::PromptNoneCombined { .. } => "VB-1112",
            Self::MaxAgeMalformed { .. } => "VB-1113",
            Self::ClaimsMalformed { .. } => "VB-1114",
            Self::PkceRequired => "VB-1115",
            Self::PkceChallengeMissing { .. } => "VB-1116",
            Self::PkceMethodUnsupported { .. } => "VB-1117",
            Self::PkceChallengeMalformed { .. } => "VB-1118",
            Self::IdTokenHintUnusable => "VB-1119",
            Self::AuthorizationScheme { .. } => "VB-1201",
            Self::BasicNotBase64 => "VB-1202",
            Self::BasicWithoutColon => "VB-1203",
            Self::BasicTooLong { .. } => "VB-1204",
            Self::SeveralAuthMethods => "VB-1205",
            Self::ClientIdContradiction { .. } => "VB-1206",
            Self::GrantTypeUnsupported { .. } => "VB-1207",
            Self::ScopeWidened { .. } => "VB-1208",
            Self::ClientAssertionUnsupported => "VB-1209",
            Self::BearerMissing => "VB-1301",
            Self::BearerMalformed => "VB-1302",
            Self::BearerInSeveralPlaces => "VB-1303",
            Self::BearerInQuery => "VB-1304",
            Self::ScopeInsufficient { .. } => "VB-1305",
            Self::TokenTypeUnsupported { .. } => "VB-1306",
            Self::LogoutHintUnusable => "VB-1401",
            Self::LogoutClientContradiction { .. } => "VB-1402",
            Self::LogoutRedirectWithoutClient { .. } => "VB-1403",
            Self::CrossSiteForm => "VB-1501",
            Self::LinkUnusable => "VB-1502",
            Self::ClientUnknown { .. } => "VB-2001",
            Self::ClientDisabled { .. } => "VB-2002",
            Self::RedirectUriMissing { .. } => "VB-2003",
            Self::RedirectUriMismatch { .. } => "VB-2004",
            Self::GrantTypeNotRegistered { .. } => "VB-2005",
            Self::ClientAuthMissing => "VB-2101",
            Self::AuthClientUnknown { .. } => "VB-2102",
            Self::AuthClientDisabled { .. } => "VB-2103",
            Self::AuthMethodNotRegistered { .. } => "VB-2104",
            Self::SecretNoneRegistered { .. } => "VB-2105",
            Self::SecretExpired { .. } => "VB-2106",
            Self::SecretRevoked { .. } => "VB-2107",
            Self::SecretWrong { .. } => "VB-2108",
            Self::CredentialsSwapped { .. } => "VB-2109",
            Self::ClientCredentialsOfPublicClient => "VB-2110",
            Self::CodeOfAnotherClient { .. } => "VB-2201",
            Self::RefreshTokenOfAnotherClient { .. } => "VB-2202",
            Self::TokenOfAnotherClient { .. } => "VB-2203",
            Self::GrantClientInactive { .. } => "VB-2204",
            Self::IntrospectionByPublicClient { .. } => "VB-2205",
            Self::LogoutClientUnknown { .. } => "VB-2301",
            Self::LogoutRedirectMismatch { .. } => "VB-2302",
            Self::AcrUnmet { .. } => "VB-3001",
            Self::UserNotInGroups { .. } => "VB-3002",
            Self::CancelledAtLogin => "VB-3003",
            Self::ConsentDeclined => "VB-3004",
            Self::GrantUserGone => "VB-3005",
            Self::GrantUserDisabled => "VB-3006",
            Self::GrantUserNotInGroups { .. } => "VB-3007",
            Self::AccessTokenWithoutUser => "VB-3008",
            Self::GrantOrganizationDisabled => "VB-3009",
            Self::TestUserAtLiveClient { .. } => "VB-3010",
            Self::GrantOfTestUser { .. } => "VB-3011",
            Self::UserNotInOrganizations { .. } => "VB-3012",
            Self::GrantUserNotInOrganizations { .. } => "VB-3013",
            Self::LoginRequired { .. } => "VB-4001",
            Self::InteractionRequired { .. } => "VB-4002",
            Self::ConsentRequired { .. } => "VB-4003",
            Self::AccountSelectionRequired => "VB-4004",
            Self::PendingUnknown => "VB-4005",
            Self::CookieMissing => "VB-4008",
            Self::PendingExpired { .. } => "VB-4006",
            Self::PendingCompleted { .. } => "VB-4007",
            Self::CodeUnknown => "VB-4101",
            Self::CodeReplayed { .. } => "VB-4102",
            Self::CodeExpired { .. } => "VB-4103",
            Self::CodeRedirectUriMissing { .. } => "VB-4104",
            Self::CodeRedirectUriMismatch { .. } => "VB-4105",
            Self::CodeVerifierMissing => "VB-4106",
            Self::CodeVerifierMalformed { .. } => "VB-4107",
            Self::CodeVerifierWrong { .. } => "VB-4108",
            Self::CodeVerifierUnexpected => "VB-4109",
            Self::RefreshTokenUnknown => "VB-4201",
            Self::RefreshTokenReused { .. } => "VB-4202",
            Self::RefreshTokenExpired { .. } => "VB-4203",
            Self::GrantTooOld { .. } => "VB-4204",
            Self::GrantRevoked { .. } => "VB-4205",
            Self::GrantBeforeNotBefore { .. } => "VB-4206",
            Self::GrantSessionOver { .. } => "VB-4207",
            Self::AccessTokenUnknown => "VB-4301",
            Self::AccessTokenExpired { .. } => "VB-4302",
            Self::AccessTokenRevoked { .. } => "VB-4303",
            Self::AccessTokenOrphaned { .. } => "VB-4304",
            Self::GrantAcrossOrganizations => "VB-5001",
            Self::TooManyRequests { .. } => "VB-5002",
            Self::Overloaded { .. } => "VB-5003",
            Self::StoreUnavailable { .. } => "VB-5004",
            Self::ServerFault { .. } => "VB-5005",
        }
    }
}
