//! Kubelets and plugins that come and go. Left to others: how they meet first.

use super::*;

#[tokio::test]
async fn a_restart_removes_sockets_and_counts_zero_until_the_first_list() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let toy = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    std::fs::write(kubelet.device_plugins().join("checkpoint"), "").unwrap();
    registered(&kubelet, &toy).await;
    kubelet
        .allocate("ns", "pod", "main", GREEN, 1)
        .await
        .unwrap()
        .unwrap();
    kubelet.restart().unwrap();
    assert_eq!(counts(&kubelet), (Some(0), Some(0)));
    assert!(!toy.socket().exists());
    assert!(kubelet.device_plugins().join("checkpoint").exists());
    let denied = kubelet
        .allocate("ns", "late", "main", GREEN, 1)
        .await
        .unwrap();
    assert_eq!(denied.unwrap_err(), AdmissionError::NoneHealthy);
    assert_eq!(
        kubelet.readmit("ns", "pod"),
        Err(AdmissionError::NoneHealthy)
    );
    let again = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    again.register(&kubelet).await.unwrap();
    kubelet
        .until(LIMIT, |kubelet| kubelet.allocatable(GREEN) == Some(1))
        .await
        .unwrap();
    assert_eq!(kubelet.readmit("ns", "pod"), Ok(()));
    again.list(&[("a", false)]);
    kubelet
        .until(LIMIT, |kubelet| kubelet.allocatable(GREEN) == Some(0))
        .await
        .unwrap();
    assert!(kubelet.readmit("ns", "pod").is_err());
    assert_eq!(kubelet.breaches(), []);
}

/// Two instances of one resource; the old one ends while the new one serves.
async fn overlap(overlap: Overlap) -> (Kubelet, Toy) {
    let kubelet = Kubelet::start(Options {
        overlap,
        ..Options::default()
    })
    .unwrap();
    let old = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    registered(&kubelet, &old).await;
    let new = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    new.register(&kubelet).await.unwrap();
    kubelet
        .until(LIMIT, |kubelet| kubelet.lists(GREEN).len() == 2)
        .await
        .unwrap();
    drop(old);
    let ended = |kubelet: &Kubelet| {
        let events = kubelet.events();
        events
            .iter()
            .any(|event| matches!(event.what, What::Disconnected { .. }))
    };
    kubelet.until(LIMIT, ended).await.unwrap();
    assert_eq!(kubelet.breaches(), []);
    (kubelet, new)
}

#[tokio::test]
async fn the_end_of_the_old_instance_leaves_the_new_one() {
    let (kubelet, _new) = overlap(Overlap::BySocket).await;
    assert_eq!(kubelet.allocatable(GREEN), Some(1));
}

#[tokio::test]
async fn an_older_kubelet_drops_the_new_instance_with_the_old_one() {
    let (kubelet, _new) = overlap(Overlap::ByResource).await;
    assert_eq!(counts(&kubelet), (Some(1), Some(0)));
}

#[tokio::test]
async fn the_end_of_a_plugin_makes_its_devices_unhealthy_and_after_the_grace_it_is_forgotten() {
    let options = Options {
        grace: Duration::from_millis(300),
        ..Options::default()
    };
    let kubelet = Kubelet::start(options).unwrap();
    let toy = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    registered(&kubelet, &toy).await;
    drop(toy);
    let stopped = |kubelet: &Kubelet| counts(kubelet) == (Some(1), Some(0));
    kubelet.until(LIMIT, stopped).await.unwrap();
    let denied = kubelet
        .allocate("ns", "pod", "main", GREEN, 1)
        .await
        .unwrap();
    assert_eq!(denied.unwrap_err(), AdmissionError::NoneHealthy);
    let forgotten = |kubelet: &Kubelet| counts(kubelet) == (None, None);
    kubelet.until(LIMIT, forgotten).await.unwrap();
}

#[tokio::test]
async fn only_the_socket_of_the_kubelet_is_made_anew() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let toy = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    registered(&kubelet, &toy).await;
    kubelet.recreate_socket().unwrap();
    assert!(toy.socket().exists());
    assert_eq!(kubelet.allocatable(GREEN), Some(1));
    let blue = Toy::serve(
        &kubelet.device_plugins(),
        ToyOptions::of("colvin.dev/blue", &["b"]),
    );
    blue.register(&kubelet).await.unwrap();
    kubelet.wipe_sockets().unwrap();
    assert!(!toy.socket().exists() && !blue.socket().exists());
    assert!(kubelet.device_plugins().join("kubelet.sock").exists());
}

#[tokio::test]
async fn a_kubelet_that_hangs_answers_late_and_one_that_is_stopped_not_at_all() {
    let kubelet = Kubelet::start(Options::default()).unwrap();
    let toy = Toy::serve(&kubelet.device_plugins(), ToyOptions::of(GREEN, &["a"]));
    kubelet.answer(Call::Register, Answer::Never);
    let late = tokio::time::timeout(Duration::from_millis(100), toy.register(&kubelet)).await;
    assert!(late.is_err());
    kubelet.answer(Call::Register, Answer::Late(Duration::from_millis(50)));
    registered(&kubelet, &toy).await;
    kubelet.stop();
    toy.register(&kubelet).await.unwrap_err();
    assert!(
        kubelet
            .allocate("ns", "pod", "main", GREEN, 1)
            .await
            .is_none()
    );
    kubelet.run().unwrap();
    assert_eq!(kubelet.allocatable(GREEN), Some(0));
}
