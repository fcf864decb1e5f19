//! What is printed of which answer of the kubelet, and what is said where there is none.

use colvin_kubelet_api::pod_resources::v1::pod_resources_lister_server::{
    PodResourcesLister, PodResourcesListerServer,
};
use colvin_kubelet_api::pod_resources::v1::{
    AllocatableResourcesRequest, AllocatableResourcesResponse, ContainerDevices,
    ContainerResources, GetPodResourcesRequest, GetPodResourcesResponse, ListPodResourcesRequest,
    ListPodResourcesResponse,
};
use colvin_kubelet_api::uds;
use serde_json::{Value, json};
use tokio::net::UnixListener;
use tonic::{Request, Response, Status};

use super::*;

fn offers() -> Offers {
    let vf = |index: u16, ill: Value| {
        json!({"kind": "VirtualFunction", "address": format!("0000:04:10.{index}"), "uplink": "0000:04:00.0",
            "vf_index": index, "numa_node": null, "ill": ill})
    };
    let offer = |origin: Value, devices: Value| json!({"origin": origin, "placement": "Packed", "devices": devices});
    serde_json::from_value(json!({
        "colvin.dev/green": offer(json!({"Network": "green"}), json!({
            "0000:04:10.0": vf(0, Value::Null), "0000:04:10.1": vf(1, json!("LinkDown"))})),
        "intel.com/x": offer(json!("ConfigFile"), json!({"0000:04:10.2": vf(2, Value::Null)})),
    }))
    .unwrap()
}

fn listed() -> Vec<PodResources> {
    let devices = |resource: &str, id: &str| ContainerDevices {
        resource_name: resource.to_owned(),
        device_ids: vec![id.to_owned()],
        ..ContainerDevices::default()
    };
    let container = ContainerResources {
        name: "app".to_owned(),
        devices: vec![
            devices("intel.com/x", "0000:04:10.2"),
            devices("colvin.dev/green", "0000:04:10.0"),
            devices("colvin.dev/gone", "0000:05:00.0"),
            devices("nvidia.com/gpu", "GPU-1"),
        ],
        ..ContainerResources::default()
    };
    vec![PodResources {
        name: "web".to_owned(),
        namespace: "shop".to_owned(),
        containers: vec![container],
        ..PodResources::default()
    }]
}

fn printed(offers: &Offers, offered: bool) -> Value {
    serde_json::to_value(join(&listed(), offers, Some("node1"), offered)).unwrap()
}

#[test]
fn each_device_has_its_holder_and_what_was_offered() {
    let web = |more: Value| {
        let mut entry =
            json!({"node": "node1", "namespace": "shop", "pod": "web", "container": "app"});
        entry
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        entry
    };
    let gone = web(json!({"resource": "colvin.dev/gone", "device": "0000:05:00.0"}));
    let green = web(
        json!({"resource": "colvin.dev/green", "device": "0000:04:10.0", "kind": "VirtualFunction",
        "uplink": "0000:04:00.0", "address": "0000:04:10.0", "vfIndex": 0, "network": "green"}),
    );
    let other = web(
        json!({"resource": "intel.com/x", "device": "0000:04:10.2", "kind": "VirtualFunction",
        "uplink": "0000:04:00.0", "address": "0000:04:10.2", "vfIndex": 2}),
    );
    assert_eq!(printed(&offers(), false), json!([gone, green, other]));
    let free = json!({"node": "node1", "resource": "colvin.dev/green", "device": "0000:04:10.1", "kind": "VirtualFunction",
        "uplink": "0000:04:00.0", "address": "0000:04:10.1", "vfIndex": 1, "network": "green", "ill": "LinkDown"});
    assert_eq!(printed(&offers(), true), json!([gone, green, free, other]));
}

#[test]
fn without_offers_there_are_still_the_holders_of_our_resources() {
    let printed = printed(&Offers::default(), true);
    let resources: Vec<&str> = printed
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry.get("resource").unwrap().as_str().unwrap())
        .collect();
    assert_eq!(resources, ["colvin.dev/gone", "colvin.dev/green"]);
}

struct Kubelet;

#[tonic::async_trait]
impl PodResourcesLister for Kubelet {
    async fn list(
        &self,
        _: Request<ListPodResourcesRequest>,
    ) -> Result<Response<ListPodResourcesResponse>, Status> {
        Ok(Response::new(ListPodResourcesResponse {
            pod_resources: listed(),
        }))
    }

    async fn get_allocatable_resources(
        &self,
        _: Request<AllocatableResourcesRequest>,
    ) -> Result<Response<AllocatableResourcesResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }

    async fn get(
        &self,
        _: Request<GetPodResourcesRequest>,
    ) -> Result<Response<GetPodResourcesResponse>, Status> {
        Err(Status::unimplemented("not asked"))
    }
}

fn args(folder: &Path) -> HoldersArgs {
    HoldersArgs {
        kubelet: KubeletDir {
            kubelet_dir: folder.to_owned(),
        },
        state: StateDir {
            state_dir: folder.to_owned(),
        },
        offered: false,
        node_name: None,
    }
}

#[tokio::test]
async fn dp_22_the_kubelet_is_asked_on_its_socket_of_pod_resources() {
    let folder = tempfile::tempdir().unwrap();
    let sockets = folder.path().join("pod-resources");
    std::fs::create_dir(&sockets).unwrap();
    let listener = UnixListener::bind(sockets.join("kubelet.sock")).unwrap();
    let server = tonic::transport::Server::builder()
        .add_service(PodResourcesListerServer::new(Kubelet))
        .serve_with_incoming(uds::incoming(listener));
    OffersFile::in_folder(folder.path())
        .save(&offers())
        .unwrap();
    let mut out = Vec::new();
    let args = args(folder.path());
    tokio::select! {
        ended = server => panic!("the kubelet ended: {ended:?}"),
        ran = run(&args, &mut out) => ran.unwrap(),
    }
    let printed: Vec<Value> = serde_json::from_slice(&out).unwrap();
    assert_eq!(printed.len(), 3);
}

#[tokio::test]
async fn a_kubelet_that_is_not_there_is_told_from_one_that_does_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    let told = async || {
        run(&args(folder.path()), &mut Vec::new())
            .await
            .unwrap_err()
            .to_string()
    };
    let error = told().await;
    assert!(
        error.contains("kubelet.sock is not there: does the kubelet run"),
        "{error}"
    );
    let sockets = folder.path().join("pod-resources");
    std::fs::create_dir(&sockets).unwrap();
    drop(UnixListener::bind(sockets.join("kubelet.sock")).unwrap());
    let error = told().await;
    assert!(error.contains("nobody answers on"), "{error}");
}
