//! Addresses that two would have: the policies `colvin-address-ranges`, its `-networks`, `-services` and
//! `-pods`, and `colvin-host-local` of the chart in a real API server.
//!
//! Left to others: what the controller says of ranges that overlap (its own tests), which addresses are
//! given out (`ipam`, `attach`).
#![expect(
    clippy::disallowed_methods,
    reason = "a test writes files for kubectl, and reads the JSON it made"
)]

#[path = "kube_admission/installed.rs"]
mod installed;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::kube::Options;
use colvin_testkit::wait::wait_for_some;
use installed::{Answer, Installed, refused};
use serde_json::{Value, json};

/// A Network with these ranges, of which these are excluded.
fn network(name: &str, ranges: &[&str], exclude: &[&str]) -> Value {
    json!({
        "apiVersion": "colvin.dev/v1alpha1", "kind": "Network",
        "metadata": {"name": name},
        "spec": {
            "members": [{"name": "leaves", "neighbor": {"systemName": "leaf-*"}}],
            "attach": {"ipam": {"type": "pool", "ranges": ranges, "exclude": exclude}},
        },
    })
}

/// Applies it, where the API server need not say anything about it: a warning is an error.
fn silently(bench: &Installed, object: &Value) -> Answer {
    let file = bench.file(&object.to_string())?;
    let how = ["--server-side", "--force-conflicts", "--warnings-as-errors"];
    let what = ["apply", "--dry-run=server", "--filename", &file];
    bench.plane.kubectl(&[&what[..], &how].concat())
}

