use super::*;
use crate::bearer;
use crate::fixtures::*;
use crate::scope::Scope;

fn access() -> AccessTokenRecord {
    AccessTokenRecord {
        id: AccessTokenId(3001),
        digest: bearer::digest("token"),
        org: client().org,
        client: client().key,
        grant: Some(GrantId(1001)),
        scope: Scope::default(),
        issued_at: ago(10),
        expires_at: later(290),
        revoked_at: None,
    }
}

#[test]
fn rfc7009_2_1_a_refresh_token_ends_its_family_an_access_token_itself() {
    let (access, grant) = (access(), grant("openid"));
    let by_owner = |found| decide(Some(&found), &client());
    assert_eq!(by_owner(Found::Access(&access)), Ok(Revocation::AccessToken(AccessTokenId(3001))));
    assert_eq!(by_owner(Found::Refresh(&grant)), Ok(Revocation::Grant(GrantId(1001))));
}

#[test]
fn rfc7009_2_1_a_token_of_another_client_is_refused_and_stays() {
    let (access, grant) = (access(), grant("openid"));
    for found in [Found::Access(&access), Found::Refresh(&grant)] {
        let reason = decide(Some(&found), &other_client()).unwrap_err();
        assert_eq!((reason.wire().code.as_str(), reason.wire().status), ("invalid_grant", 400));
    }
}

#[test]
fn rfc7009_2_2_an_unknown_token_is_as_good_as_revoked() {
    assert_eq!(decide(None, &client()), Ok(Revocation::Nothing));
}

#[test]
fn rfc7009_2_2_1_what_is_no_token_of_the_two_kinds_is_unsupported() {
    let session = Opaque::<SessionToken>::new(1, [1; 32]).text();
    for text in [code().text(), session] {
        let reason = token(&params(&[("token", &text)])).unwrap_err();
        assert_eq!(reason.wire().code.as_str(), "unsupported_token_type");
    }
    let refresh = refresh_token(1).text();
    for text in [refresh.as_str(), "ey.J.x", "anything"] {
        let params = params(&[("token", text), ("token_type_hint", "frob")]);
        assert_eq!(token(&params), Ok(text));
    }
    assert_eq!(token(&params(&[])).unwrap_err().wire().code.as_str(), "invalid_request");
}
