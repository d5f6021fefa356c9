//! Pictures, and what the pages of organizations wear.

use vestibule_protocol::brand::image::{Kind, Picture};
use vestibule_protocol::brand::{Brand, LogoDigest};
use vestibule_protocol::ids::OrgId;
use vestibule_store::StoreError;
use vestibule_store::brands::{Logo, Worn};

use super::fixtures::{NOW, World, later};
use super::on_both;

fn logo(bytes: &[u8]) -> Logo {
    let picture = Picture { kind: Kind::Png, width: 32, height: 16 };
    Logo { digest: LogoDigest::of(bytes), picture, bytes: bytes.to_vec() }
}

on_both! {
    async fn a_picture_is_kept_as_long_as_somebody_names_it(database: Database) {
        let world = World::new_in_sub_organization(&database, "pictures").await;
        let (store, org) = (&world.store, world.client.org);
        let (ours, digest) = (logo(b"picture"), LogoDigest::of(b"picture"));
        let hold = async |of| store.write(move |tx| tx.hold_logo(of, digest)).await;
        let missing = hold(org).await;
        assert!(matches!(missing, Err(StoreError::NotFound { .. })), "{missing:?}");
        for _ in 0..2 {
            let keep = ours.clone();
            store.write(move |tx| tx.keep_logo(org, &keep, NOW)).await.unwrap();
        }
        hold(org).await.unwrap();
        assert!(hold(OrgId::ROOT).await.is_err(), "i26");
        assert_eq!(store.logo(org, digest).await.unwrap(), Some(ours.clone()));
        assert_eq!(store.logo(OrgId::ROOT, digest).await.unwrap(), None, "i26");

        let brand = Brand { logo: Some(digest), ..Brand::default() };
        let set = async |from, to| {
            store.write(move |tx| tx.set_organization_brand(org, from, to, later(1))).await.unwrap();
        };
        set(Brand::default(), brand).await;
        let release = async || store.write(move |tx| tx.release_logo(org, digest)).await.unwrap();
        release().await;
        assert!(store.logo(org, digest).await.unwrap().is_some(), "the brand names it");
        assert_eq!(store.organization_brands().await.unwrap(), [(org, brand)].into());
        let worn = Worn { logo: Some((org, digest)), accent: None };
        assert_eq!(store.brands().await.unwrap(), [(org, worn)].into(), "and not above it");
        let mut named = world.client.clone();
        named.settings.logo = Some(digest);
        store.write(move |tx| tx.update_client(&named, later(2)).map(drop)).await.unwrap();
        set(brand, Brand::default()).await;
        assert!(store.logo(org, digest).await.unwrap().is_some(), "a client names it");
        let key = world.client.key;
        store.write(move |tx| tx.remove_client(org, key)).await.unwrap();
        release().await;
        assert_eq!(store.logo(org, digest).await.unwrap(), None, "nobody does");
    }
}
