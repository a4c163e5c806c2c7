//! The storage in memory keeps the contract that every database keeps; all other tests of the rules rest on that.

use oauth_core::testkit::{CONTRACT, MemoryStorage, Opened};

#[test]
fn the_storage_in_memory_keeps_the_contract() {
    for (title, test) in CONTRACT::tests::<MemoryStorage>() {
        println!("{title}");
        test(&Opened(MemoryStorage::default()));
    }
}
