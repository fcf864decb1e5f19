//! Blocks of a pool's addresses on a real API server, with the test as the nodes' agents.
//! Left to others: which block who gets (unit tests).

use std::net::Ipv4Addr;

use colvin_testkit::kube::{Options, Request};
use colvin_testkit::wait::{wait_for, wait_for_some};
use serde_json::{Value, json};

use super::bench::{Bench, LIMIT, admin_address, ask};

/// A block as its node's agent would see it.
#[derive(Clone, Debug, PartialEq)]
struct Block {
    name: String,
    node: String,
    range: String,
    uid: String,
    deleting: bool,
}

impl Bench {
    /// A network with a pool of addresses.
    pub(crate) fn pool(&self, name: &str, ranges: &[&str]) {
        let members = json!([{"name": "leaves", "neighbor": {"systemName": "leaf-*"}}]);
        let ipam = json!({"type": "pool", "ranges": ranges, "blockSize": 28});
        let network = json!({
            "apiVersion": "colvin.dev/v1alpha1",
            "kind": "Network",
            "metadata": {"name": name},
            "spec": {"members": members, "attach": {"ipam": ipam}},
        });
        self.plane.apply(&network.to_string()).unwrap();
    }

    fn blocks(&self) -> Vec<Block> {
        let list = self.plane.get_json(&["addressblocks"]).unwrap();
        let items = list.pointer("/items").unwrap().as_array().unwrap().iter();
        let text =
            |item: &Value, path: &str| item.pointer(path).unwrap().as_str().unwrap().to_owned();
        let block = |item: &Value| Block {
            name: text(item, "/metadata/name"),
            node: text(item, "/spec/nodeName"),
            range: text(item, "/spec/range"),
            uid: text(item, "/metadata/uid"),
            deleting: item.pointer("/metadata/deletionTimestamp").is_some(),
        };
        items.map(block).collect()
    }

    /// Waits until there are these blocks: `range node`, with `-` before those that are deleted.
    #[track_caller]
    fn wait_for_blocks(&self, wanted: &[&str]) {
        let mut last = Vec::new();
        let seen = wait_for(LIMIT, || {
            let blocks = self.blocks().into_iter();
            let mut shown: Vec<String> = blocks
                .map(
                    |Block {
                         range,
                         node,
                         deleting,
                         ..
                     }| {
                        let mark = if deleting { "-" } else { "" };
                        format!("{mark}{range} {node}")
                    },
                )
                .collect();
            shown.sort();
            let is_so = shown == wanted;
            last = shown;
            is_so
        });
        assert!(seen.is_ok(), "wanted {wanted:?}, seen {last:?}");
    }

    fn uses(&self, block: &str, usage: &str) {
        let status = json!({"status": {"usage": usage}}).to_string();
        let what = ["patch", "addressblock", block, "--subresource=status"];
        let how = ["--type=merge", "--patch", &status];
        self.plane.kubectl(&[&what[..], &how[..]].concat()).unwrap();
    }

    /// The controllers' writes of blocks.
    fn block_writes(&self) -> Vec<Request> {
        let ours = |request: &Request| {
            let is_write = ["create", "delete", "patch"].contains(&request.verb.as_str());
            request.user_agent.starts_with("colvin-controller/")
                && request.resource == "addressblocks"
                && is_write
        };
        self.plane.api_requests(ours).unwrap()
    }
}

