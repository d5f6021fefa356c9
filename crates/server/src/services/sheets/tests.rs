use vestibule_keys::MasterKey;
use vestibule_protocol::admin::{Permission, Rights};
use vestibule_protocol::ids::OrgId;

use super::*;
use crate::services::clients::{NewClient, Registered};
use crate::services::testing::Installation;

const WEEK: Duration = Duration::from_secs(7 * DAY);

async fn unomed(act: Act<'_>) -> (Client, Zeroizing<String>) {
    let new = NewClient { profile: Some("unomed".to_owned()), ..NewClient::default() };
    let Registered { client, secret, .. } = clients::add(act, new).await.unwrap();
    (client, secret.unwrap())
}

async fn shared_secret(act: Act<'_>) -> (Client, Zeroizing<String>, String) {
    let (client, text) = unomed(act).await;
    let kept = client.secrets.first().unwrap();
    let link = share_secret(act, &client, kept, &text, WEEK).await.unwrap();
    let token = link.url.strip_prefix("https://id.example/handover/secret/").unwrap().to_owned();
    (client, text, token)
}

#[tokio::test]
async fn i16_a_secret_behind_a_link_is_sealed_until_it_is_taken_and_gone_afterwards() {
    let installation = Installation::new().await;
    let act = installation.act();
    let (_, text, token) = shared_secret(act).await;
    let offer = open_secret(act.core, &token, act.now).await.unwrap().unwrap();
    let kept = offer.link.data.to_string();
    assert!(kept.contains("v1.") && !kept.contains(text.as_str()) && !kept.contains(&token));
    assert_eq!(take_secret(act, &offer).await.unwrap().unwrap().as_str(), text.as_str());
    assert!(take_secret(act, &offer).await.unwrap().is_none(), "once");
    assert!(open_secret(act.core, &token, act.now).await.unwrap().is_none());
    let rows = act.core.store.links(act.org, &[SECRET], act.now).await.unwrap();
    assert!(!rows.first().unwrap().data.to_string().contains("sealed"));
}

#[tokio::test]
async fn a_link_ends_with_its_time_its_secret_and_its_revocation() {
    let installation = Installation::new().await;
    let act = installation.act();
    let (client, _, token) = shared_secret(act).await;
    let opens = async || open_secret(act.core, &token, act.now).await.unwrap().is_some();
    assert!(opens().await);
    let later = act.now.plus(WEEK);
    assert!(open_secret(act.core, &token, later).await.unwrap().is_none(), "expired");
    let prefix = client.secrets.first().unwrap().prefix.clone();
    clients::revoke_secret(act, &client.client_id.0, &prefix).await.unwrap();
    assert!(!opens().await, "nobody is handed a secret that does not work");

    let (client, _, token) = shared_secret(act).await;
    let link = shared(act, &client.client_id.0).await.unwrap().remove(0);
    revoke(act, &client.client_id.0, link.id).await.unwrap();
    assert!(open_secret(act.core, &token, act.now).await.unwrap().is_none());
    let again = revoke(act, &client.client_id.0, link.id).await.unwrap_err();
    assert!(matches!(again, ServiceFault::NotFound { .. }));
}

#[tokio::test]
async fn i15_a_link_to_a_sheet_opens_no_secret_and_the_other_way_round() {
    let installation = Installation::new().await;
    let act = installation.act();
    let (client, _, token) = shared_secret(act).await;
    assert!(open(act.core, &token, act.now).await.unwrap().is_none());
    let link = share(act, &client.client_id.0, WEEK).await.unwrap();
    let token = link.url.rsplit('/').next().unwrap();
    assert!(open(act.core, token, act.now).await.unwrap().is_some());
    assert!(open_secret(act.core, token, act.now).await.unwrap().is_none());
    for bad in ["", "x", "vst_link_x", &token[..token.len() - 1], &format!("{token}A")] {
        assert!(open(act.core, bad, act.now).await.unwrap().is_none(), "{bad:?}");
    }
}

#[tokio::test]
async fn i26_a_foreign_client_and_a_foreign_link_answer_like_unknown_ones() {
    let installation = Installation::new().await;
    let act = installation.act();
    let (client, _) = unomed(act).await;
    let (other, _) = unomed(act).await;
    let id = client.client_id.0.as_str();
    share(act, id, WEEK).await.unwrap();
    let link = shared(act, id).await.unwrap().remove(0);
    let foreign = revoke(act, &other.client_id.0, link.id).await.unwrap_err().to_string();
    let unknown = revoke(act, &other.client_id.0, 1).await.unwrap_err().to_string();
    assert_eq!(foreign.replace(&link.id.to_string(), "1"), unknown);
    let elsewhere = Act { org: OrgId(4711), ..act };
    for fault in [
        sheet(elsewhere, id).await.map(drop).unwrap_err(),
        share(elsewhere, id, WEEK).await.map(drop).unwrap_err(),
        shared(elsewhere, id).await.map(drop).unwrap_err(),
        revoke(elsewhere, id, link.id).await.unwrap_err(),
    ] {
        assert!(matches!(fault, ServiceFault::NotFound { what: "client", .. }), "{fault}");
    }
}

#[tokio::test]
async fn i27_reading_makes_no_links() {
    let installation = Installation::new().await;
    let act = installation.act();
    let (client, text) = unomed(act).await;
    let id = client.client_id.0.as_str();
    let reader = Act { rights: Rights::of([Permission::ClientsRead]), ..act };
    assert!(sheet(reader, id).await.is_ok() && shared(reader, id).await.is_ok());
    let nobody = Act { rights: Rights::NONE, ..act };
    assert!(matches!(sheet(nobody, id).await, Err(ServiceFault::Forbidden { .. })));
    let kept = client.secrets.first().unwrap();
    for fault in [
        share(reader, id, WEEK).await.map(drop).unwrap_err(),
        share_secret(reader, &client, kept, &text, WEEK).await.map(drop).unwrap_err(),
        revoke(reader, id, 1).await.unwrap_err(),
    ] {
        assert!(matches!(fault, ServiceFault::Forbidden { .. }), "{fault}");
    }
}

#[tokio::test]
async fn lifetimes_have_bounds() {
    let installation = Installation::new().await;
    let act = installation.act();
    let (client, _) = unomed(act).await;
    for seconds in [0, 59, 90 * DAY + 1, u64::MAX] {
        let fault = share(act, &client.client_id.0, Duration::from_secs(seconds)).await;
        assert!(matches!(fault, Err(ServiceFault::Invalid(_))), "{seconds}");
    }
    assert!(check_secret_lifetime(Duration::from_secs(31 * DAY)).is_err());
    assert!(check_secret_lifetime(WEEK).is_ok());
}

#[tokio::test]
async fn what_a_link_carries_moves_to_a_new_master_key() {
    let installation = Installation::new().await;
    let act = installation.act();
    let (_, text, token) = shared_secret(act).await;
    let link = open_secret(act.core, &token, act.now).await.unwrap().unwrap().link;
    assert_eq!(resealed(&act.core.masters, &link, random::bytes()).unwrap(), None);
    let old = MasterKey::parse("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA").unwrap();
    let both = Masters::new(MasterKey::new(random::secret_bytes()), vec![old]);
    let data = resealed(&both, &link, random::bytes()).unwrap().unwrap();
    let sealed = data.get("sealed").and_then(Value::as_str).unwrap();
    let opened = both.open(sealed, &context(link.id)).unwrap();
    assert_eq!(opened.as_slice(), text.as_bytes());
    assert_eq!(data.get("client"), link.data.get("client"));
}
