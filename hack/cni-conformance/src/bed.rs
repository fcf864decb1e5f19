//! Where a case runs: a host with network and mount namespaces and data folders of its own, and pods. All of it is
//! gone when the case ends.
//!
//! In the host, `up0`, `up1`, … are interfaces (veths) whose other ends `wire0`, … stay up; `cbr0` is a bridge.
//! `/var/lib` and `/run` are empty file systems in memory.
//!
//! Left to others: what is called (`call.rs`), what there is to see (`sight.rs`).

use crate::{call::Call, ipam, kind::Kind, subject::Subject};
use anyhow::Result;
use colvin_testkit::netns::Netns;
use serde_json::{Map, Value, json};
use std::{
    cell::Cell,
    path::{Path, PathBuf},
    process::Command,
};

/// The network's name in every configuration.
pub(crate) const NETWORK: &str = "conformance";

/// The interface's name in the pod.
pub(crate) const IFNAME: &str = "net1";

/// Where the address plugins keep what they know.
const LEASES: &str = "/var/lib/conformance/leases";
const JOURNAL: &str = "/var/lib/conformance/ipam";

/// A host for one case.
pub(crate) struct Bed<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) host: Netns,
    /// The host's file system, seen from here.
    root: PathBuf,
    ports: Cell<u32>,
}

/// A pod's namespace, and the names that a runtime gives it.
pub(crate) struct Pod {
    pub(crate) netns: Netns,
    /// The namespace's file in the host, as `CNI_NETNS` says it.
    pub(crate) path: String,
    pub(crate) id: String,
    /// Which pod of the case it is, from 0.
    number: u32,
}

impl<'a> Bed<'a> {
    /// Makes the host, with `up0` and `up1`.
    ///
    /// # Errors
    /// When namespaces or mounts cannot be made.
    pub(crate) fn make(subject: &'a Subject) -> Result<Self> {
        let host = Netns::new()?;
        let root = host.root()?;
        let bed = Self {
            subject,
            host,
            root,
            ports: Cell::new(0),
        };
        bed.shell(
            "mount -t tmpfs tmpfs /var/lib && mount -t tmpfs tmpfs /run && mkdir -p /run/netns",
        )?;
        // a MAC of its own, or it would have that of its lowest port
        bed.host
            .ip("link add cbr0 address 02:00:00:00:cb:00 type bridge")?;
        bed.host.ip("link set cbr0 up")?;
        bed.ports(2)?;
        Ok(bed)
    }

    /// Sees to it that there are `up0` to `up<count - 1>`.
    ///
    /// # Errors
    /// When `ip` fails.
    pub(crate) fn ports(&self, count: u32) -> Result<()> {
        let lines = (self.ports.get()..count).map(|port| {
            format!(
                "link add up{port} type veth peer name wire{port}\n\
                 link set up{port} up\nlink set wire{port} up\n"
            )
        });
        let lines: String = lines.collect();
        self.ports.set(count.max(self.ports.get()));
        self.host.ip_batch(&lines)
    }

    /// Makes a pod; `number` is its place among the case's pods, and says which device it is given.
    ///
    /// # Errors
    /// When the namespace cannot be made or not be put into the host's `/run/netns`.
    pub(crate) fn pod(&self, number: u32) -> Result<Pod> {
        let netns = Netns::new()?;
        let path = format!("/run/netns/pod{number}");
        let from = netns.path();
        self.shell(&format!(
            "touch {path} && mount --bind {} {path}",
            from.display()
        ))?;
        Ok(Pod {
            netns,
            path,
            id: format!("conformance-pod{number}"),
            number,
        })
    }

    /// Ends a pod: its namespace is gone, and so is its file.
    ///
    /// # Errors
    /// When the file cannot be taken away.
    pub(crate) fn end(&self, pod: Pod) -> Result<Ended> {
        self.shell(&format!("umount {0} && rm {0}", pod.path))?;
        Ok(Ended {
            path: pod.path,
            id: pod.id,
            number: pod.number,
        })
    }

    /// Puts another pod's namespace where this pod's was.
    ///
    /// # Errors
    /// When `mount` fails.
    pub(crate) fn replace(&self, pod: &Pod, other: &Pod) -> Result<()> {
        let from = other.netns.path();
        self.shell(&format!(
            "umount {0} && mount --bind {1} {0}",
            pod.path,
            from.display()
        ))
    }