#[test]
#[ignore = "kube"]
fn nodes_get_blocks_of_a_pool_and_keep_them_from_others_until_they_are_released() {
    let bench = Bench::start(&Options::default());
    for node in ["worker-1", "worker-2"] {
        bench.report(node, &["green"]);
    }
    bench.report("worker-3", &[]);
    bench.network("blue");
    bench.pool("green", &["10.20.4.0/26"]);
    let mut controller = bench.controller("one", bench.plane.kubeconfig(), "open");
    bench.wait_for_blocks(&["10.20.4.0/28 worker-1", "10.20.4.16/28 worker-2"]);
    wait_for(LIMIT, || {
        bench.condition("green", "Exhausted").as_deref() == Some("False AddressesFree")
    })
    .unwrap();
    wait_for(LIMIT, || {
        bench.condition("blue", "Exhausted").as_deref() == Some("False NoPool")
    })
    .unwrap();

    // a node that runs short gets another, one at a time
    bench.uses("green-10.20.4.0", "Short");
    bench.wait_for_blocks(&[
        "10.20.4.0/28 worker-1",
        "10.20.4.16/28 worker-2",
        "10.20.4.32/28 worker-1",
    ]);
    bench.uses("green-10.20.4.16", "InUse");
    bench.uses("green-10.20.4.32", "Short");
    let all = [
        "10.20.4.0/28 worker-1",
        "10.20.4.16/28 worker-2",
        "10.20.4.32/28 worker-1",
        "10.20.4.48/28 worker-1",
    ];
    bench.wait_for_blocks(&all);

    // a block that is deleted stays, and its node gets no other while there is none
    let uid = |name: &str| {
        let mut blocks = bench.blocks().into_iter();
        blocks
            .find(|block| block.name == name)
            .map(|block| block.uid)
    };
    let before = uid("green-10.20.4.16").unwrap();
    let delete = ["delete", "addressblock", "green-10.20.4.16", "--wait=false"];
    bench.plane.kubectl(&delete).unwrap();
    wait_for(LIMIT, || {
        bench.condition("green", "Exhausted").as_deref() == Some("True PoolExhausted")
    })
    .unwrap();
    assert_eq!(uid("green-10.20.4.16").as_ref(), Some(&before));
    bench.uses("green-10.20.4.16", "Released");
    let anew = wait_for_some(LIMIT, || {
        uid("green-10.20.4.16").filter(|uid| *uid != before)
    });
    assert!(anew.is_ok(), "{:?}", bench.blocks());
    bench.wait_for_blocks(&all);
    wait_for(LIMIT, || {
        bench.condition("green", "Exhausted").as_deref() == Some("False AddressesFree")
    })
    .unwrap();

    // no write was made twice: five blocks made, one let go
    let writes = bench.block_writes();
    let of = |verb: &str| writes.iter().filter(|write| write.verb == verb).count();
    assert_eq!(
        (of("create"), of("delete"), of("patch")),
        (5, 0, 1),
        "{writes:?}"
    );

    // with the network its blocks end, each when its node has released it
    bench
        .plane
        .kubectl(&["delete", "network", "green"])
        .unwrap();
    let deleted = all.map(|block| format!("-{block}"));
    bench.wait_for_blocks(&deleted.each_ref().map(String::as_str));
    for block in bench.blocks() {
        bench.uses(&block.name, "Released");
    }
    bench.wait_for_blocks(&[]);
    assert!(controller.stop(LIMIT).unwrap().success());
}

#[test]
#[ignore = "kube"]
fn two_controllers_that_both_lead_give_no_address_twice() {
    let bench = Bench::start(&Options::default());
    let nodes: Vec<String> = (0..12).map(|number| format!("worker-{number}")).collect();
    for node in &nodes {
        bench.report(node, &["green"]);
    }
    let start = |name: &str| {
        let config = bench
            .plane
            .kubeconfig_for_user(name, &["system:masters"])
            .unwrap();
        bench.controller_with_lease(name, &config, "open", name)
    };
    let mut both = [start("one"), start("two")];
    for controller in &mut both {
        let address = admin_address(controller);
        controller
            .wait_for_log("leadership changed", LIMIT)
            .unwrap();
        wait_for(LIMIT, || ask(&address, "/readyz", None).0 == 200).unwrap();
    }
    bench.pool("green", &["10.20.4.0/22", "2001:db8:4::/64"]);
    let have_all = || {
        let blocks = bench.blocks();
        nodes.iter().all(|node| {
            let of_node = blocks.iter().filter(|block| block.node == *node);
            let (six, four): (Vec<_>, Vec<_>) =
                of_node.partition(|block| block.range.contains(':'));
            !six.is_empty() && !four.is_empty()
        })
    };
    wait_for(LIMIT, have_all).unwrap();
    for node in &nodes {
        let blocks = bench.blocks();
        let own = blocks.iter().find(|block| block.node == *node).unwrap();
        bench.uses(&own.name, "Short");
    }
    wait_for(LIMIT, || bench.blocks().len() >= 3 * nodes.len()).unwrap();
    for controller in &mut both {
        assert!(controller.stop(LIMIT).unwrap().success());
    }

    let blocks = bench.blocks();
    let mut firsts: Vec<u32> = blocks
        .iter()
        .filter_map(|block| block.range.strip_suffix("/28"))
        .map(|first| first.parse::<Ipv4Addr>().unwrap().into())
        .collect();
    firsts.sort_unstable();
    let apart = |pair: &[u32]| pair[1] - pair[0] >= 16;
    assert!(firsts.windows(2).all(apart), "{blocks:?}");
    let mut ranges: Vec<&str> = blocks.iter().map(|block| block.range.as_str()).collect();
    ranges.sort_unstable();
    ranges.dedup();
    assert_eq!(ranges.len(), blocks.len(), "{blocks:?}");
    let users: Vec<String> = bench
        .block_writes()
        .into_iter()
        .map(|write| write.user)
        .collect();
    for user in ["one", "two"] {
        assert!(
            users.iter().any(|each| each == user),
            "both wrote: {users:?}"
        );
    }
}
