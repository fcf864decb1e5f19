//! `DRAPlugin` of the version v1beta1. Left to others: what is said by it.

use colvin_kubelet_api::dra::v1beta1 as api;
use colvin_kubelet_api::dra::v1beta1::dra_plugin_server::DraPlugin;
use tonic::{Request, Response, Status};

use super::Server;
use crate::answer::Answer;
use crate::driver::Named;

#[tonic::async_trait]
impl DraPlugin for Server {
    async fn node_prepare_resources(
        &self,
        request: Request<api::NodePrepareResourcesRequest>,
    ) -> Result<Response<api::NodePrepareResourcesResponse>, Status> {
        let named = named(request.into_inner().claims);
        let became = self.driver.prepare(named).await;
        let claims = became.into_iter().map(|(uid, became)| {
            let (devices, error) = match became {
                Ok(answers) => (answers.into_iter().map(device).collect(), String::new()),
                Err(error) => (Vec::new(), error),
            };
            (uid, api::NodePrepareResourceResponse { devices, error })
        });
        let claims = claims.collect();
        Ok(Response::new(api::NodePrepareResourcesResponse { claims }))
    }

    async fn node_unprepare_resources(
        &self,
        request: Request<api::NodeUnprepareResourcesRequest>,
    ) -> Result<Response<api::NodeUnprepareResourcesResponse>, Status> {
        let named = named(request.into_inner().claims);
        let became = self.driver.unprepare(named).await;
        let claims = became.into_iter().map(|(uid, became)| {
            let error = became.err().unwrap_or_default();
            (uid, api::NodeUnprepareResourceResponse { error })
        });
        let claims = claims.collect();
        Ok(Response::new(api::NodeUnprepareResourcesResponse {
            claims,
        }))
    }
}

fn named(claims: Vec<api::Claim>) -> Vec<Named> {
    let named = |claim: api::Claim| Named {
        namespace: claim.namespace,
        uid: claim.uid,
        name: claim.name,
    };
    claims.into_iter().map(named).collect()
}

fn device(answer: Answer) -> api::Device {
    api::Device {
        request_names: vec![answer.request],
        pool_name: answer.pool,
        device_name: answer.device,
        cdi_device_ids: answer.cdi,
    }
}
