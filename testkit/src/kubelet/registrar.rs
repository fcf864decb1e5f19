//! The service `Registration` on `device-plugins/kubelet.sock`.
//!
//! Left to others: the socket (`sockets`), the dial back (`plugin`).

use std::path::Path;
use std::sync::Arc;

use colvin_kubelet_api::device_plugin::v1beta1::registration_server::Registration;
use colvin_kubelet_api::device_plugin::v1beta1::{Empty, RegisterRequest};
use tonic::{Request, Response, Status};

use super::options::Call;
use super::plugin::connect;
use super::record::{Way, What};
use super::shared::Shared;

/// The only version of the API that there is.
pub(super) const VERSION: &str = "v1beta1";

/// The kubelet's end of `Register`.
#[derive(Debug)]
pub(super) struct Registrar(pub(super) Arc<Shared>);

#[tonic::async_trait]
impl Registration for Registrar {
    async fn register(&self, request: Request<RegisterRequest>) -> Result<Response<Empty>, Status> {
        let request = request.into_inner();
        self.0.answered(Call::Register).await;
        match self.registered(&request).await {
            Ok(()) => Ok(Response::new(Empty {})),
            Err(reason) => {
                self.0.change(|state| {
                    state.happened(What::Refused {
                        resource: request.resource_name,
                        reason: reason.clone(),
                    });
                });
                // errors of Go without a code are of this one
                Err(Status::unknown(reason))
            }
        }
    }
}

impl Registrar {
    async fn registered(&self, request: &RegisterRequest) -> Result<(), String> {
        let RegisterRequest {
            version,
            endpoint,
            resource_name: resource,
            options: _,
        } = request;
        if let Some(reason) = self.0.look(|state| state.refuses.clone()) {
            return Err(reason);
        }
        if version != VERSION {
            return Err(self.breach(format!("{resource}: version {version:?}")));
        }
        if !is_extended_resource(resource) {
            return Err(self.breach(format!("{resource:?} is no extended resource")));
        }
        let bare = Path::new(endpoint).file_name();
        if bare != Some(endpoint.as_ref()) {
            return Err(self.breach(format!("{resource}: {endpoint:?} is no file name")));
        }
        let socket = self.0.folder.join("device-plugins").join(endpoint);
        connect(&self.0, resource, &socket, Way::Call).await
    }

    fn breach(&self, text: String) -> String {
        self.0.change(|state| state.breach("DP-02", text.clone()));
        text
    }
}

/// Whether the name is one of an extended resource: a domain that is not Kubernetes', and a name.
pub(super) fn is_extended_resource(resource: &str) -> bool {
    let Some((domain, name)) = resource.split_once('/') else {
        return false;
    };
    let ends_well = |part: &str, good: fn(&u8) -> bool| {
        part.as_bytes().first().is_some_and(good) && part.as_bytes().last().is_some_and(good)
    };
    let is_lower = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let label_is_good = |label: &str| {
        ends_well(label, |byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit()
        }) && label.bytes().all(|byte| is_lower(&byte) || byte == b'-')
    };
    // the quota of the resource is called `requests.` and its name
    let domain_is_good = domain.len() <= 253 - "requests.".len()
        && domain.split('.').all(label_is_good)
        && !format!("{domain}/").contains("kubernetes.io/")
        && !domain.starts_with("requests.");
    let name_is_good = name.len() <= 63
        && ends_well(name, u8::is_ascii_alphanumeric)
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    domain_is_good && name_is_good
}

#[cfg(test)]
mod tests {
    use super::is_extended_resource;

    #[test]
    fn an_extended_resource_has_a_domain_of_its_own() {
        for good in ["colvin.dev/green", "intel.com/a_B-c.d", "a/b"] {
            assert!(is_extended_resource(good), "{good}");
        }
        for bad in [
            "green",
            "/green",
            "colvin.dev/",
            "Colvin.dev/green",
            "colvin.dev/gr/een",
            "colvin.dev/-green",
            "kubernetes.io/green",
            "a.kubernetes.io/green",
            "requests.colvin.dev/green",
            "colvin..dev/green",
        ] {
            assert!(!is_extended_resource(bad), "{bad}");
        }
    }
}
