//! Names of extended resources. Left to others: which there are.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::NetworkName;

/// The name of an extended resource: a DNS subdomain, `/`, and a name, such as `colvin.dev/green`.
///
/// The part before the `/` has at most 253 lower-case letters, digits, `-` and `.`, that behind it 1 to 63 letters,
/// digits, `-`, `_` and `.`, a letter or digit first and last. `kubernetes.io` and names that begin with
/// `requests.` are the cluster's own. Cheap to clone.
///
/// Source: `IsExtendedResourceName` of the kubelet, and the qualified names of Kubernetes (DP-02).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceName(Arc<str>);

/// What stands before the `/` of networks' resources.
const OF_NETWORKS: &str = "colvin.dev";

/// A text that is no name of an extended resource.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no extended resource (such as colvin.dev/green)")]
pub struct InvalidResourceName {
    text: String,
}

impl ResourceName {
    /// What a pod asks for to be attached to a network: `colvin.dev/<network>`.
    pub fn of_network(network: &NetworkName) -> Self {
        Self(format!("{OF_NETWORKS}/{network}").into())
    }

    /// Whether it is one that pods ask for to be attached to a network.
    pub fn is_of_network(&self) -> bool {
        self.prefix() == OF_NETWORKS
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `/`.
    pub fn prefix(&self) -> &str {
        self.0.split_once('/').map_or("", |(prefix, _)| prefix)
    }

    /// The part behind the `/`.
    pub fn name(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, name)| name)
    }

    /// As part of a file's name: `/` is written `-`.
    pub fn in_file_name(&self) -> String {
        self.0.replace('/', "-")
    }
}

impl FromStr for ResourceName {
    type Err = InvalidResourceName;

    fn from_str(text: &str) -> Result<Self, InvalidResourceName> {
        let invalid = || InvalidResourceName {
            text: text.chars().take(330).collect(),
        };
        let (prefix, name) = text.split_once('/').ok_or_else(invalid)?;
        let reserved = prefix == "kubernetes.io" || prefix.ends_with(".kubernetes.io");
        if is_domain(prefix) && is_name(name) && !reserved && !prefix.starts_with("requests.") {
            Ok(Self(text.into()))
        } else {
            Err(invalid())
        }
    }
}

fn ends_alphanumeric(text: &str) -> bool {
    let alphanumeric = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    alphanumeric(text.bytes().next()) && alphanumeric(text.bytes().next_back())
}

fn is_domain(text: &str) -> bool {
    let clean = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let label = |label: &str| ends_alphanumeric(label) && label.bytes().all(clean);
    text.len() <= 253 && text.split('.').all(label)
}

fn is_name(text: &str) -> bool {
    let clean = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=63).contains(&text.len()) && ends_alphanumeric(text) && text.bytes().all(clean)
}

impl fmt::Display for ResourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

crate::identity::serde_by_text!(ResourceName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dp_02_a_name_is_one_that_the_kubelet_takes() {
        for name in ["colvin.dev/green", "intel.com/sriov_net-A.1", "a/b"] {
            assert_eq!(name.parse::<ResourceName>().unwrap().to_string(), name);
        }
        for wrong in [
            "",
            "green",
            "colvin.dev/",
            "/green",
            "colvin.dev/-green",
            "colvin.dev/green_",
            "Colvin.dev/green",
            "colvin..dev/green",
            "colvin.dev/a/b",
            "kubernetes.io/green",
            "x.kubernetes.io/green",
            "requests.colvin.dev/green",
        ] {
            assert!(wrong.parse::<ResourceName>().is_err(), "{wrong:?}");
        }
        let long = format!("colvin.dev/{}", "g".repeat(64));
        assert!(long.parse::<ResourceName>().is_err());
    }

    #[test]
    fn a_network_of_any_name_has_a_resource() {
        let network: NetworkName = "g".repeat(NetworkName::MAX_BYTES).parse().unwrap();
        let resource = ResourceName::of_network(&network);
        assert_eq!(resource.to_string().parse(), Ok(resource.clone()));
        assert_eq!(resource.prefix(), "colvin.dev");
        assert!(resource.is_of_network());
        assert_eq!(resource.name(), network.as_str());
    }
}
