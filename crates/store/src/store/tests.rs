//! What a panic in a read leaves behind.

use super::*;

#[tokio::test]
async fn i33_a_panic_in_a_read_ends_that_read_only() {
    let path = std::env::temp_dir().join(format!("vestibule-panics-{}.db", std::process::id()));
    let url = format!("sqlite:{}", path.display());
    let store =
        Store::create(&url, StoreOptions { readers: 1, ..StoreOptions::default() }).unwrap();
    store.migrate().unwrap();
    let doomed = |_: &mut Db| -> Result<(), StoreError> { panic!("as a test") };
    for _ in 0..3 {
        assert!(matches!(store.read(doomed).await, Err(StoreError::Database(_))));
        assert!(matches!(store.scan(doomed).await, Err(StoreError::Database(_))));
    }
    store.check().await.unwrap();
    store.scan(|_| Ok(())).await.unwrap();
    store.close();
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
}
