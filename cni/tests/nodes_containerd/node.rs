//! The node that the runtime runs on: its VF, the records that an agent would write, its pods, and what
//! `ip` and the folders say of it.
//!
//! Left to others: what is judged.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use colvin_testkit::netns::Netns;
use colvin_testkit::node::{self, Alone, BUSYBOX};
use colvin_testkit::vm::VmConfig;
use serde_json::{Value, json};

use crate::links::lasting;

/// The plugin under test.
const PLUGIN: &str = env!("CARGO_BIN_EXE_colvin-cni");

/// The node's name.
const NODE: &str = "attach";

/// The pod, as the kubelet calls one of a folder.
pub(crate) const POD: &str = "web-attach";

/// How long a pod may take to come or go: the guest is emulated.
const LIMIT: Duration = Duration::from_mins(3);

/// A folder's pod.
const MANIFEST: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: default}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: IMAGE, imagePullPolicy: Never}
";

/// How the Network's pods are attached, as the agent writes it.
const GREEN: &str = r#"{"version": 1, "network": "green", "kind": "VirtualFunction", "attach": {"vlan": 120, "mtu": 1420,
 "trust": false, "spoofCheck": true, "interfaceName": "green", "reconfigure": "Never"}}"#;

/// A node with two VFs of `pf0`.
#[derive(Debug)]
pub(crate) struct Node {
    alone: Alone,
    _netns: Netns,
    /// The PCI address of VF 0.
    pub(crate) vf: String,
}

/// What must be the same before and after a pod.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    /// `pf0` with its VFs' settings.
    pub(crate) pf: Value,
    /// The netdev of VF 0.
    pub(crate) netdev: Value,
    /// The journal's records.
    pub(crate) records: Vec<String>,
    /// Leases of our networks.
    leases: Vec<String>,
}

impl Node {
    /// Boots it; no pod runs, and there is no network yet.
    pub(crate) fn start() -> Result<Self> {
        let bench = node::prepare()?;
        let netns = Netns::new()?;
        let mut config = VmConfig::new(NODE, &["tap0", "tap1"]);
        config.memory_mib = 2048;
        config.management = true;
        config.disk_mib = Some(2048);
        let setup = format!(
            "rm -f /etc/cni/net.d/*; ln -sf {PLUGIN} /opt/cni/bin/colvin-cni; mkdir -p /var/lib/colvin/networks; echo '{GREEN}' >/var/lib/colvin/networks/green.json"
        );
        let alone = Alone::boot(&bench, &netns, &config, &setup)?;
        let vfs = alone.vm.create_vfs("pf0", 2)?;
        let vf = vfs.first().context("no VF")?.clone();
        let name = alone.vm.netdev(&vf)?.context("no netdev")?;
        // settings that no default gives
        alone.vm.sh(&format!(
            "ip link set pf0 vf 0 mac 02:00:00:00:00:f0 vlan 7 spoofchk on
            ip link set {name} address 02:00:00:00:00:f0 mtu 1400
            ip link property add dev {name} altname bay7"
        ))?;
        Ok(Self {
            alone,
            _netns: netns,
            vf,
        })
    }

