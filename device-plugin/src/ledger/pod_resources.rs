//! The kubelet's word of who holds what: `List` of pod resources v1 (DP-22). Its checkpoint is never read.
//!
//! Left to others: asking, and what follows of it.

use colvin_kubelet_api::pod_resources::v1::PodResources;
use colvin_model::offer::{Holder, ResourceName};

use super::state::Answer;
use crate::PodName;

/// What an answer says of our resources.
///
/// It is complete when our own pod is in it: a kubelet that has just started answers before it has heard of
/// its pods, and without the API server it knows the static ones only.
pub(super) fn read(
    pods: Vec<PodResources>,
    is_ours: impl Fn(&ResourceName) -> bool,
    own_pod: Option<&PodName>,
) -> Answer {
    let mut answer = Answer {
        complete: own_pod.is_none(),
        ..Answer::default()
    };
    for pod in pods {
        answer.complete |=
            own_pod.is_some_and(|own| own.namespace == pod.namespace && own.name == pod.name);
        for container in pod.containers {
            let holder = Holder {
                namespace: pod.namespace.clone(),
                pod: pod.name.clone(),
                container: container.name,
            };
            for devices in container.devices {
                let Ok(resource) = devices.resource_name.parse::<ResourceName>() else {
                    continue;
                };
                if !is_ours(&resource) {
                    continue;
                }
                let ids = devices.device_ids.iter().filter_map(|id| id.parse().ok());
                let held = ids.map(|id| ((resource.clone(), id), holder.clone()));
                answer.held.extend(held);
            }
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use colvin_kubelet_api::pod_resources::v1::{ContainerDevices, ContainerResources};

    fn pod(name: &str, resource: &str, ids: &[&str]) -> PodResources {
        PodResources {
            name: name.into(),
            namespace: "default".into(),
            containers: vec![ContainerResources {
                name: "main".into(),
                devices: vec![ContainerDevices {
                    resource_name: resource.into(),
                    device_ids: ids.iter().map(ToString::to_string).collect(),
                    topology: None,
                }],
                ..ContainerResources::default()
            }],
            ..PodResources::default()
        }
    }

    #[test]
    fn dp_22_devices_of_our_resources_are_read_with_their_containers() {
        let pods = vec![
            pod(
                "web",
                "colvin.dev/green",
                &["0000:3b:00.2", "", "0000:3b:00.3"],
            ),
            pod("model", "nvidia.com/gpu", &["GPU-1"]),
        ];
        let answer = read(pods, |it| it.prefix() == "colvin.dev", None);
        let holder = Holder {
            namespace: "default".into(),
            pod: "web".into(),
            container: "main".into(),
        };
        let key = |id: &str| ("colvin.dev/green".parse().unwrap(), id.parse().unwrap());
        let held = [
            (key("0000:3b:00.2"), holder.clone()),
            (key("0000:3b:00.3"), holder),
        ];
        assert_eq!(answer.held, held.into());
        assert!(answer.complete);
    }

    #[test]
    fn an_answer_without_our_own_pod_is_of_a_kubelet_that_does_not_know_its_pods_yet() {
        let own = PodName {
            namespace: "default".into(),
            name: "agent".into(),
        };
        assert!(!read(vec![], |_| true, Some(&own)).complete);
        assert!(!read(vec![pod("static", "a.b/c", &[])], |_| true, Some(&own)).complete);
        assert!(read(vec![pod("agent", "a.b/c", &[])], |_| true, Some(&own)).complete);
    }
}
