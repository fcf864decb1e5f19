//! The ranges of the cluster itself: its services', and its nodes' pods', where the cluster says them.
//!
//! They hardly change, so they are looked at now and then, and only while a Network gives addresses out of
//! ranges. What may not be read, or is not there, is not known, and nothing fails for it. Left to others: what
//! follows ([`crate::overlap`]).

use std::fmt::Debug;
use std::time::Duration;

use anyhow::Context as _;
use colvin_service::{CancellationToken, client};
use ipnet::IpNet;
use k8s_openapi::api::core::v1::Node;
use k8s_openapi::api::networking::v1::ServiceCIDR;
use kube::api::ListParams;
use kube::{Api, Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use tracing::{debug, warn};

/// How often they are looked at.
const EVERY: Duration = Duration::from_mins(10);
/// Objects per page: a Node has kilobytes.
const PAGE: u32 = 100;

/// What is known of the cluster's own ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClusterRanges {
    pub(crate) services: Vec<IpNet>,
    pub(crate) pods: Vec<IpNet>,
}

/// Looks now and then, while somebody wants to know, until it is told to end.
pub(crate) async fn run(
    client: Client,
    mut wanted: watch::Receiver<bool>,
    seen: watch::Sender<ClusterRanges>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            // who asks is gone only when the end is near
            Ok(_) = wanted.wait_for(|wanted| *wanted) => {}
        }
        let looked = tokio::select! {
            () = stop.cancelled() => return Ok(()),
            looked = look(&client) => looked,
        };
        seen.send_if_modified(|kept| take(kept, looked));
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// What one look brought; `None` for what could not be read.
type Looked = [Option<Vec<IpNet>>; 2];

/// Takes what a look brought, and says whether it is news. What could not be read is as it was.
fn take(kept: &mut ClusterRanges, looked: Looked) -> bool {
    let before = kept.clone();
    let [services, pods] = looked;
    if let Some(services) = services {
        kept.services = services;
    }
    if let Some(pods) = pods {
        kept.pods = pods;
    }
    *kept != before
}

async fn look(client: &Client) -> Looked {
    let services = all(client, |object: ServiceCIDR| {
        object.spec.and_then(|spec| spec.cidrs)
    });
    let services = understood(services.await);
    let pods = all(client, |node: Node| {
        node.spec.and_then(|spec| spec.pod_cidrs)
    });
    [services, understood(pods.await)]
}

/// What all objects of a kind say.
async fn all<K>(
    client: &Client,
    says: impl Fn(K) -> Option<Vec<String>>,
) -> anyhow::Result<Vec<String>>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned,
{
    let objects: Api<K> = Api::all(client.clone());
    let mut params = ListParams::default().limit(PAGE);
    let mut said = Vec::new();
    loop {
        let page = tokio::time::timeout(client::REQUEST_LIMIT, objects.list(&params)).await;
        let page = page.context("no answer in time")?;
        let page = page.with_context(|| format!("cannot list {}", K::plural(&())))?;
        said.extend(page.items.into_iter().filter_map(&says).flatten());
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params = params.continue_token(&token),
            None => return Ok(said),
        }
    }
}

/// The subnets, those that adjoin as one; `None` where they could not be read, which is said here.
fn understood(said: anyhow::Result<Vec<String>>) -> Option<Vec<IpNet>> {
    match said {
        Ok(said) => {
            let subnets = said.iter().filter_map(|text| text.parse().ok());
            Some(IpNet::aggregate(&subnets.collect()))
        }
        Err(error) => {
            let answer = error.downcast_ref::<kube::Error>();
            let is_forbidden = matches!(answer, Some(kube::Error::Api(status)) if matches!(status.code, 403 | 404));
            let error = format!("{error:#}");
            if is_forbidden {
                debug!(error, "ranges of the cluster are not known");
            } else {
                warn!(error, "ranges of the cluster cannot be read; again later");
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nets(all: &[&str]) -> Vec<IpNet> {
        all.iter().map(|each| each.parse().unwrap()).collect()
    }

    #[test]
    fn what_could_not_be_read_is_as_it_was_and_only_news_is_told() {
        let mut kept = ClusterRanges::default();
        let services = || Some(nets(&["10.96.0.0/16"]));
        assert!(take(&mut kept, [services(), None]));
        assert!(!take(&mut kept, [services(), None]));
        assert!(!take(&mut kept, [None, None]));
        assert!(take(&mut kept, [None, Some(nets(&["10.244.0.0/16"]))]));
        let expected = ClusterRanges {
            services: nets(&["10.96.0.0/16"]),
            pods: nets(&["10.244.0.0/16"]),
        };
        assert_eq!(kept, expected);
        assert!(take(&mut kept, [Some(Vec::new()), None]), "gone");
    }

    #[test]
    fn ranges_of_nodes_that_adjoin_are_one_and_what_is_no_subnet_is_passed_over() {
        let said = ["10.244.1.0/24", "10.244.0.0/24", "?", "2001:db8::/64"];
        let said = said.map(str::to_owned).to_vec();
        let expected = nets(&["10.244.0.0/23", "2001:db8::/64"]);
        assert_eq!(understood(Ok(said)), Some(expected));
        assert_eq!(understood(Err(anyhow::anyhow!("away"))), None);
    }
}