    /// Says which plugins the runtime calls.
    pub(crate) fn conflist(&self, plugins: &str) -> Result<()> {
        let list = format!(r#"{{"cniVersion": "1.0.0", "name": "pods", "plugins": {plugins}}}"#);
        // it appears whole; the runtime hears of it
        self.alone.vm.sh(&format!(
            "cat >/run/list <<'C'\n{list}\nC\nmv /run/list /etc/cni/net.d/10-pods.conflist"
        ))?;
        Ok(())
    }

    /// Writes the record that the VF was given to the pod, for a Network or for none.
    pub(crate) fn give(&self, network: Option<&str>) -> Result<()> {
        let boot = self.alone.vm.sh("cat /proc/sys/kernel/random/boot_id")?;
        let record = json!({"version": 1, "resource": "colvin.dev/green", "network": network, "device": self.vf,
            "kind": "VirtualFunction", "address": self.vf, "vfIndex": 0, "bootId": boot.trim(),
            "namespace": "default", "pod": POD, "container": "main"});
        self.alone.vm.sh(&format!(
            "mkdir -p /run/colvin/outstanding; echo '{record}' >/run/colvin/outstanding/{}.json",
            self.vf
        ))?;
        Ok(())
    }

    /// Removes that record.
    pub(crate) fn take(&self) -> Result<()> {
        self.alone.vm.sh("rm /run/colvin/outstanding/*").map(drop)
    }

    /// Starts the pod and waits until its container runs; gives its namespace's name.
    pub(crate) fn start_pod(&self) -> Result<String> {
        self.alone
            .add_pod("web", &MANIFEST.replace("IMAGE", BUSYBOX))?;
        let runs = "[ $(ctr -n k8s.io task ls -q | wc -l) = 2 ] && ls /run/netns";
        let netns = self.alone.wait_for("the pod", LIMIT, runs)?;
        match netns.lines().collect::<Vec<_>>().as_slice() {
            [one] => Ok((*one).to_owned()),
            more => bail!("namespaces {more:?}"),
        }
    }

    /// Takes the pod away and waits until the runtime has finished with it.
    pub(crate) fn end_pod(&self) -> Result<()> {
        self.alone.remove_pod("web")?;
        let gone = "[ -z \"$(ctr -n k8s.io task ls -q)\" ] && [ -z \"$(ls /run/netns)\" ]";
        self.alone
            .wait_for("the end of the pod", LIMIT, gone)
            .map(drop)
    }

    /// Looks.
    pub(crate) fn facts(&self) -> Result<Facts> {
        let said = self.alone.vm.sh(&format!(
            "ip -j -d link show pf0
            name=$(ls /sys/bus/pci/devices/{}/net 2>/dev/null) && ip -j -d link show $name || echo '[{{}}]'
            find /var/lib/colvin/attachments -name '*.json' 2>/dev/null | sort | tr '\\n' ' '; echo
            find /var/lib/cni/networks/green-net /var/lib/cni/networks/pods -name '10.[0-9]*' 2>/dev/null | sort | tr '\\n' ' '",
            self.vf
        ))?;
        let mut told = said.lines();
        let mut link = || -> Result<Value> {
            let mut links: Vec<Value> = serde_json::from_str(told.next().context("nothing said")?)?;
            Ok(lasting(&links.pop().context("no link")?))
        };
        let (pf, netdev) = (link()?, link()?);
        let mut words = || -> Vec<String> {
            let words = told.next().unwrap_or_default();
            words.split_whitespace().map(str::to_owned).collect()
        };
        Ok(Facts {
            pf,
            netdev,
            records: words(),
            leases: words(),
        })
    }

    /// A link in a pod.
    pub(crate) fn link(&self, netns: &str, name: &str) -> Result<Value> {
        let said = self
            .alone
            .vm
            .sh(&format!("ip -n {netns} -j -d link show {name}"));
        let said = said.with_context(|| self.alone.logs())?;
        let mut links: Vec<Value> = serde_json::from_str(&said)?;
        links.pop().context("no link")
    }

    /// The addresses of a link in a pod, as text.
    pub(crate) fn addresses(&self, netns: &str, name: &str) -> Result<String> {
        self.alone
            .vm
            .sh(&format!("ip -n {netns} -o addr show dev {name}"))
    }

    /// What the runtime keeps of the pod's attachment (CACHE-1).
    pub(crate) fn cached(&self) -> Result<Value> {
        let said = self.alone.vm.sh("cat /var/lib/cni/results/pods-*")?;
        Ok(serde_json::from_str(&said)?)
    }

    /// Calls the plugin for the running pod as Multus does.
    pub(crate) fn delegate(&self, verb: &str, config: &Value, netns: &str) -> Result<Value> {
        let cached = self.cached()?;
        let container = cached["containerId"].as_str().context("no container")?;
        // what the runtime said of the pod, and what Multus adds to it
        let said = cached["cniArgs"].as_array().into_iter().flatten();
        let mut args = vec!["IgnoreUnknown=1".to_owned()];
        for pair in said {
            let word = |at: usize| pair[at].as_str().unwrap_or_default();
            if word(0).starts_with("K8S_POD_") {
                args.push(format!("{}={}", word(0), word(1)));
            }
        }
        let args = args.join(";");
        let output = self.alone.vm.run(&format!(
            "CNI_COMMAND={verb} CNI_CONTAINERID={container} CNI_NETNS=/var/run/netns/{netns} CNI_IFNAME=net1 \
             CNI_PATH=/opt/cni/bin CNI_ARGS='{args}' /opt/cni/bin/colvin-cni <<'C'\n{config}\nC"
        ))?;
        if output.status != 0 {
            bail!("{verb}: {}{}", output.stdout, output.stderr);
        }
        match output.stdout.trim() {
            "" => Ok(Value::Null),
            said => Ok(serde_json::from_str(said)?),
        }
    }
}
