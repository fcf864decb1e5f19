//! Which changes are told, and in which words. Left to others: how often.

use super::*;

fn key() -> (ResourceName, DeviceId) {
    (
        "colvin.dev/green".parse().unwrap(),
        "0000:04:00.2".parse().unwrap(),
    )
}

fn device() -> HeldDevice {
    HeldDevice {
        holder: Holder {
            namespace: "default".to_owned(),
            pod: "a".to_owned(),
            container: "main".to_owned(),
        },
        uplink: Some((
            "0000:04:00.0".parse().unwrap(),
            Some("ens4".parse().unwrap()),
        )),
        link: Some(LinkState::Up),
        off: None,
        ill: None,
    }
}

fn told(before: HeldDevice, after: HeldDevice) -> Vec<String> {
    let held = |device| Held::from([(key(), device)]);
    let events = between(&held(before), &held(after));
    let line = |event: &PodEvent| format!("{} {}", event.reason.as_str(), event.note);
    events.iter().map(line).collect()
}

#[test]
fn a_cable_that_moved_is_told_to_the_pod_and_so_is_its_return() {
    let off = HeldDevice {
        off: Some("green".parse().unwrap()),
        ..device()
    };
    assert_eq!(
        told(device(), off.clone()),
        [
            "NetworkLost 0000:04:00.2 (colvin.dev/green): uplink 0000:04:00.0 (ens4) is not on network green any more; the pod keeps the device"
        ]
    );
    assert_eq!(
        told(off, device()),
        [
            "NetworkBack 0000:04:00.2 (colvin.dev/green): uplink 0000:04:00.0 (ens4) is on network green again"
        ]
    );
}

#[test]
fn a_lost_link_and_a_lost_device_are_told_each() {
    let down = HeldDevice {
        link: Some(LinkState::NoCarrier),
        ill: Some(Ill::Gone),
        ..device()
    };
    assert_eq!(
        told(device(), down.clone()),
        [
            "DeviceUnhealthy 0000:04:00.2 (colvin.dev/green): it is not there any more; a container that is restarted does not get it",
            "LinkDown 0000:04:00.2 (colvin.dev/green): uplink 0000:04:00.0 (ens4) has no carrier; the pod keeps the device",
        ]
    );
    let back: Vec<String> = told(down, device());
    let reasons: Vec<&str> = back
        .iter()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(reasons, ["DeviceHealthy", "LinkUp"]);
}

#[test]
fn nothing_is_told_of_what_is_the_same_or_of_another_holder() {
    assert_eq!(told(device(), device()), Vec::<String>::new());
    let mut other = device();
    other.holder.pod = "b".to_owned();
    other.ill = Some(Ill::Gone);
    assert_eq!(told(device(), other), Vec::<String>::new());
}

#[test]
fn the_page_lists_every_reason() {
    let row = |reason: PodEventReason| {
        let (word, severity, meaning) = (reason.as_str(), reason.severity(), reason.meaning());
        format!("| `{word}` | {severity} | {meaning} |\n")
    };
    let rows: String = PodEventReason::ALL.into_iter().map(row).collect();
    let wanted = format!(
        "# Events about pods\n\n\
         What a node's agent tells the owner of a pod of the devices that the pod holds; `kubectl describe pod` shows them. \
         The same of the same device is told once a minute at most. Made from `agent/src/event.rs`.\n\n\
         | reason | type | when |\n| --- | --- | --- |\n{rows}"
    );
    let kept = colvin_testkit::page::kept("docs/reference/pod-events.md", &wanted).unwrap();
    assert_eq!(
        kept, wanted,
        "stale: COLVIN_UPDATE=1 cargo test -p colvin-agent the_page_lists"
    );
}
