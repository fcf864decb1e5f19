//! What an answer of a plugin must look like, whatever it says.
//!
//! Left to others: lists (`state`), whether the answer is the right one (the tests).

use std::collections::HashSet;

use colvin_kubelet_api::device_plugin::v1beta1::{
    ContainerAllocateResponse, ContainerPreferredAllocationRequest,
};

/// What is wrong with the answers to `Allocate`.
pub(super) fn allocated(
    resource: &str,
    asked: usize,
    answers: &[ContainerAllocateResponse],
) -> Vec<String> {
    let mut wrong = Vec::new();
    if answers.len() != asked {
        let given = answers.len();
        wrong.push(format!(
            "{resource}: {given} answers for {asked} containers"
        ));
    }
    for answer in answers {
        let ContainerAllocateResponse {
            envs,
            mounts,
            devices,
            annotations: _,
            cdi_devices,
        } = answer;
        let bad_env = |name: &&String| name.is_empty() || name.contains(['=', '\0']);
        for name in envs.keys().filter(bad_env) {
            wrong.push(format!("{resource}: {name:?} is no environment variable"));
        }
        for name in cdi_devices.iter().map(|device| &device.name) {
            if !is_cdi_name(name) {
                wrong.push(format!("{resource}: {name:?} is no CDI device"));
            }
        }
        let mounts = mounts.iter().map(|at| (&at.host_path, &at.container_path));
        let nodes = devices.iter().map(|at| (&at.host_path, &at.container_path));
        for (host, container) in mounts.chain(nodes) {
            if !host.starts_with('/') || !container.starts_with('/') {
                wrong.push(format!("{resource}: {host:?} at {container:?} is no path"));
            }
        }
        for device in devices {
            let permissions = &device.permissions;
            if permissions.is_empty() || !permissions.chars().all(|letter| "rwm".contains(letter)) {
                wrong.push(format!("{resource}: {permissions:?} are no permissions"));
            }
        }
    }
    wrong
}

/// Whether the name is one of a CDI device: `vendor/class=device`.
fn is_cdi_name(name: &str) -> bool {
    let parts = name
        .split_once('=')
        .and_then(|(kind, device)| Some((kind.split_once('/')?, device)));
    parts.is_some_and(|((vendor, class), device)| {
        let good = |part: &str, also: &str| {
            let mut letters = part.chars();
            !part.is_empty()
                && letters.all(|letter| letter.is_ascii_alphanumeric() || also.contains(letter))
        };
        good(vendor, "-_.") && good(class, "-_.") && good(device, "-_.:")
    })
}

/// What is wrong with the answer to `GetPreferredAllocation`.
pub(super) fn preferred(
    resource: &str,
    asked: &ContainerPreferredAllocationRequest,
    ids: &[String],
) -> Vec<String> {
    let mut wrong = Vec::new();
    let chosen: HashSet<&String> = ids.iter().collect();
    if usize::try_from(asked.allocation_size) != Ok(chosen.len()) || chosen.len() != ids.len() {
        let wanted = asked.allocation_size;
        wrong.push(format!(
            "{resource}: {ids:?} preferred where {wanted} were wanted"
        ));
    }
    for id in &chosen {
        if !asked.available_device_i_ds.contains(id) {
            wrong.push(format!("{resource}: {id} preferred and not available"));
        }
    }
    for id in &asked.must_include_device_i_ds {
        if !chosen.contains(id) {
            wrong.push(format!("{resource}: {id} is a must and not preferred"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cdi_device_has_vendor_class_and_name() {
        assert!(is_cdi_name("colvin.dev/green=0000:01:10.0"));
        for bad in [
            "green",
            "colvin.dev/green",
            "colvin.dev/=a",
            "a/b=",
            "a b/c=d",
        ] {
            assert!(!is_cdi_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_preference_for_what_is_not_there_is_wrong() {
        let asked = ContainerPreferredAllocationRequest {
            available_device_i_ds: vec!["a".to_owned(), "b".to_owned()],
            must_include_device_i_ds: vec!["a".to_owned()],
            allocation_size: 1,
        };
        assert_eq!(preferred("r", &asked, &["a".to_owned()]), [""; 0]);
        assert_eq!(preferred("r", &asked, &["c".to_owned()]).len(), 2);
        assert_eq!(preferred("r", &asked, &[]).len(), 2);
    }
}
