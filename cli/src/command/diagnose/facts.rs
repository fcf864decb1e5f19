//! What this node knows of its attachments: the journal, the kernel, the devices that were given out.
//!
//! Nothing is changed. Left to others: what the agent says (`agent`), what disagrees (`disagree`).

mod kernel;

use std::path::PathBuf;

use anyhow::Context as _;
use colvin_attach::Roots;
use colvin_attach::record::{self, ClaimRecord, Outstanding};
use colvin_attach::sweep::{self, Dead};
use colvin_model::offer::Holder;
use colvin_model::{IfName, PciAddress};
use serde::Serialize;

use super::Whom;
use kernel::Kernel;

/// Whether a network namespace is there, by the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Life {
    /// It is.
    Alive,
    /// It is not.
    Gone,
    /// Nothing proves either.
    Unknown,
}

impl Life {
    /// The word for it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether the interface is in the namespace, by the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Presence {
    /// It is.
    There,
    /// It is not.
    Absent,
    /// A userspace driver has the function: there is none.
    Userspace,
    /// The namespace could not be looked into.
    Unknown,
}

impl Presence {
    /// The word for it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::There => "there",
            Self::Absent => "absent",
            Self::Userspace => "userspace",
            Self::Unknown => "unknown",
        }
    }
}

/// A record of the journal, and what the kernel says of it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Attachment {
    pub(super) record: String,
    pub(super) network: Option<String>,
    pub(super) container: Option<String>,
    pub(super) interface: Option<IfName>,
    pub(super) namespace: Option<String>,
    pub(super) pod: Option<String>,
    pub(super) uid: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) device: Option<PciAddress>,
    pub(super) driver: Option<String>,
    pub(super) state: Option<String>,
    pub(super) since: Option<String>,
    /// How long ago it was begun.
    pub(super) age_secs: u64,
    pub(super) netns_path: Option<PathBuf>,
    pub(super) netns: Life,
    pub(super) link: Presence,
    #[serde(skip)]
    pub(super) dead: Option<Dead>,
    /// The word for why it is dead; `None` while nothing proves it.
    why_dead: Option<&'static str>,
}

impl Attachment {
    /// The pod, as `namespace/name`; `None` outside Kubernetes.
    pub(super) fn pod_name(&self) -> Option<String> {
        let (namespace, pod) = self.owner()?;
        Some(format!("{namespace}/{pod}"))
    }

    /// Namespace and name of the pod.
    pub(super) fn owner(&self) -> Option<(&str, &str)> {
        Some((self.namespace.as_deref()?, self.pod.as_deref()?))
    }

    /// Whether it is of whom was asked about.
    pub(super) fn is_of(&self, whom: &Whom<'_>) -> bool {
        let is_pod = self.owner().is_some_and(|(ns, pod)| whom.is_pod(ns, pod));
        let container = self.container.as_deref();
        whom.is_all() || is_pod || container.is_some_and(|id| whom.is_container(id))
    }
}

/// A device that was given to a pod.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Given {
    pub(super) device: String,
    pub(super) address: Option<PciAddress>,
    pub(super) network: Option<String>,
    /// Whether several pods may have it, each a child of its own.
    pub(super) shared: bool,
    pub(super) holder: Option<Holder>,
}

impl Given {
    fn of(it: &Outstanding) -> Self {
        Self {
            device: it.device.to_string(),
            address: it.address,
            network: it.network.as_ref().map(ToString::to_string),
            shared: it.kind.is_shared(),
            holder: it.holder.clone(),
        }
    }

    /// Whether it was given to whom was asked about.
    pub(super) fn is_of(&self, whom: &Whom<'_>) -> bool {
        let holder = self.holder.as_ref();
        whom.is_all() || holder.is_some_and(|it| whom.is_pod(&it.namespace, &it.pod))
    }
}

/// A claim that was prepared.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Prepared {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) devices: Vec<PreparedDevice>,
}

/// A device of a claim.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PreparedDevice {
    pub(super) request: String,
    pub(super) network: String,
    pub(super) device: String,
    /// Its PCI address; of a share none.
    pub(super) address: Option<PciAddress>,
    /// Whether others may have shares of the same uplink.
    pub(super) shared: bool,
}

impl Prepared {
    fn of(record: ClaimRecord) -> Self {
        let devices = record.devices.into_iter().map(|it| PreparedDevice {
            request: it.request,
            network: it.network.to_string(),
            device: it.device.to_string(),
            shared: it.kind.is_shared(),
            address: it.address.filter(|_| !it.kind.is_shared()),
        });
        Self {
            devices: devices.collect(),
            namespace: record.namespace,
            name: record.name,
            uid: record.uid,
        }
    }

    /// `namespace/name`.
    pub(super) fn called(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// What was prepared, in a line.
    pub(super) fn line(&self) -> String {
        let devices = self.devices.iter();
        let devices = devices.map(|it| format!("{} (network {})", it.device, it.network));
        let devices: Vec<String> = devices.collect();
        format!("{} is prepared with {}", self.called(), devices.join(", "))
    }
}

/// All that the node itself knows.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) attachments: Vec<Attachment>,
    pub(super) given: Vec<Given>,
    pub(super) claims: Vec<Prepared>,
    /// Why each file that should say what was given out does not.
    pub(super) odd: Vec<String>,
    /// What is to be known beside it, and is no disagreement.
    pub(super) notes: Vec<String>,
    /// The journal's folder, for messages.
    pub(super) journal: PathBuf,
}

impl Facts {
    /// Looks at all of it.
    ///
    /// # Errors
    /// When the journal or the folder of devices given out cannot be listed.
    pub(super) fn gather(roots: &Roots) -> anyhow::Result<Self> {
        let journal = roots.state.join("attachments");
        let seen = sweep::look(roots).with_context(|| {
            let journal = journal.display();
            format!("cannot compare {journal} with the kernel; root may, and --state-dir names another folder")
        })?;
        let boot = Some(roots.boot_id.as_str());
        let outstanding = record::outstanding(&roots.run, boot)
            .context("cannot tell which devices were given out; root may read it")?;
        let prepared = record::claims(&roots.run, boot)
            .context("cannot tell which claims were prepared; root may read it")?;
        let mut notes = Vec::new();
        if !journal.is_dir() {
            let journal = journal.display();
            notes.push(format!("there is no journal {journal}: nothing was attached here yet; --state-dir names another folder"));
        }
        let given: Vec<Given> = outstanding.found.iter().map(Given::of).collect();
        for it in given.iter().filter(|it| it.holder.is_none()) {
            notes.push(format!(
                "{} was given out, and its pod is not known yet",
                it.device
            ));
        }
        let odd = outstanding.odd.into_iter().chain(prepared.odd);
        let mut kernel = Kernel::open(roots);
        Ok(Self {
            attachments: seen.into_iter().map(|it| kernel.look(it)).collect(),
            given,
            claims: prepared.found.into_iter().map(Prepared::of).collect(),
            odd: odd
                .map(|it| format!("{:#}", anyhow::Error::new(it)))
                .collect(),
            notes,
            journal,
        })
    }
}
