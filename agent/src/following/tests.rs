//! Which pods are followed. Left to others: following one (`pod/tests.rs`).

use std::time::Duration;

use colvin_service::Health;
use prometheus_client::registry::Registry;

use super::scene::{ApiServer, pod};
use super::*;

fn follower(pods: watch::Receiver<Arc<ChainedPods>>, sole: watch::Receiver<bool>) -> Follower {
    Follower {
        client: ApiServer::with("u1", None).client(),
        pods,
        sole,
        records: Records {
            state: "/nowhere".into(),
            run: "/nowhere".into(),
            boot_id: None,
        },
        events: mpsc::channel(1).0,
        sight: watch::Sender::new(Arc::default()),
        metrics: FollowMetrics::register(&mut Registry::default()),
        pulse: Health::new().pulse("following", Duration::from_secs(90)),
    }
}

fn pods(pods: &[ChainedPod]) -> ChainedPods {
    let pods = pods.iter().map(|pod| (pod.uid.clone(), pod.clone()));
    pods.collect()
}

#[tokio::test]
async fn a_pod_that_is_gone_or_has_another_namespace_is_let_go_at_once() {
    let (_pods_in, pods_out) = watch::channel(Arc::default());
    let (_sole_in, sole) = watch::channel(true);
    let follower = follower(pods_out, sole);
    let (mut running, mut work) = (BTreeMap::new(), Work::new());
    let mut follow = |pods: &ChainedPods, work: &mut Work| {
        follower.follow(pods, &mut running, work, &ApiServer::limits());
    };
    follow(&pods(&[pod()]), &mut work);
    // an interface more is no other pod
    let mut more = pod();
    more.interfaces
        .push(scene::interface("green1", "0000:3b:02.2"));
    follow(&pods(&[more]), &mut work);
    assert_eq!(work.len(), 1);

    let mut anew = pod();
    anew.netns_id = "4:2".to_owned();
    follow(&pods(&[anew]), &mut work);
    assert_eq!(work.len(), 2);
    assert_eq!(work.next().await, Some(Err(Aborted)));
    follow(&pods(&[]), &mut work);
    assert_eq!(work.next().await, Some(Err(Aborted)));
    assert!(work.is_empty());
}

#[tokio::test(start_paused = true)]
async fn it_waits_until_this_agent_is_the_one_that_writes_and_ends_when_told() {
    let (pods_in, pods_out) = watch::channel(Arc::default());
    let (sole_in, sole) = watch::channel(false);
    let stop = CancellationToken::new();
    let mut run = Box::pin(follower(pods_out, sole).run(stop.clone()));
    pods_in.send_replace(Arc::new(pods(&[pod()])));
    let early = tokio::time::timeout(Duration::from_mins(5), &mut run).await;
    assert!(early.is_err());
    // it will never be: the end is near, and no failure
    drop(sole_in);
    let early = tokio::time::timeout(Duration::from_mins(5), &mut run).await;
    assert!(early.is_err());
    stop.cancel();
    run.await.unwrap();
}