    /// Runs a line of shell in the host.
    ///
    /// # Errors
    /// When it fails, with what it said.
    pub(crate) fn shell(&self, line: &str) -> Result<()> {
        let mut command = self.command(Path::new("/bin/sh"));
        command.args(["-c", line]);
        self.host.output_of(command).map(drop)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new("nsenter");
        let mount = self.host.path().with_file_name("mnt");
        command.arg(format!("--net={}", self.host.path().display()));
        command.arg(format!("--mount={}", mount.display()));
        command.arg("--").arg(program);
        command
    }

    /// A path of the host, from here.
    pub(crate) fn inside(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// The folder that a host-local of this network keeps its leases in, from here.
    pub(crate) fn leases_folder(&self, network: &str) -> PathBuf {
        self.inside(LEASES).join(network)
    }

    /// The calls that the suite's own address plugin was given.
    ///
    /// # Errors
    /// When they cannot be read.
    pub(crate) fn told(&self) -> Result<Vec<ipam::Told>> {
        ipam::told(&self.inside(JOURNAL))
    }

    /// A call of the plugin without anything but `CNI_COMMAND` and `CNI_PATH`.
    pub(crate) fn bare(&self, verb: &str) -> Call {
        Call::new(self.command(&self.subject.plugin))
            .env("CNI_COMMAND", verb)
            .env("CNI_PATH", &self.subject.path)
    }

    /// A call for a pod.
    pub(crate) fn call(&self, verb: &str, pod: &impl Attachable) -> Call {
        self.bare(verb)
            .env("CNI_CONTAINERID", pod.id())
            .env("CNI_NETNS", pod.path())
            .ifname(IFNAME)
    }

    /// The configuration for this pod: the kind's least, and what the command line adds.
    pub(crate) fn config(&self, pod: &impl Attachable) -> Value {
        self.config_of(pod.number())
    }

    /// The configuration for the pod of this number.
    pub(crate) fn config_of(&self, number: u32) -> Value {
        let name = self.subject.plugin.file_name().unwrap_or_default();
        let base = json!({"cniVersion": "1.1.0", "name": NETWORK, "type": name.to_string_lossy()});
        let kind = self.kind().keys(number);
        with(&with(&base, &kind), &self.subject.with)
    }

    pub(crate) fn kind(&self) -> Kind {
        self.subject.kind
    }
}

/// What is left of a pod that has ended.
pub(crate) struct Ended {
    path: String,
    id: String,
    number: u32,
}

/// Something that a runtime calls a plugin for.
pub(crate) trait Attachable {
    /// `CNI_CONTAINERID`
    fn id(&self) -> &str;
    /// `CNI_NETNS`
    fn path(&self) -> &str;
    /// Its place among the case's pods.
    fn number(&self) -> u32;
}

impl Attachable for Pod {
    fn id(&self) -> &str {
        &self.id
    }
    fn path(&self) -> &str {
        &self.path
    }
    fn number(&self) -> u32 {
        self.number
    }
}

impl Attachable for Ended {
    fn id(&self) -> &str {
        &self.id
    }
    fn path(&self) -> &str {
        &self.path
    }
    fn number(&self) -> u32 {
        self.number
    }
}

/// An object with the keys of another laid over it.
pub(crate) fn with(base: &Value, keys: &Value) -> Value {
    let mut object: Map<String, Value> = base.as_object().cloned().unwrap_or_default();
    for (key, value) in keys.as_object().into_iter().flatten() {
        object.insert(key.clone(), value.clone());
    }
    Value::Object(object)
}

/// An object without a key.
pub(crate) fn without(base: &Value, key: &str) -> Value {
    let mut object: Map<String, Value> = base.as_object().cloned().unwrap_or_default();
    object.remove(key);
    Value::Object(object)
}

/// The suite's own address plugin, with these keys.
pub(crate) fn recorder(keys: &Value) -> Value {
    with(&json!({"type": ipam::NAME, "journal": JOURNAL}), keys)
}

/// host-local on `10.99.0.0/24`.
pub(crate) fn host_local() -> Value {
    json!({
        "type": "host-local",
        "ranges": [[{"subnet": "10.99.0.0/24", "gateway": "10.99.0.1"}]],
        "dataDir": LEASES,
    })
}

/// static with these addresses.
pub(crate) fn fixed(addresses: &Value) -> Value {
    json!({"type": "static", "addresses": addresses})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_laid_over_a_configuration_and_taken_from_it() {
        let base = json!({"a": 1, "b": 2});
        assert_eq!(
            with(&base, &json!({"b": 3, "c": 4})),
            json!({"a": 1, "b": 3, "c": 4})
        );
        assert_eq!(without(&base, "a"), json!({"b": 2}));
    }
}
