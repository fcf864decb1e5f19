//! The kubelet's folders as they come and go.

use std::fs;
use std::time::Duration;

use super::*;
use tokio::net::UnixListener;

struct Stage {
    top: tempfile::TempDir,
    scene: watch::Receiver<Arc<Scene>>,
    watcher: Watcher,
}

impl Stage {
    fn new(folders: &[&str]) -> Self {
        let top = tempfile::tempdir().unwrap();
        for folder in folders {
            fs::create_dir_all(top.path().join(folder)).unwrap();
        }
        let watcher = Watcher::new(Places::below(&top.path().join("kubelet"))).unwrap();
        let scene = watcher.scene();
        Self {
            top,
            scene,
            watcher,
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.top.path().join("kubelet").join(path)
    }
}

/// Runs the watcher while a test goes on.
async fn watched(stage: Stage, test: impl AsyncFnOnce(&Path, &mut watch::Receiver<Arc<Scene>>)) {
    let kubelet = stage.path("");
    let (watcher, mut scene, _top) = (stage.watcher, stage.scene, stage.top);
    let stop = CancellationToken::new();
    let limit = Duration::from_secs(20);
    let test = tokio::time::timeout(limit, test(&kubelet, &mut scene));
    tokio::select! {
        ended = watcher.run(stop.clone()) => panic!("the watcher ended: {ended:?}"),
        tested = test => tested.unwrap(),
    }
}

#[tokio::test]
async fn folders_that_are_missing_are_waited_for() {
    watched(Stage::new(&[]), async |kubelet, scene| {
        assert_eq!(**scene.borrow(), Scene::default());
        fs::create_dir_all(kubelet.join("device-plugins")).unwrap();
        scene
            .wait_for(|it| it.plugins && !it.registry)
            .await
            .unwrap();
        fs::create_dir_all(kubelet.join("plugins_registry")).unwrap();
        scene.wait_for(|it| it.registry).await.unwrap();
        drop(UnixListener::bind(kubelet.join("device-plugins/kubelet.sock")).unwrap());
        scene.wait_for(|it| it.kubelet.is_some()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn dp_05_a_socket_that_is_made_anew_is_another_one() {
    let stage = Stage::new(&["kubelet/device-plugins"]);
    watched(stage, async |kubelet, scene| {
        let path = kubelet.join("device-plugins/kubelet.sock");
        let _first = UnixListener::bind(&path).unwrap();
        let seen = scene.wait_for(|it| it.kubelet.is_some()).await.unwrap();
        let first = seen.kubelet;
        drop(seen);
        fs::remove_file(&path).unwrap();
        let _second = UnixListener::bind(&path).unwrap();
        let other = |it: &Arc<Scene>| it.kubelet.is_some() && it.kubelet != first;
        scene.wait_for(other).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_is_made_anew_is_watched_again() {
    let stage = Stage::new(&["kubelet/plugins_registry", "kubelet/pod-resources"]);
    watched(stage, async |kubelet, scene| {
        let folder = kubelet.join("pod-resources");
        fs::remove_dir(&folder).unwrap();
        fs::create_dir(&folder).unwrap();
        let _socket = UnixListener::bind(folder.join("kubelet.sock")).unwrap();
        scene
            .wait_for(|it| it.pod_resources.is_some())
            .await
            .unwrap();
        let ours = "colvin-green-00000000-00000000-0.sock";
        let _ours = UnixListener::bind(kubelet.join("plugins_registry").join(ours)).unwrap();
        scene.wait_for(|it| it.ours.contains(ours)).await.unwrap();
    })
    .await;
}
