//! What the kubelet is told, and when.

use colvin_kubelet_api::device_plugin::v1beta1::Empty;
use colvin_model::NumaNode;
use colvin_model::offer::Ill;
use colvin_testkit::kubelet::{Kubelet, Options};

use crate::plugin::{
    BLUE, GREEN, LIMIT, Node, Plugin, VFS, client, counted, ill, offers, settings, until,
};

fn start() -> (Kubelet, Node) {
    (Kubelet::start(Options::default()).unwrap(), Node::new())
}

#[tokio::test]
async fn dp_09_an_empty_list_is_sent_at_once_and_the_whole_one_at_each_change() {
    let (kubelet, node) = start();
    let plugin = Plugin::start(settings(&kubelet, &node), Some(offers(&[(GREEN, &[])])));
    counted(&kubelet, GREEN, 0).await;
    plugin.offer(offers(&[(GREEN, &VFS)]));
    counted(&kubelet, GREEN, 2).await;
    plugin.offer(offers(&[(GREEN, &VFS)]));
    plugin.offer(ill(offers(&[(GREEN, &VFS)]), GREEN, VFS[1], Ill::NoDriver));
    counted(&kubelet, GREEN, 1).await;
    plugin.offer(offers(&[(GREEN, &VFS[..1])]));
    let one = |kubelet: &Kubelet| kubelet.capacity(GREEN) == Some(1);
    kubelet.until(LIMIT, one).await.unwrap();
    let lists = kubelet.lists(GREEN);
    let seen: Vec<_> = lists
        .iter()
        .map(|list| (list.ids().len(), list.healthy().len()))
        .collect();
    assert_eq!(seen, [(0, 0), (2, 2), (2, 1), (1, 1)]);
    assert_eq!(kubelet.breaches(), []);
    plugin.end().await;
}

#[tokio::test]
async fn dp_13_a_held_device_stays_healthy_when_its_link_goes() {
    let (kubelet, node) = start();
    let mut plugin = Plugin::of_green(&kubelet, &node).await;
    let given = kubelet
        .allocate("default", "web", "main", GREEN, 1)
        .await
        .unwrap()
        .unwrap();
    let (green, held) = (GREEN.parse().unwrap(), given.ids[0].parse().unwrap());
    plugin.held(|it| it.holder(&green, &held).is_some()).await;
    let mut down = offers(&[(GREEN, &VFS)]);
    for id in VFS {
        down = ill(down, GREEN, id, Ill::LinkDown);
    }
    plugin.offer(down);
    counted(&kubelet, GREEN, 1).await;
    assert_eq!(
        kubelet.last_list(GREEN).unwrap().healthy(),
        [given.ids[0].as_str()]
    );
    // free again, it is as ill as the other
    kubelet.free("default", "web");
    counted(&kubelet, GREEN, 0).await;
    plugin.end().await;
}

#[tokio::test]
async fn dp_15_a_numa_node_is_told_where_there_is_one() {
    let (kubelet, node) = start();
    let mut offered = offers(&[(GREEN, &VFS)]);
    let offer = offered.0.get_mut(&GREEN.parse().unwrap()).unwrap();
    offer
        .devices
        .get_mut(&VFS[0].parse().unwrap())
        .unwrap()
        .numa_node = Some(NumaNode::new(1));
    let plugin = Plugin::start(settings(&kubelet, &node), Some(offered));
    counted(&kubelet, GREEN, 2).await;
    let list = kubelet.last_list(GREEN).unwrap();
    let nodes = |id: &str| {
        let device = list.devices.iter().find(|it| it.id == id).unwrap();
        let topology = device.topology.as_ref();
        topology.map(|it| it.nodes.iter().map(|node| node.id).collect::<Vec<_>>())
    };
    assert_eq!((nodes(VFS[0]), nodes(VFS[1])), (Some(vec![1]), None));
    plugin.end().await;
}

#[tokio::test]
async fn dp_23_a_call_over_a_unix_socket_is_answered() {
    let (kubelet, node) = start();
    let plugin = Plugin::of_green(&kubelet, &node).await;
    let mut client = client(&kubelet.plugins_registry()).await;
    let options = client
        .get_device_plugin_options(Empty {})
        .await
        .unwrap()
        .into_inner();
    assert!(options.get_preferred_allocation_available && !options.pre_start_required);
    plugin.end().await;
}

/// P1.
#[tokio::test]
async fn a_resource_that_comes_or_goes_touches_no_other() {
    let (kubelet, node) = start();
    let plugin = Plugin::of_green(&kubelet, &node).await;
    plugin.offer(offers(&[(BLUE, &["0000:3b:00.3"]), (GREEN, &VFS)]));
    counted(&kubelet, BLUE, 1).await;
    plugin.offer(offers(&[(GREEN, &VFS)]));
    until(|| *plugin.heard.withdrawn.lock().unwrap() == [BLUE]).await;
    counted(&kubelet, BLUE, 0).await;
    assert_eq!(kubelet.registrations(GREEN).len(), 1);
    assert_eq!(kubelet.lists(GREEN).len(), 1);
    assert_eq!(kubelet.allocatable(GREEN), Some(2));
    plugin.end().await;
}

#[tokio::test]
async fn nothing_is_registered_as_long_as_nothing_is_known() {
    let (kubelet, node) = start();
    let plugin = Plugin::start(settings(&kubelet, &node), None);
    plugin.offer(offers(&[(GREEN, &VFS)]));
    counted(&kubelet, GREEN, 2).await;
    plugin.offers.send_replace(None);
    plugin.offer(offers(&[(GREEN, &VFS[..1])]));
    counted(&kubelet, GREEN, 1).await;
    assert_eq!(kubelet.registrations(GREEN).len(), 1);
    plugin.end().await;
}