/// Policies see a new object some moments later: until one is answered with these words.
fn wait_for_words(bench: &Installed, object: &Value, words: &str) -> Result<()> {
    let mut last = String::new();
    wait_for_some(Duration::from_mins(1), || {
        last = match silently(bench, object) {
            Ok(_) => "nothing".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        last.contains(words).then_some(())
    })
    .with_context(|| format!("wanted {words:?}, got {last}"))
}

#[test]
#[ignore = "kube"]
fn ranges_that_overlap_each_other_are_refused_and_those_that_others_have_are_warned_of()
-> Result<()> {
    let bench = Installed::start(&Options::default())?;
    bench
        .plane
        .apply(&network("green", &["10.20.4.0/22", "2001:db8:4::/64"], &[]).to_string())?;
    let theirs = "network green has addresses of";
    wait_for_words(&bench, &network("blue", &["10.20.0.0/16"], &[]), theirs)?;

    // of one network
    let each_other = "overlap each other";
    for ranges in [
        &["10.30.0.0/16", "10.30.4.0/24"][..],
        &["10.30.4.0/24", "10.30.0.0/16", "10.31.0.0/16"],
        &["10.30.4.0/24", "10.30.4.0/24"],
        &["2001:db8:9::/64", "2001:db8::/32"],
    ] {
        let object = network("red", ranges, &[]).to_string();
        let admin = bench.plane.kubeconfig().to_owned();
        refused(bench.create(&admin, &object), each_other, "a mistake")?;
    }
    silently(
        &bench,
        &network(
            "red",
            &["10.30.0.0/24", "10.30.1.0/24", "2001:db8:9::/64"],
            &[],
        ),
    )?;

    // of two: inside, around, the same, of IPv6, and one of several
    for ranges in [
        &["10.20.5.0/24"][..],
        &["10.0.0.0/8"],
        &["10.20.4.0/22"],
        &["2001:db8:4::1000/120"],
        &["10.99.0.0/24", "10.20.7.240/28"],
    ] {
        wait_for_words(&bench, &network("blue", ranges, &[]), theirs)?;
    }
    for (ranges, exclude) in [
        (&["10.20.8.0/22"][..], &[][..]),
        (&["10.20.0.0/16"], &["10.20.4.0/22"]),
        (&["10.20.0.0/16"], &["10.20.0.0/20"]),
        (&["10.20.4.0/23"], &["10.20.4.0/23"]),
    ] {
        silently(&bench, &network("blue", ranges, exclude))
            .with_context(|| format!("{ranges:?} without {exclude:?}"))?;
    }
    let half = network("blue", &["10.20.4.0/22"], &["10.20.4.0/23"]);
    wait_for_words(&bench, &half, theirs)?;

    // a warning is no refusal, and an object does not overlap itself
    let blue = network("blue", &["10.20.4.0/22"], &[]);
    bench.plane.apply(&blue.to_string())?;
    wait_for_words(
        &bench,
        &network("green", &["10.20.6.0/24"], &[]),
        "network blue has",
    )?;
    silently(&bench, &network("teal", &["10.40.0.0/16"], &[]))?;
    bench
        .plane
        .apply(&network("teal", &["10.40.0.0/16"], &[]).to_string())?;
    silently(&bench, &network("teal", &["10.40.0.0/17"], &[]))?;
    Ok(())
}

#[test]
#[ignore = "kube"]
fn as_many_ranges_as_the_schema_lets_in_are_within_the_budget_of_a_policy() -> Result<()> {
    let bench = Installed::start(&Options::default())?;
    let subnets = |first: u32, count: u32| -> Vec<String> {
        let numbers = first..first + count;
        numbers
            .map(|number| format!("2001:0db8:aaaa:{number:04x}::/64"))
            .collect()
    };
    let many = |name: &str, first: u32| {
        let (ranges, exclude) = (subnets(first, 16), subnets(first + 0x1000, 64));
        let texts = |all: &[String]| json!(all);
        let mut object = network(name, &[], &[]);
        object["spec"]["attach"]["ipam"]["ranges"] = texts(&ranges);
        object["spec"]["attach"]["ipam"]["exclude"] = texts(&exclude);
        object
    };
    bench.plane.apply(&many("green", 0).to_string())?;
    // the last of theirs is the last of ours: every pair is compared, and every exclusion
    let theirs = "network green has addresses of 2001:0db8:aaaa:000f::/64";
    wait_for_words(&bench, &many("blue", 15), theirs)?;
    // a policy whose budget is spent lets the object pass: this one has the last pair to find
    let mut twice = many("red", 0x100);
    twice["spec"]["attach"]["ipam"]["ranges"][14] = json!("2001:0db8:aaaa:010f::/64");
    let admin = bench.plane.kubeconfig().to_owned();
    let tried = bench.create(&admin, &twice.to_string());
    refused(tried, "overlap each other", "the last two of sixteen")
}

#[test]
#[ignore = "kube"]
fn ranges_that_hide_services_or_pods_are_warned_of() -> Result<()> {
    let bench = Installed::start(&Options::default())?;
    let services = "the cluster's service range 10.96.0.0/16";
    wait_for_words(&bench, &network("blue", &["10.96.4.0/24"], &[]), services)?;
    let without = network("blue", &["10.0.0.0/8"], &["10.96.0.0/16"]);
    wait_for_words(&bench, &without, services)?;

    let what = ["patch", "node", "node-a", "--type=merge", "--patch"];
    let patch = json!({"spec": {"podCIDR": "10.244.1.0/24", "podCIDRs": ["10.244.1.0/24"]}});
    bench
        .plane
        .kubectl(&[&what[..], &[patch.to_string().as_str()]].concat())?;
    let pods = "10.244.0.0/16 overlaps the pod range of a node";
    wait_for_words(&bench, &network("blue", &["10.244.0.0/16"], &[]), pods)?;
    silently(
        &bench,
        &network("blue", &["10.244.2.0/24", "10.97.0.0/16"], &[]),
    )?;
    // and it is a warning
    bench
        .plane
        .apply(&network("blue", &["10.244.0.0/16"], &[]).to_string())
}

/// A definition of Multus' in a namespace, for a resource, with this IPAM.
fn definition(resource: &str, ipam: &Value) -> Value {
    let config = json!({
        "cniVersion": "1.0.0", "name": "green", "type": "colvin-cni", "ipam": ipam,
    });
    json!({
        "apiVersion": "k8s.cni.cncf.io/v1", "kind": "NetworkAttachmentDefinition",
        "metadata": {
            "name": "green", "namespace": "default",
            "annotations": {"k8s.v1.cni.cncf.io/resourceName": resource},
        },
        "spec": {"config": config.to_string()},
    })
}

#[test]
#[ignore = "kube"]
fn host_local_is_refused_for_a_network_of_several_nodes() -> Result<()> {
    let bench = Installed::start(&Options::default())?;
    bench.plane.define_attachment_definitions()?;
    let reaches = |name: &str, nodes: u32| -> Result<()> {
        let status = json!({"status": {"nodes": nodes, "uplinks": nodes}}).to_string();
        let what = ["patch", "network", name, "--subresource=status"];
        let how = ["--type=merge", "--patch", &status];
        bench.plane.kubectl(&[&what[..], &how].concat()).map(drop)
    };
    for (name, nodes) in [("green", 3), ("lonely", 1)] {
        let mut object = network(name, &[], &[]);
        object["spec"]["attach"] = json!({"vlan": 110});
        bench.plane.apply(&object.to_string())?;
        reaches(name, nodes)?;
    }
    let local = json!({"type": "host-local", "ranges": [[{"subnet": "10.20.4.0/24"}]]});
    let of_green = definition("colvin.dev/green", &local);
    let reason = "network green is on 3 nodes, and host-local counts on each node by itself";
    wait_for_words(&bench, &of_green, reason)?;
    wait_for_words(&bench, &of_green, "spec.attach.ipam, type pool")?;
    // however it is written
    let mut spaced = of_green.clone();
    spaced["spec"]["config"] =
        json!("{\n \"type\": \"colvin-cni\",\n \"ipam\": {\"type\" :\n\t\"host-local\"}}");
    wait_for_words(&bench, &spaced, reason)?;

    for (what, object) in [
        ("one node", definition("colvin.dev/lonely", &local)),
        ("no such network", definition("colvin.dev/greenish", &local)),
        ("another resource", definition("intel.com/green", &local)),
        (
            "another IPAM",
            definition("colvin.dev/green", &json!({"type": "static"})),
        ),
    ] {
        silently(&bench, &object).with_context(|| what.to_owned())?;
    }
    // what was there before its network grew may be changed elsewhere, and not in this
    let mut lonely = definition("colvin.dev/lonely", &local);
    bench.plane.apply(&lonely.to_string())?;
    reaches("lonely", 2)?;
    wait_for_words(
        &bench,
        &definition("colvin.dev/lonely", &json!({"type": "host-local"})),
        "network lonely is on 2 nodes",
    )?;
    lonely["metadata"]["labels"] = json!({"a": "b"});
    let done = silently(&bench, &lonely)?;
    ensure!(done.contains("serverside-applied"), "{done}");
    Ok(())
}
