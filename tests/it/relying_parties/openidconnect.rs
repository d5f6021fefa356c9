//! The `openidconnect` crate as relying party: discovery, signature, claims, userinfo, refresh.

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreProviderMetadata, CoreUserInfoClaims,
};
use openidconnect::{
    AccessTokenHash, AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest,
    HttpResponse, IssuerUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl,
    Scope, TokenResponse as _,
};
use vestibule_tests::browser::{Browser, plain_client};
use vestibule_tests::on_both_databases;

/// The crate's requests over our client, which follows no redirect.
async fn fetch(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let (head, body) = request.into_parts();
    let answer = plain_client()
        .request(head.method, head.uri.to_string())
        .headers(head.headers)
        .body(body)
        .send()
        .await?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}

on_both_databases! {
    async fn the_whole_walk(server) {
        let rp = server.clinic();
        let issuer = IssuerUrl::new(rp.issuer.clone()).unwrap();
        let metadata = CoreProviderMetadata::discover_async(issuer, &fetch).await.unwrap();
        for auth_type in [AuthType::BasicAuth, AuthType::RequestBody] {
            let client = CoreClient::from_provider_metadata(
                metadata.clone(),
                ClientId::new(rp.client_id.clone()),
                Some(ClientSecret::new(rp.client_secret.clone())),
            )
            .set_auth_type(auth_type.clone())
            .set_redirect_uri(RedirectUrl::new(rp.redirect_uri.clone()).unwrap());
            let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
            let flow = CoreAuthenticationFlow::AuthorizationCode;
            let (url, state, nonce) = client
                .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
                .add_scopes(["profile", "email", "offline_access"].map(|s| Scope::new(s.to_owned())))
                .add_prompt(openidconnect::core::CoreAuthPrompt::Consent)
                .set_pkce_challenge(challenge)
                .url();
            let back = Browser::new().authorize(url.as_str(), &server.ada()).await;
            assert_eq!(back.get("state"), Some(state.secret().as_str()));

            let code = AuthorizationCode::new(back.code().to_owned());
            let request = client.exchange_code(code).unwrap().set_pkce_verifier(verifier);
            let tokens = request.request_async(&fetch).await.unwrap();
            let id_token = tokens.id_token().expect("openid gives an ID token");
            let verifier = client.id_token_verifier();
            let claims = id_token.claims(&verifier, &nonce).unwrap();
            let expected = claims.access_token_hash().expect("at_hash");
            let alg = id_token.signing_alg().unwrap();
            let key = id_token.signing_key(&verifier).unwrap();
            let hash = AccessTokenHash::from_token(tokens.access_token(), alg, key).unwrap();
            assert_eq!(&hash, expected);

            let subject = Some(claims.subject().clone());
            let request = client.user_info(tokens.access_token().clone(), subject).unwrap();
            let userinfo: CoreUserInfoClaims = request.request_async(&fetch).await.unwrap();
            assert_eq!(userinfo.email().unwrap().as_str(), "ada@clinic.test");
            assert_eq!(userinfo.email_verified(), Some(true));

            let refresh_token = tokens.refresh_token().expect("offline_access was granted");
            let request = client.exchange_refresh_token(refresh_token).unwrap();
            let refreshed = request.request_async(&fetch).await.unwrap();
            let again = refreshed.id_token().expect("a refresh renews the ID token");
            let verifier = client.id_token_verifier();
            // Without a nonce the crate is told that none is expected.
            let again = again.claims(&verifier, |_: Option<&Nonce>| Ok(())).unwrap();
            assert_eq!(again.subject(), claims.subject());
        }
    }
}
