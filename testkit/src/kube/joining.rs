//! What a real node needs to join: an identity of its own, where the API server is, and a port by which
//! the API server reaches its kubelet (logs, exec).
//!
//! Left to others: the kubelet (`crate::node`).

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::{ControlPlane, Forward, kubeconfig, ports};
use crate::netns::Netns;
use crate::vm::VmConfig;

/// A node's way into the cluster.
#[derive(Clone, Debug)]
pub struct Joining {
    /// The node's name.
    pub name: String,
    /// The kubelet's kubeconfig, for a guest.
    pub kubeconfig: PathBuf,
    /// The certificate of the authority that the kubelet believes.
    pub authority: PathBuf,
    /// The API server's port.
    pub api_port: u16,
    /// The kubelet's own port: one of our loopback, which the API server asks.
    pub kubelet_port: u16,
}

/// Each node's name as one of loopback, besides what every machine knows.
pub(super) fn hosts(nodes: &[String]) -> String {
    let names = nodes.iter().map(String::as_str);
    let all = ["localhost"].into_iter().chain(names);
    let lines: Vec<String> = all.map(|name| format!("127.0.0.1 {name}\n")).collect();
    lines.concat()
}

impl ControlPlane {
    /// What a real node of this name needs to join from a guest ([`Options::nodes`](super::Options)).
    ///
    /// # Errors
    /// When the control plane was not told of such a node, or there is no free port.
    pub fn joining(&self, name: &str) -> Result<Joining> {
        let pki = &self.layout.pki;
        let identity = pki.kubelets.get(name);
        let identity = identity.with_context(|| format!("{name} is none of the real nodes"))?;
        let api_port = self.layout.ports.api_server;
        let path = self.folder().join(format!("kubelet-{name}.kubeconfig"));
        let server = format!("https://{}:{api_port}", VmConfig::HOST);
        let user = kubeconfig::by_certificate(identity);
        let [kubelet_port] = ports::free()?;
        Ok(Joining {
            name: name.to_owned(),
            kubeconfig: kubeconfig::write(&path, &server, &pki.authority, &user)?,
            authority: pki.authority.clone(),
            api_port,
            kubelet_port,
        })
    }

    /// Makes the port of a kubelet in a namespace reachable for the API server.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn reach_into(&self, netns: &Netns, joining: &Joining) -> Result<Forward> {
        Forward::start_into(netns, joining.kubelet_port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_is_a_name_of_loopback() {
        let hosts = hosts(&["one".to_owned(), "two".to_owned()]);
        let wanted = "127.0.0.1 localhost\n127.0.0.1 one\n127.0.0.1 two\n";
        assert_eq!(hosts, wanted);
    }
}
