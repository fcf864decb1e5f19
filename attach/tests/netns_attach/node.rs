//! A node in namespaces: a host with uplinks, a pod, folders of their own.
//!
//! Left to others: what is attached.

use std::path::PathBuf;
use std::time::Duration;

use colvin_attach::sweep::{self, Seen};
use colvin_attach::trace::Trace;
use colvin_attach::{
    Addressing, AttachError, Attached, AttachmentKey, BootId, Detached, Expected, Former,
    HostDevice, HostDeviceRef, IpamCall, Kind, Macvlan, MacvlanMode, Master, Owner, Patience,
    Request, Roots, Valid,
};
use colvin_model::IfName;
use colvin_testkit::netns::Netns;
use serde_json::Value;
use tempfile::TempDir;

/// A host with the uplink `up0`, whose other end is in a namespace of its own.
pub(crate) struct Node {
    pub(crate) host: Netns,
    pub(crate) wire: Netns,
    pub(crate) folder: TempDir,
    pub(crate) roots: Roots,
}

impl Node {
    pub(crate) fn new() -> Self {
        let host = Netns::new().unwrap();
        let wire = Netns::new().unwrap();
        host.veth_to("up0", &wire, "w0").unwrap();
        let folder = TempDir::new().unwrap();
        let roots = Roots {
            state: folder.path().join("lib"),
            run: folder.path().join("run"),
            sysfs: host.root().unwrap(),
            proc: PathBuf::from("/proc"),
            sees_all: true.into(),
            boot_id: BootId::new("this-boot"),
            now: Duration::from_secs(1_000),
        };
        Self {
            host,
            wire,
            folder,
            roots,
        }
    }

    /// Attaches, as a plugin in the host would.
    pub(crate) fn add(&self, request: &Request) -> Result<Attached, AttachError> {
        let mut trace = Trace::begin();
        let result = self
            .host
            .run(|| colvin_attach::add(&self.roots, request, &mut trace))
            .unwrap();
        for step in trace.steps() {
            println!("{step:?}");
        }
        result
    }

    pub(crate) fn del(&self, former: &Former) -> Detached {
        let mut trace = Trace::begin();
        let result = self
            .host
            .run(|| colvin_attach::del(&self.roots, former, &mut trace))
            .unwrap();
        for step in trace.steps() {
            println!("{step:?}");
        }
        result.unwrap()
    }

    pub(crate) fn check(&self, request: &Request, attached: &Attached) -> Result<(), AttachError> {
        let interface = attached.interface.clone().unwrap();
        let expected = Expected {
            mac: interface.mac,
            mtu: Some(interface.mtu),
            lease: attached.lease.clone(),
        };
        let mut trace = Trace::begin();
        let check = || colvin_attach::check(&self.roots, request, &expected, &mut trace);
        self.host.run(check).unwrap()
    }

    pub(crate) fn gc(&self, attachments: Option<Vec<(String, IfName)>>) -> Detached {
        let valid = Valid {
            network: "green".to_owned(),
            attachments,
            ipam: None,
            patience: Patience::default(),
        };
        let mut trace = Trace::begin();
        let gc = || colvin_attach::gc(&self.roots, &valid, &mut trace);
        self.host.run(gc).unwrap().unwrap()
    }

    pub(crate) fn look_at_all(&self) -> Vec<Seen> {
        let look = || sweep::look(&self.roots);
        self.host.run(look).unwrap().unwrap()
    }

    pub(crate) fn sweep(&self, seen: &Seen) -> Detached {
        let mut trace = Trace::begin();
        let undo = || sweep::undo(&self.roots, seen, Patience::default(), &mut trace);
        self.host.run(undo).unwrap().unwrap()
    }

    /// A file for a pod's namespace, as a runtime has one: it goes when the namespace does.
    pub(crate) fn file_for(&self, pod: &Netns, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::os::unix::fs::symlink(pod.path(), &path).unwrap();
        path
    }

    /// The file of the only record.
    pub(crate) fn record(&self) -> PathBuf {
        let records = self.records();
        assert_eq!(records.len(), 1, "{records:?}");
        self.roots.state.join("attachments").join(&records[0])
    }

    /// The names of the journal's records.
    pub(crate) fn records(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.roots.state.join("attachments")) else {
            return Vec::new();
        };
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// All that can be told of a link without what changes by itself.
    pub(crate) fn look(place: &Netns, name: &str) -> Value {
        let mut link = place.link(name).unwrap();
        let facts = link.as_object_mut().unwrap();
        facts.retain(|key, _| !["stats64", "operstate", "flags"].contains(&key.as_str()));
        link
    }
}

/// An attachment of a container, called `net1` in the pod.
pub(crate) fn request(container: &str, pod: &Netns, kind: Kind) -> Request {
    Request {
        key: AttachmentKey {
            network: "green".to_owned(),
            container: container.to_owned(),
            ifname: "net1".parse().unwrap(),
            name: "net1".parse().unwrap(),
        },
        netns: pod.path(),
        owner: Owner::default(),
        given: None,
        kind,
        addressing: Addressing::None,
        network: None,
        patience: Patience {
            device: Duration::from_millis(200),
            ipam: Duration::from_secs(5),
        },
        own_netns: false,
    }
}

/// The same attachment, to be undone.
pub(crate) fn former(request: &Request) -> Former {
    Former {
        network: request.key.network.clone(),
        container: request.key.container.clone(),
        ifname: request.key.ifname.clone(),
        name: Some(request.key.name.clone()),
        netns: Some(request.netns.clone()),
        device: None,
        ipam: match &request.addressing {
            Addressing::Ipam(call) => Some(call.clone()),
            _ => None,
        },
        patience: request.patience,
    }
}

pub(crate) fn host_device(name: &str) -> Kind {
    Kind::HostDevice(HostDevice {
        device: HostDeviceRef::Name(name.parse().unwrap()),
        mac: None,
        mtu: None,
    })
}

pub(crate) fn macvlan(master: &str) -> Kind {
    Kind::Macvlan(Macvlan {
        master: Master {
            name: Some(master.parse().unwrap()),
            in_container: false,
        },
        mode: MacvlanMode::Bridge,
        mac: None,
        mtu: None,
        broadcast_queue: None,
    })
}

/// `ipam` with these addresses.
pub(crate) fn fixed(addresses: &[(&str, Option<&str>)], routes: &[&str]) -> Addressing {
    let addresses: Vec<_> = addresses
        .iter()
        .map(|(address, gateway)| {
            let mut value = serde_json::json!({"address": address});
            if let Some(gateway) = gateway {
                value["gateway"] = (*gateway).into();
            }
            value
        })
        .collect();
    let routes: Vec<_> = routes
        .iter()
        .map(|route| serde_json::json!({"dst": route}))
        .collect();
    let config = serde_json::json!({
        "cniVersion": "1.1.0", "name": "green", "type": "colvin-cni",
        "ipam": {"type": "static", "addresses": addresses, "routes": routes},
    });
    Addressing::Ipam(IpamCall {
        config: config.to_string(),
        path: Vec::new(),
        args: String::new(),
    })
}
