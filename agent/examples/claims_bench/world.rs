//! The control plane with the chart in it, the network that all devices are on, and who looks on. Left to others: the nodes'
//! machines and the drivers.

use std::path::Path;

use anyhow::{Context as _, Result};
use colvin_testkit::kube::Options;
use k8s_openapi::api::resource::v1::ResourceSlice;
use kube::api::{DeleteParams, ListParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use tokio::runtime::Runtime;

use crate::installed::Installed;
use crate::slices::Slices;

/// Every PF of either machine is a member. A link that is back counts at once, so that the next loss need not wait.
const NETWORK: &str = "
apiVersion: colvin.dev/v1alpha1
kind: Network
metadata: {name: green}
spec:
  advertise: DRA
  policy: {holdDownSeconds: 0}
  members:
  - {name: first, uplink: {interface: eth1}}
  - {name: second, uplink: {interface: eth258}}
  - {name: third, uplink: {interface: eth515}}
  - {name: fourth, uplink: {interface: eth772}}
";

/// The control plane, and an administrator's ways to it.
pub(crate) struct World {
    pub(crate) client: Client,
    pub(crate) runtime: Runtime,
    // ends before the server that it follows
    pub(crate) slices: Slices,
    pub(crate) bench: Installed,
}

impl World {
    /// Starts it.
    pub(crate) fn make() -> Result<Self> {
        let bench = Installed::start(&Options::default())?;
        bench.plane.apply(NETWORK)?;
        let runtime = runtime()?;
        let client = runtime.block_on(client(bench.plane.kubeconfig()))?;
        Ok(Self {
            client,
            runtime,
            slices: Slices::follow(bench.plane.kubeconfig()),
            bench,
        })
    }

    /// Deletes the slices of a node, as a kubelet does when it starts.
    pub(crate) fn wipe(&self, node: &str) -> Result<()> {
        let api: Api<ResourceSlice> = Api::all(self.client.clone());
        let of_node = ListParams::default().fields(&format!("spec.nodeName={node}"));
        let all = DeleteParams::default();
        let deleted = api.delete_collection(&all, &of_node);
        let deleted = self.runtime.block_on(deleted).map(drop);
        deleted.with_context(|| format!("deleting the slices of {node}"))
    }
}

/// A runtime for one thread.
pub(crate) fn runtime() -> Result<Runtime> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().context("making a runtime")
}

/// A client of whoever this kubeconfig is of. What is asked by it is asked within the same runtime.
pub(crate) async fn client(kubeconfig: &Path) -> Result<Client> {
    let file = Kubeconfig::read_from(kubeconfig)?;
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(file, &options).await?;
    Client::try_from(config).context("making a client")
}
