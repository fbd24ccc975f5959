//! Locks, leftovers, removal; what happens where the directory cannot be written.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::progress::Silent;

fn cache() -> (tempfile::TempDir, Cache) {
    let directory = tempfile::tempdir().unwrap();
    let cache = Cache::new(directory.path().join("cache"));
    (directory, cache)
}

/// Publishes an entry with one file of `size` bytes.
fn publish(cache: &Cache, key: &str, size: usize) {
    cache.prepare().unwrap();
    let _lock = cache.lock(key, &Silent).unwrap();
    let staging = cache.stage(key).unwrap();
    std::fs::write(staging.path.join("lib"), vec![0; size]).unwrap();
    let manifest = serde_json::json!({
        "inputs": { "target": format!("target-{key}"), "crates": "core", "rustc": { "release": "1.95.0" } },
        "files": [{ "path": "lib", "size": size }],
    });
    std::fs::write(staging.path.join(MANIFEST), manifest.to_string()).unwrap();
    cache.publish(key, staging).unwrap();
}

fn staged(cache: &Cache) -> usize {
    std::fs::read_dir(cache.root().join("staging"))
        .unwrap()
        .count()
}

#[test]
fn entries_are_complete_or_absent() {
    let (_directory, cache) = cache();
    assert_eq!(cache.list().unwrap(), []);
    assert_eq!(cache.published("aa"), None);
    publish(&cache, "aa", 10);
    assert!(cache.published("aa").is_some());
    assert_eq!(staged(&cache), 0);
    let entries = cache.list().unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].target, "target-aa");
    assert_eq!(entries[0].bytes, 10);
    assert!(entries[0].used.is_some());
    let tag = std::fs::read_to_string(cache.root().join("CACHEDIR.TAG")).unwrap();
    assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
}

#[test]
fn a_staging_directory_that_is_given_up_disappears() {
    let (_directory, cache) = cache();
    cache.prepare().unwrap();
    let staging = cache.stage("aa").unwrap();
    std::fs::write(staging.path.join("half"), "x").unwrap();
    drop(staging);
    assert_eq!(staged(&cache), 0);
}

#[test]
fn leftovers_are_cleared_unless_somebody_builds() {
    let (_directory, cache) = cache();
    cache.prepare().unwrap();
    // Leaked on purpose: what a killed process leaves behind.
    let dead = std::mem::ManuallyDrop::new(cache.stage("dead").unwrap());
    let busy = std::mem::ManuallyDrop::new(cache.stage("busy").unwrap());
    let lock = cache.lock("busy", &Silent).unwrap();
    cache.clean_staging(None, Duration::ZERO);
    assert!(!dead.path.exists() && busy.path.exists());
    cache.clean_staging(Some("busy"), Duration::ZERO);
    assert!(!busy.path.exists());
    drop(lock);
}

#[test]
fn an_entry_that_lost_its_manifest_is_replaced() {
    let (_directory, cache) = cache();
    publish(&cache, "aa", 1);
    std::fs::remove_file(cache.entry("aa").join(MANIFEST)).unwrap();
    assert_eq!(cache.published("aa"), None);
    publish(&cache, "aa", 2);
    assert_eq!(cache.list().unwrap()[0].bytes, 2);
}

#[test]
fn one_of_many_builds_and_the_others_wait() {
    struct Waits(Mutex<Vec<PathBuf>>);
    impl Progress for Waits {
        fn message(&self, _: &str) {}
        fn start(&self, _: usize) {}
        fn unit_started(&self, _: &str) {}
        fn unit_finished(&self, _: &str) {}
        fn waiting_for_lock(&self, path: &Path) {
            self.0.lock().unwrap().push(path.to_owned());
        }
        fn finish(&self) {}
    }
    let (_directory, cache) = cache();
    cache.prepare().unwrap();
    let built = AtomicUsize::new(0);
    let waits = Waits(Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let _lock = cache.lock("aa", &waits).unwrap();
                if cache.published("aa").is_none() {
                    built.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(50));
                    let staging = cache.stage("aa").unwrap();
                    std::fs::write(staging.path.join(MANIFEST), "{}").unwrap();
                    cache.publish("aa", staging).unwrap();
                }
            });
        }
    });
    assert_eq!(built.load(Ordering::Relaxed), 1);
    let waits = waits.0.into_inner().unwrap();
    assert!(
        waits.iter().all(|path| path.ends_with("locks/aa")),
        "{waits:?}"
    );
}

#[test]
fn removal_by_prefix() {
    let (_directory, cache) = cache();
    publish(&cache, "aab", 1);
    publish(&cache, "aac", 1);
    for (key, matches) in [("aa", 2), ("b", 0), ("", 2)] {
        match cache.remove(key).unwrap_err() {
            Error::NoSuchEntry { matches: found, .. } => assert_eq!(found.len(), matches, "{key}"),
            error => panic!("{error}"),
        }
    }
    assert_eq!(cache.remove("aab").unwrap().key, "aab");
    assert_eq!(cache.list().unwrap().len(), 1);
    assert_eq!(staged(&cache), 0);
}

#[test]
fn pruning() {
    let (_directory, cache) = cache();
    let age = |key: &str, days: u64| {
        let file = File::options()
            .write(true)
            .open(cache.root().join("used").join(key))
            .unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(days * 86_400))
            .unwrap();
    };
    for (key, days) in [("new", 0), ("week", 7), ("year", 365)] {
        publish(&cache, key, 100);
        age(key, days);
    }
    let keys = |prune: Prune| {
        let removed = cache.prune(&prune).unwrap();
        removed
            .into_iter()
            .map(|entry| entry.key)
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(Prune::default()), Vec::<String>::new());
    let month = Some(Duration::from_secs(30 * 86_400));
    assert_eq!(
        keys(Prune {
            unused_for: month,
            ..Prune::default()
        }),
        ["year"]
    );
    assert_eq!(
        keys(Prune {
            max_bytes: Some(100),
            ..Prune::default()
        }),
        ["week"]
    );
    assert_eq!(
        keys(Prune {
            all: true,
            ..Prune::default()
        }),
        ["new"]
    );
    assert_eq!(cache.list().unwrap(), []);
}

#[test]
fn remembered_digests() {
    let (_directory, cache) = cache();
    assert_eq!(cache.recall("f"), None);
    cache.remember("f", "digest");
    assert_eq!(cache.recall("f").as_deref(), Some("digest"));
    std::fs::write(cache.root().join("digests/f"), "dig").unwrap();
    assert_eq!(cache.recall("f"), None, "cut off");
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("file"), "").unwrap();
    let cache = Cache::new(directory.path().join("file/cache"));
    let text = cache.prepare().unwrap_err().into_diagnostic().to_string();
    assert!(text.contains("file/cache`"), "{text}");
    // Failing to write notes is not an error.
    cache.remember("f", "digest");
    cache.touch("aa");
    assert_eq!(cache.recall("f"), None);
}
