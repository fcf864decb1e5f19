//! What a container reads of its devices.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use serde_json::json;

use super::*;
use crate::scene::{claim, given, settings, uid};

fn documents(path: &Path) -> Vec<Value> {
    let bytes = fs::read(path).unwrap();
    let all = serde_json::Deserializer::from_slice(&bytes).into_iter();
    all.map(Result::unwrap).collect()
}

/// DRA-35: of addresses it says nothing before an attachment has some, whatever the host has.
#[test]
fn a_file_says_what_a_requests_devices_are_in_each_version() {
    let top = tempfile::tempdir().unwrap();
    let mut one = claim("one", vec![given("main/large", 1)]);
    one.pod_claim_name = Some("net".into());
    let path = file(&folder(top.path(), "default", "one"), "main");
    let given: Vec<_> = one.given().iter().collect();
    write(&path, &uid("u1"), &one, &given).unwrap();
    let expected = |version: &str| {
        json!({
            "kind": "DeviceMetadata",
            "apiVersion": version,
            "metadata": {"name": "one", "namespace": "default", "uid": "u1", "generation": 1},
            "podClaimName": "net",
            "requests": [{"name": "main/large", "devices": [{
                "driver": "colvin.dev",
                "pool": "n1/0000-3b-00-0-0",
                "name": "0000-3b-00-1",
                "attributes": one.given()[0].attributes,
            }]}],
        })
    };
    let versions = [
        "metadata.resource.k8s.io/v1beta1",
        "metadata.resource.k8s.io/v1alpha1",
    ];
    assert_eq!(documents(&path), versions.map(expected));
    let below = path.strip_prefix(top.path()).unwrap();
    let known = Path::new("dra-device-metadata/default_one/main/metadata.json");
    assert_eq!(below, known);
}

/// DRA-35.
#[test]
fn a_container_finds_the_file_by_what_its_pod_calls_the_claim() {
    let mut one = claim("web-net-x7k2p", vec![]);
    let top = "/var/run/kubernetes.io/dra-device-attributes";
    assert_eq!(
        in_container(&one, "main"),
        format!("{top}/resourceclaims/web-net-x7k2p/main/colvin.dev-metadata.json")
    );
    one.pod_claim_name = Some("net".into());
    assert_eq!(
        in_container(&one, "main"),
        format!("{top}/resourceclaimtemplates/net/main/colvin.dev-metadata.json")
    );
    one.pod_claim_name = Some("../../etc".into());
    assert!(in_container(&one, "main").contains("/web-net-x7k2p/"));
}

/// The device 1 of the claim `default/one`.
fn hold(of: &str) -> ClaimHold {
    let mut state = crate::state::State::default();
    state.put(&uid(of), claim("one", vec![given("main", 1)]), None);
    let hold = state.holds().next();
    hold.unwrap()
}

/// DRA-35: the mount pins the inode, and addresses change under a pod that runs.
#[test]
fn what_is_known_of_an_interface_is_written_into_the_file_and_outlives_a_second_prepare() {
    let top = tempfile::tempdir().unwrap();
    let folders = settings(top.path()).folders;
    let one = claim("one", vec![given("main", 1)]);
    let path = file(&folder(&folders.plugin(), "default", "one"), "main");
    let given: Vec<_> = one.given().iter().collect();
    write(&path, &uid("u1"), &one, &given).unwrap();
    let inode = fs::metadata(&path).unwrap().ino();
    let mut data = NetworkData {
        interface_name: "green0".into(),
        ips: vec!["10.20.4.7/22".into()],
        hardware_address: "02:00:00:00:00:07".into(),
    };
    let update = |data: &NetworkData| update_network_data(&folders, &hold("u1"), data).unwrap();
    assert!(update(&data) && !update(&data), "news once");
    data.ips = vec!["10.20.4.9/22".into()];
    assert!(update(&data));
    write(&path, &uid("u1"), &one, &given).unwrap();
    for document in documents(&path) {
        assert_eq!(document["metadata"]["generation"], 3);
        let told = &document["requests"][0]["devices"][0]["networkData"];
        assert_eq!(*told, serde_json::to_value(&data).unwrap());
    }
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    // another claim by the same name has nothing of it
    write(&path, &uid("u2"), &one, &given).unwrap();
    assert!(!update(&data));
    assert_eq!(fs::metadata(&path).unwrap().ino(), inode);
    assert_eq!(documents(&path)[0]["metadata"]["generation"], 1);
    assert_eq!(
        documents(&path)[0]["requests"][0]["devices"][0]["networkData"],
        Value::Null
    );
}

#[test]
fn of_a_claim_that_is_not_prepared_nothing_is_written() {
    let top = tempfile::tempdir().unwrap();
    let folders = settings(top.path()).folders;
    let data = NetworkData::default();
    let update = |hold: &ClaimHold| update_network_data(&folders, hold, &data);
    assert!(!update(&hold("u1")).unwrap());
    assert!(!folders.plugin().exists());
    let path = file(&folder(&folders.plugin(), "default", "one"), "main");
    files::write_in_place(&path, b"{").unwrap();
    assert!(matches!(
        update(&hold("u1")),
        Err(MetadataError::Torn { .. })
    ));
    let left = ClaimHold {
        allocated: None,
        ..hold("u1")
    };
    assert!(!update(&left).unwrap());
}

#[test]
fn the_longest_names_make_a_folder_that_a_file_system_takes() {
    let [one, two] = ["a", "b"].map(|end| {
        let name = format!("{}{end}", "n".repeat(252));
        folder(Path::new("/p"), &"s".repeat(63), &name)
    });
    for folder in [&one, &two] {
        assert_eq!(folder.file_name().unwrap().len(), 255);
    }
    assert_ne!(one, two);
}
