//! What the operator reads: a stable code and a sentence for each reason.
//!
//! `VB-1xxx` the request, `VB-2xxx` the client, `VB-3xxx` the user, `VB-4xxx` the session or grant,
//! `VB-5xxx` the server. A code is never given to another reason, also when its reason is gone.

use super::Reason;

/// An entry of the catalogue of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The stable code, such as `VB-1101`.
    pub code: &'static str,
    /// What came, what was expected, and how to mend it; the facts stand beside it.
    pub explanation: &'static str,
}

const fn entry(code: &'static str, explanation: &'static str) -> Entry {
    Entry { code, explanation }
}

impl Reason {
    /// The catalogue's entry. There is no wildcard arm: a new misdeed needs an explanation.
    #[rustfmt::skip]
    pub fn entry(&self) -> Entry {
        match self {
            Self::MalformedParameters { .. } => entry("VB-1001", "The query or form is not urlencoded text within bounds. The fault names the parameter by its position; the client must encode what it sends."),
            Self::UnreadableBody { .. } => entry("VB-1005", "The body is not a form, is larger than the bound, or did not arrive in time. The client must send application/x-www-form-urlencoded within limits.form_body and limits.body_timeout."),
            Self::RepeatedParameter { .. } => entry("VB-1002", "A parameter came more than once, which RFC 6749 forbids. The client must send it once; look for a proxy or a hand-built URL that appends it again."),
            Self::MissingParameter { .. } => entry("VB-1003", "A required parameter is missing or empty. The client must send it; if it believes it does, check that the form is sent as application/x-www-form-urlencoded."),
            Self::ParameterTooLong { .. } => entry("VB-1004", "A value is longer than what we keep. The client must shorten it, for instance by keeping its own state on its server and sending a reference."),

            Self::ResponseTypeMissing => entry("VB-1101", "response_type did not come; the client must send response_type=code."),
            Self::ResponseTypeUnsupported { .. } => entry("VB-1102", "The client asked for a response_type other than code. Set its library to the authorization code flow."),
            Self::ResponseModeUnknown { .. } => entry("VB-1103", "response_mode must be query, fragment or form_post, or be left out."),
            Self::RequestObjectUnsupported => entry("VB-1104", "The client sent a request object. Set its library to send plain parameters."),
            Self::RequestUriUnsupported => entry("VB-1105", "The client sent request_uri. Set its library to send plain parameters."),
            Self::RegistrationUnsupported => entry("VB-1106", "The client sent the registration parameter of self-issued providers. Register the client here instead."),
            Self::ScopeMalformed { .. } => entry("VB-1107", "scope is not a list of words separated by single spaces. Compare the received text with the client's library settings."),
            Self::ScopeSeparatedByCommas { .. } => entry("VB-1108", "scope came as one word with commas in it. Separate the words by spaces in the client's settings."),
            Self::ScopeNotAllowed { .. } => entry("VB-1109", "None of the words of scope is allowed to the client. Add the needed ones to the client, or mend their spelling at the client."),
            Self::StateRequired => entry("VB-1110", "The registration demands state and none came. Set the client's library to send it, or relax the registration."),
            Self::NonceRequired => entry("VB-1111", "The registration demands nonce and none came. Set the client's library to send it, or relax the registration."),
            Self::PromptNoneCombined { .. } => entry("VB-1112", "prompt=none came together with another value; the two contradict each other. The client must send one of them."),
            Self::MaxAgeMalformed { .. } => entry("VB-1113", "max_age must be a whole number of seconds."),
            Self::ClaimsMalformed { .. } => entry("VB-1114", "claims is not the JSON object of OpenID Connect Core section 5.5; the fault says where it breaks."),
            Self::PkceRequired => entry("VB-1115", "The client must use PKCE and sent no code_challenge. Switch PKCE on in its library; if the library cannot, make PKCE optional for this confidential client."),
            Self::PkceChallengeMissing { .. } => entry("VB-1116", "code_challenge_method came without code_challenge. The client must send both."),
            Self::PkceMethodUnsupported { .. } => entry("VB-1117", "The only PKCE method is S256; leaving the method out means plain, which is refused. Set the client's library to S256."),
            Self::PkceChallengeMalformed { .. } => entry("VB-1118", "code_challenge must be the 43 characters of an unpadded base64url SHA-256. The client computes it wrongly."),
            Self::IdTokenHintUnusable => entry("VB-1119", "id_token_hint is not an ID token that this issuer signed. The client must send the ID token it got here, or none."),

            Self::AuthorizationScheme { .. } => entry("VB-1201", "The Authorization header has a scheme other than Basic. Client credentials travel by Basic or in the form."),
            Self::BasicNotBase64 => entry("VB-1202", "What follows Basic is not base64 of UTF-8 text. The client must encode id, colon and secret together."),
            Self::BasicWithoutColon => entry("VB-1203", "The decoded Basic credentials have no colon between id and secret."),
            Self::BasicTooLong { .. } => entry("VB-1204", "The Authorization header is longer than any credentials we hand out."),
            Self::SeveralAuthMethods => entry("VB-1205", "Client credentials came in the header and in the form. Set the client to one method."),
            Self::ClientIdContradiction { .. } => entry("VB-1206", "client_id in the form is not the one in the Authorization header. The client mixes two registrations."),
            Self::GrantTypeUnsupported { .. } => entry("VB-1207", "grant_type must be authorization_code, refresh_token or client_credentials."),
            Self::ScopeWidened { .. } => entry("VB-1208", "The refresh asks for scope that the user did not grant. To get more, the client must send the user through sign-in again."),
            Self::ClientAssertionUnsupported => entry("VB-1209", "The client sent a client assertion. Set its library to client_secret_basic or client_secret_post, as registered."),

            Self::BearerMissing => entry("VB-1301", "No access token came. The client must send it as Authorization: Bearer."),
            Self::BearerMalformed => entry("VB-1302", "The Authorization header or the form holds no readable token."),
            Self::BearerInSeveralPlaces => entry("VB-1303", "The token came in the header and in the form. The client must send it in one place."),
            Self::BearerInQuery => entry("VB-1304", "The token came in the URL, where logs and histories keep it. The client must send it in the Authorization header, and get a new token."),
            Self::ScopeInsufficient { .. } => entry("VB-1305", "The token lacks the scope that is needed here. The client must ask for it at sign-in."),
            Self::TokenTypeUnsupported { .. } => entry("VB-1306", "Something that is neither access nor refresh token was to be revoked."),

            Self::LogoutHintUnusable => entry("VB-1401", "id_token_hint is not an ID token that this issuer signed. The client must send the ID token it got here."),
            Self::LogoutClientContradiction { .. } => entry("VB-1402", "client_id is not the client that id_token_hint was issued to. The client mixes two registrations."),
            Self::LogoutRedirectWithoutClient { .. } => entry("VB-1403", "post_logout_redirect_uri came, but nothing says whose. The client must send id_token_hint or client_id."),
            Self::LinkUnusable => entry("VB-1502", "A one-time link was opened that was used before, replaced by a newer one, or is past its end. Make a new one with: vestibule admin link."),
            Self::CrossSiteForm => entry("VB-1501", "A form came without the token of its own page: from another site, or from a page older than the session."),

            Self::ClientUnknown { .. } => entry("VB-2001", "No client has this client_id. Compare it with the list of clients: other environment, missing characters, the secret in its place?"),
            Self::ClientDisabled { .. } => entry("VB-2002", "The client is switched off. Switch it on if it shall be used."),
            Self::RedirectUriMissing { .. } => entry("VB-2003", "redirect_uri did not come, and the client has not exactly one registered. The client must send it."),
            Self::RedirectUriMismatch { .. } => entry("VB-2004", "redirect_uri is not registered byte for byte. Compare received and nearest: register the received one if it is the client's, or mend the client's settings."),
            Self::GrantTypeNotRegistered { .. } => entry("VB-2005", "The client used a grant type it is not registered for. Add the grant type to the client if it shall use it."),
            Self::ClientAuthMissing => entry("VB-2101", "No client credentials came. Set the client to send its id and secret by its registered method; a proxy may have removed the Authorization header."),
            Self::AuthClientUnknown { .. } => entry("VB-2102", "No client has the client_id of these credentials. Compare it with the list of clients: other environment, missing characters?"),
            Self::AuthClientDisabled { .. } => entry("VB-2103", "The client is switched off. Switch it on if it shall be used."),
            Self::AuthMethodNotRegistered { .. } => entry("VB-2104", "The client authenticated by a method it is not registered for. Change the method at the client, or the registration (basic_or_post takes both)."),
            Self::SecretNoneRegistered { .. } => entry("VB-2105", "The client has no secret. Add one and hand it to the vendor."),
            Self::SecretExpired { .. } => entry("VB-2106", "The secret is right and has expired. Add a new one and hand it to the vendor."),
            Self::SecretRevoked { .. } => entry("VB-2107", "The secret is right and was revoked. The vendor must install the current one; if this was not the vendor, the secret has leaked."),
            Self::SecretWrong { .. } => entry("VB-2108", "The secret is wrong. The diagnosis says whether white space or escaping spoils it; otherwise hand out a new one."),
            Self::CredentialsSwapped { .. } => entry("VB-2109", "The client's id was sent as its secret and the other way round. Swap the two at the client, and replace the secret: it travelled in the place of a name."),
            Self::ClientCredentialsOfPublicClient => entry("VB-2110", "A client without secret asked for client_credentials. Register it as a confidential client if it runs on a server."),
            Self::CodeOfAnotherClient { .. } => entry("VB-2201", "A code was presented by a client it was not issued to. The client mixes two registrations, or the code was stolen; the code itself stays good."),
            Self::RefreshTokenOfAnotherClient { .. } => entry("VB-2202", "A refresh token was presented by a client it was not issued to. The client mixes two registrations, or the token was stolen."),
            Self::TokenOfAnotherClient { .. } => entry("VB-2203", "A client asked about, or tried to revoke, a token of another client."),
            Self::GrantClientInactive { .. } => entry("VB-2204", "The client was switched off after the user agreed."),
            Self::IntrospectionByPublicClient { .. } => entry("VB-2205", "A client without secret asked about a token. Only confidential clients may."),
            Self::LogoutClientUnknown { .. } => entry("VB-2301", "No active client has the client_id that asks for logout."),
            Self::LogoutRedirectMismatch { .. } => entry("VB-2302", "post_logout_redirect_uri is not registered byte for byte. Compare received and nearest, and register it if it is the client's."),

            Self::AcrUnmet { .. } => entry("VB-3001", "The client calls an authentication class essential that this user cannot reach. Enrol the user for it, or let the client ask for less."),
            Self::UserNotInGroups { .. } => entry("VB-3002", "The user is in none of the groups that the client is limited to. Add the user to one, or widen the client's groups."),
            Self::CancelledAtLogin => entry("VB-3003", "The user gave up signing in."),
            Self::ConsentDeclined => entry("VB-3004", "The user declined to share with the client."),
            Self::GrantUserGone => entry("VB-3005", "The user's account was deleted after the user agreed."),
            Self::GrantUserDisabled => entry("VB-3006", "The user's account was switched off after the user agreed."),
            Self::GrantUserNotInGroups { .. } => entry("VB-3007", "The user left the groups that the client is limited to."),
            Self::TestUserAtLiveClient { .. } => entry("VB-3010", "The user is a test user and this is the live registration of the client. Test users reach test registrations only: use a real user, or take the mark off the user."),
            Self::GrantOfTestUser { .. } => entry("VB-3011", "The user is a test user, or the client's registration is live, since the user agreed. Test users reach test registrations only."),
            Self::GrantOrganizationDisabled => entry("VB-3009", "The organization of client and user is switched off."),
            Self::AccessTokenWithoutUser => entry("VB-3008", "A token of the client itself was sent where a user's is needed. Use the token of a signed-in user."),

            Self::LoginRequired { .. } => entry("VB-4001", "prompt=none came, but the user has to sign in. That is the expected answer; the client must send the user again without prompt=none."),
            Self::InteractionRequired { .. } => entry("VB-4002", "prompt=none came, but the user has to do more than before. The client must send the user again without prompt=none."),
            Self::ConsentRequired { .. } => entry("VB-4003", "prompt=none came, but the user has not agreed to all that is asked. The client must send the user once without prompt=none."),
            Self::AccountSelectionRequired => entry("VB-4004", "prompt=none came, but the user has to choose an account. The client must send the user again without prompt=none."),
            Self::PendingUnknown => entry("VB-4005", "The sign-in page does not belong to a request of this browser: cookies blocked, another browser, a bookmarked page, or long ago. Start again at the client."),
            Self::PendingExpired { .. } => entry("VB-4006", "The sign-in page stood open for too long. Start again at the client."),
            Self::PendingCompleted { .. } => entry("VB-4007", "The request was answered before, mostly by the back button. Start again at the client."),
            Self::CodeUnknown => entry("VB-4101", "The code is not one of ours: cut off, altered, of another installation, or purged long after its end."),
            Self::CodeReplayed { .. } => entry("VB-4102", "The code was used before; all tokens from it are revoked. Mostly the client sent the request twice (a retry, a reloaded callback page); otherwise the code was stolen."),
            Self::CodeExpired { .. } => entry("VB-4103", "The code was exchanged too late. The client must exchange it at once; compare its delay."),
            Self::CodeRedirectUriMissing { .. } => entry("VB-4104", "The authorization request named redirect_uri, the token request does not. The client must send the same one again."),
            Self::CodeRedirectUriMismatch { .. } => entry("VB-4105", "The token request names another redirect_uri than the authorization request. The client must send the same bytes in both."),
            Self::CodeVerifierMissing => entry("VB-4106", "The authorization request had a code_challenge, the token request has no code_verifier. The client lost it between the two: check its session."),
            Self::CodeVerifierMalformed { .. } => entry("VB-4107", "code_verifier must be 43 to 128 characters of A-Z, a-z, 0-9 and - . _ ~."),
            Self::CodeVerifierWrong => entry("VB-4108", "code_verifier does not match code_challenge: two tabs of one session, a wrongly computed challenge, or a code injected by somebody else."),
            Self::CodeVerifierUnexpected => entry("VB-4109", "code_verifier came although the authorization request had no code_challenge. The client's settings differ between the two requests, or somebody removed the challenge."),
            Self::RefreshTokenUnknown => entry("VB-4201", "The refresh token is not one of ours: cut off, altered, of another installation, or purged long after its end."),
            Self::RefreshTokenReused { .. } => entry("VB-4202", "A refresh token was used again after its successor; the family is revoked. Either it was stolen, or the client does not keep the newest token (several processes, a restored backup)."),
            Self::RefreshTokenExpired { .. } => entry("VB-4203", "The refresh token was not used for too long. The user has to sign in again."),
            Self::GrantTooOld { .. } => entry("VB-4204", "The grant reached its longest life. The user has to sign in again."),
            Self::GrantRevoked { .. } => entry("VB-4205", "The grant was revoked: by the client, the user, an admin, or a replay."),
            Self::GrantBeforeNotBefore { .. } => entry("VB-4206", "The user signed out everywhere, or changed the password, after agreeing. The user has to sign in again."),
            Self::GrantSessionOver { .. } => entry("VB-4207", "The session that the grant lives in is over. For access beyond it the client needs offline_access."),
            Self::AccessTokenUnknown => entry("VB-4301", "The access token is not one of ours: cut off, altered, of another installation, or purged after its end."),
            Self::AccessTokenExpired { .. } => entry("VB-4302", "The access token has expired. The client must refresh, or send the user again; compare its clock."),
            Self::AccessTokenRevoked { .. } => entry("VB-4303", "The access token was revoked."),
            Self::AccessTokenOrphaned { .. } => entry("VB-4304", "What the access token came from no longer stands; the inner reason says what."),

            Self::GrantAcrossOrganizations => entry("VB-5001", "Client, user and grant do not belong to one organization. This should not happen: report it."),
            Self::TooManyRequests { .. } => entry("VB-5002", "Too many requests came from one place and were turned away for a while."),
            Self::Overloaded { .. } => entry("VB-5003", "A queue is full and the request was turned away. If it lasts, the machine is too small for the load."),
            Self::StoreUnavailable { .. } => entry("VB-5004", "The database did not answer; nothing was issued. Check the database and the disk."),
            Self::ServerFault { .. } => entry("VB-5005", "The server failed. The log of the same moment says why; report it."),
        }
    }
}
