//! The service `PodResourcesLister` on `pod-resources/kubelet.sock`.
//!
//! Left to others: the pods (`pods`), processors and memory (there are none).

use std::sync::Arc;

use colvin_kubelet_api::pod_resources::v1::pod_resources_lister_server::PodResourcesLister;
use colvin_kubelet_api::pod_resources::v1::{
    AllocatableResourcesRequest, AllocatableResourcesResponse, GetPodResourcesRequest,
    GetPodResourcesResponse, ListPodResourcesRequest, ListPodResourcesResponse,
};
use tonic::{Request, Response, Status};

use super::options::Call;
use super::pods::{nodes, told};
use super::shared::Shared;

/// The kubelet's end of pod resources.
#[derive(Debug)]
pub(super) struct Lister(pub(super) Arc<Shared>);

#[tonic::async_trait]
impl PodResourcesLister for Lister {
    async fn list(
        &self,
        _: Request<ListPodResourcesRequest>,
    ) -> Result<Response<ListPodResourcesResponse>, Status> {
        self.0.answered(Call::PodResources).await;
        let pod_resources = self.0.look(|state| state.pods.resources());
        Ok(Response::new(ListPodResourcesResponse { pod_resources }))
    }

    async fn get(
        &self,
        request: Request<GetPodResourcesRequest>,
    ) -> Result<Response<GetPodResourcesResponse>, Status> {
        self.0.answered(Call::PodResources).await;
        let GetPodResourcesRequest {
            pod_name,
            pod_namespace,
        } = request.into_inner();
        let pods = self.0.look(|state| state.pods.resources());
        let found = pods
            .into_iter()
            .find(|pod| pod.name == pod_name && pod.namespace == pod_namespace);
        // errors of Go without a code are of this one
        let missing = || Status::unknown(format!("no pod {pod_namespace}/{pod_name} here"));
        let pod_resources = Some(found.ok_or_else(missing)?);
        Ok(Response::new(GetPodResourcesResponse { pod_resources }))
    }

    async fn get_allocatable_resources(
        &self,
        _: Request<AllocatableResourcesRequest>,
    ) -> Result<Response<AllocatableResourcesResponse>, Status> {
        self.0.answered(Call::PodResources).await;
        let devices = self.0.look(|state| {
            let all = state.devices.iter().flat_map(|(resource, devices)| {
                let healthy = state.healthy.get(resource);
                let healthy = devices
                    .iter()
                    .filter(move |(id, _)| healthy.is_some_and(|healthy| healthy.contains(*id)));
                healthy.flat_map(|(id, device)| told(resource, id, &nodes(Some(device.clone()))))
            });
            all.collect()
        });
        Ok(Response::new(AllocatableResourcesResponse {
            devices,
            cpu_ids: Vec::new(),
            memory: Vec::new(),
        }))
    }
}
