//! The journal followed on a real folder: what it tells, and that an orphan goes after two looks.

use std::fs;
use std::path::Path;

use colvin_service::Health;
use prometheus_client::registry::Registry;

use super::*;
use crate::attachments::scene::roots;

/// A node with a state folder of its own, whose kubelet does not run.
fn journal(state: &Path) -> (Journal, watch::Receiver<Arc<Attached>>) {
    let roots = roots(state);
    let (attached_in, attached) = watch::channel(Arc::default());
    let metrics = AttachMetrics::register(&mut Registry::default());
    let pulse = Health::new().pulse("journal", EVERY * 2);
    let pods = Pods::of_kubelet(state, None);
    let told = Told {
        attached: attached_in,
        chained: watch::channel(Arc::default()).0,
    };
    let journal = Journal::new(roots, pods, told, metrics, pulse);
    (journal, attached)
}

fn torn(state: &Path, device: &str) {
    let folder = state.join("attachments");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{device}.json")), b"{\"version\":1,").unwrap();
}

#[tokio::test]
async fn a_device_is_told_as_soon_as_the_journal_has_it_and_when_it_has_it_no_more() {
    let top = tempfile::tempdir().unwrap();
    let state = top.path().to_owned();
    let (journal, mut attached) = journal(&state);
    let stop = CancellationToken::new();
    let told = async {
        let wanted = "0000:3b:00.2".parse().unwrap();
        torn(&state, "0000:3b:00.2");
        let has = attached.wait_for(|it| it.devices.contains(&wanted));
        drop(has.await.unwrap());
        fs::remove_file(state.join("attachments/0000:3b:00.2.json")).unwrap();
        drop(attached.wait_for(|it| it.devices.is_empty()).await.unwrap());
    };
    tokio::select! {
        ended = journal.run(stop) => panic!("{ended:?}"),
        done = tokio::time::timeout(Duration::from_secs(30), told) => done.unwrap(),
    }
}

#[tokio::test]
async fn what_two_sweeps_find_dead_is_undone_and_counted_once() {
    let top = tempfile::tempdir().unwrap();
    let state = top.path();
    torn(state, "0000:3b:00.2");
    let (mut journal, attached) = journal(state);
    let file = state.join("attachments/0000:3b:00.2.json");
    journal.sweep().await.unwrap();
    assert!(file.exists(), "one look proves nothing");
    assert_eq!(journal.metrics.leaks_of("unknown"), 0);
    assert_eq!(attached.borrow().devices.len(), 1);
    journal.sweep().await.unwrap();
    assert!(!file.exists());
    assert_eq!(attached.borrow().devices.len(), 0);
    journal.sweep().await.unwrap();
    assert_eq!(journal.metrics.leaks_of("unknown"), 1);
    assert_eq!(journal.metrics.left(), 0);
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_leaves_what_was_known() {
    let top = tempfile::tempdir().unwrap();
    let state = top.path();
    torn(state, "0000:3b:00.2");
    let (mut journal, attached) = journal(state);
    journal.list().await.unwrap();
    let folder = state.join("attachments");
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, b"").unwrap();
    journal.list().await.unwrap();
    journal.sweep().await.unwrap();
    assert!(journal.failure.is_some());
    assert_eq!(attached.borrow().devices.len(), 1);
}
