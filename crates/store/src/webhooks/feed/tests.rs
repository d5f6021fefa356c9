//! What a webhook costs to which nothing is told.

use vestibule_protocol::client::Status;
use vestibule_protocol::ids::WebhookId;

use super::*;
use crate::StoreOptions;
use crate::organizations::Organization;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

#[tokio::test]
async fn a_quiet_organization_does_not_pass_over_the_log_of_all_others_each_second() {
    let folder = std::env::temp_dir();
    let path = folder.join(format!("vestibule-quiet-{}.db", std::process::id()));
    let url = format!("sqlite:{}", path.display());
    let store = Store::create(&url, StoreOptions::default()).unwrap();
    store.migrate().unwrap();
    let quiet = Organization {
        id: OrgId(2),
        parent: Some(OrgId::ROOT),
        slug: "quiet".to_owned(),
        name: "Quiet".to_owned(),
        status: Status::Active,
        created_at: NOW,
        updated_at: NOW,
    };
    let webhook = Webhook {
        id: WebhookId(3),
        org: quiet.id,
        label: "quiet".to_owned(),
        url: "https://receiver.test/".to_owned(),
        kinds: Vec::new(),
        status: Status::Active,
        previous_ends_at: None,
        created_at: NOW,
        updated_at: NOW,
    };
    let made = store.write(move |tx| {
        tx.insert_organization(&quiet)?;
        tx.insert_webhook(&webhook)
    });
    made.await.unwrap();
    for minutes in [10, 20] {
        let now = NOW.plus(Duration::from_secs(60 * minutes));
        assert_eq!(store.feed_webhooks(now).await.unwrap(), 0);
        let (_, place) = store.scan(active).await.unwrap().remove(0);
        assert_eq!(place.closed, settled(now));
        let soon = now.plus(Duration::from_secs(59));
        assert_eq!(store.feed_webhooks(soon).await.unwrap(), 0);
        let (_, same) = store.scan(active).await.unwrap().remove(0);
        assert_eq!(same.fed_at, place.fed_at, "and nothing is written for a while");
    }
    store.close();
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
}
