//! What declarative files manage.

use vestibule_store::managed::{Managed, ManagedKind};

use super::fixtures::{NOW, later};
use super::on_both;

fn mark(kind: ManagedKind, object: i64, file: &str) -> Managed {
    Managed { kind, object, file: file.to_owned(), applied_at: NOW }
}

on_both! {
    async fn a_mark_is_of_the_file_that_was_applied_last(database: Database) {
        let store = database.store();
        let (client, role) = (mark(ManagedKind::Client, 7, "a"), mark(ManagedKind::Admin, 7, "a"));
        let marks = [client.clone(), role.clone()];
        store
            .write(move |tx| marks.iter().try_for_each(|mark| tx.mark_managed(mark)))
            .await
            .unwrap();
        assert_eq!(store.managed(ManagedKind::Client, 7).await.unwrap(), Some(client));
        assert_eq!(store.managed(ManagedKind::Client, 8).await.unwrap(), None);
        assert_eq!(store.managed_by("a".to_owned()).await.unwrap().len(), 2);
        let files = store.files_of(ManagedKind::Client, vec![7, 8]).await.unwrap();
        assert_eq!(files, [(7, "a".to_owned())].into());
        let taken = Managed { applied_at: later(1), ..mark(ManagedKind::Client, 7, "b") };
        let row = taken.clone();
        store.write(move |tx| tx.mark_managed(&row)).await.unwrap();
        assert_eq!(store.managed_by("b".to_owned()).await.unwrap(), [taken]);
        assert_eq!(store.managed_by("a".to_owned()).await.unwrap(), [role]);
        for _ in 0..2 {
            store.write(|tx| tx.unmark_managed(ManagedKind::Client, 7)).await.unwrap();
            assert_eq!(store.managed(ManagedKind::Client, 7).await.unwrap(), None);
        }
    }
}
