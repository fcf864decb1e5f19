//! What claims say of their devices.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::{Method, StatusCode};
use colvin_dra_driver::Allocated;
use colvin_model::claimable::Taint;
use serde_json::json;

use super::*;

fn known(taints: &[TaintKey]) -> Claimable {
    let is = json!({"kind": "VirtualFunction", "address": "0000:3b:00.5", "uplink": "0000:3b:00.0", "vf_index": 3,
        "numa_node": null, "ill": taints.contains(&TaintKey::Quarantined).then_some("NoDriver")});
    Claimable {
        name: "0000-3b-00-5".into(),
        port: "0000-3b-00-0".into(),
        place: 3,
        id: "0000:3b:00.5".parse().unwrap(),
        network: "green".parse().unwrap(),
        is: serde_json::from_value(is).unwrap(),
        held: true,
        attributes: BTreeMap::new(),
        taints: taints
            .iter()
            .map(|key| Taint {
                key: *key,
                evicts: false,
                value: None,
            })
            .collect(),
    }
}

fn hold(leaving: bool) -> ClaimHold {
    ClaimHold {
        claim: "u1".parse().unwrap(),
        namespace: "default".into(),
        name: "net".into(),
        device: serde_json::from_value(
            json!({"request": "net", "network": "green", "device": "0000:3b:00.5",
            "kind": "VirtualFunction"}),
        )
        .unwrap(),
        allocated: Some(Allocated {
            pool: "n1/0000-3b-00-0-0".into(),
            name: "0000-3b-00-5".parse().unwrap(),
            share_id: None,
        }),
        leaving,
    }
}

/// DRA-34: our own rows, each with its conditions and what is in the pod.
#[test]
fn dra_34_a_claim_says_how_its_device_stands_and_what_it_is_in_the_pod() {
    let in_pod = InPod {
        name: "green0".parse().unwrap(),
        mac: Some("02:00:00:00:00:01".into()),
        cidrs: vec!["10.9.0.2/24".into(), "2001:db8::2/64".into()],
    };
    let key = (
        Some("green".parse().unwrap()),
        "0000:3b:00.5".parse().unwrap(),
    );
    let sightings = Sightings::from([(key, in_pod)]);
    let claimed = Claimed(vec![hold(false)]);
    let all = statuses(&[known(&[TaintKey::LinkDown])], &claimed, &sightings);
    let key = ("default".to_owned(), "net".to_owned(), "u1".to_owned());
    let said = serde_json::to_value(&all[&key]).unwrap();
    let expected = json!([{"driver": "colvin.dev", "pool": "n1/0000-3b-00-0-0", "device": "0000-3b-00-5",
        "conditions": [
            {"type": "Healthy", "status": "True", "reason": "Usable", "message": ""},
            {"type": "LinkUp", "status": "False", "reason": "LinkDown", "message": TaintKey::LinkDown.meaning()},
            {"type": "Membership", "status": "True", "reason": "OnNetwork", "message": ""}],
        "networkData": {"interfaceName": "green0", "ips": ["10.9.0.2/24", "2001:db8::2/64"],
            "hardwareAddress": "02:00:00:00:00:01"}}]);
    assert_eq!(said, expected);
}

#[test]
fn a_claim_that_leaves_says_nothing_more_and_one_before_its_pod_has_no_interface() {
    let none = Sightings::new();
    let all = statuses(&[known(&[])], &Claimed(vec![hold(true)]), &none);
    assert_eq!(all, BTreeMap::new());
    let all = statuses(&[known(&[])], &Claimed(vec![hold(false)]), &none);
    let devices: Vec<_> = all.values().flatten().collect();
    assert_eq!(devices[0].network_data, None);
}

#[test]
fn a_lost_network_and_an_unusable_device_are_said_with_their_reasons() {
    let taints = [TaintKey::Quarantined, TaintKey::WrongNetwork];
    let all = statuses(
        &[known(&taints)],
        &Claimed(vec![hold(false)]),
        &Sightings::new(),
    );
    let devices: Vec<_> = all.values().flatten().collect();
    let said: Vec<_> = devices[0]
        .conditions
        .iter()
        .map(|it| (it.r#type, it.status, it.reason))
        .collect();
    assert_eq!(
        said,
        [
            ("Healthy", "False", "NoDriver"),
            ("LinkUp", "True", "Carrier"),
            ("Membership", "False", "WrongNetwork"),
        ]
    );
}

/// What Kubernetes 1.37 says where the right to our rows is missing, which is not 403.
const REFUSED: &str = "ResourceClaim \"net\" is invalid: status.devices: Forbidden: changing status.devices requires \
                       resource=\"resourceclaims/driver\", verb=\"[associated-node:patch]\"";

#[tokio::test(start_paused = true)]
async fn a_write_that_is_refused_is_tried_again_after_its_pause_whatever_changes_meanwhile() {
    let writes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&writes);
    let server = Router::new().fallback(move |method: Method| {
        let patches = method == Method::PATCH;
        counted.fetch_add(usize::from(patches), Ordering::Relaxed);
        async move {
            if patches {
                let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 422,
                    "reason": "Invalid", "message": REFUSED});
                return (StatusCode::UNPROCESSABLE_ENTITY, status.to_string());
            }
            let claim = json!({"apiVersion": "resource.k8s.io/v1", "kind": "ResourceClaim", "spec": {},
                "metadata": {"name": "net", "namespace": "default", "uid": "u1"}});
            (StatusCode::OK, claim.to_string())
        }
    });
    let (claimable, heard) = watch::channel(Some(Arc::new(vec![known(&[])])));
    let (_holds, claimed) = watch::channel(Some(Arc::new(Claimed(vec![hold(false)]))));
    let (_sightings, sightings) = watch::channel(Arc::default());
    let (_sole, sole) = watch::channel(true);
    let statuses = Statuses {
        client: Client::new(server, "default"),
        claimable: heard,
        claimed,
        sightings,
        sole,
    };
    let change = async {
        for second in 0..65 {
            let taints: &[TaintKey] = if second % 2 == 0 {
                &[TaintKey::LinkDown]
            } else {
                &[]
            };
            claimable.send_replace(Some(Arc::new(vec![known(taints)])));
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    };
    tokio::select! {
        ended = statuses.run(CancellationToken::new()) => panic!("{ended:?}"),
        () = change => {}
    }
    assert_eq!(
        writes.load(Ordering::Relaxed),
        3,
        "at once, after 30 s and after 60 s"
    );
}
