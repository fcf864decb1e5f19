//! What the kernel says of a record of the journal: whether its namespace lives, and its interface is in it.
//!
//! Left to others: which records there are.

use std::path::Path;
use std::time::{Duration, SystemTime};

use colvin_attach::sweep::{Dead, Seen};
use colvin_attach::{Roots, State};
use colvin_kernel::netlink::change::{By, RouteSocket};
use colvin_kernel::netns::{self, Live, NetNs, NetNsId};
use colvin_kernel::sysfs::{SysfsRoot, driver};
use colvin_model::{IfName, PciAddress};

use super::{Attachment, Life, Presence};
use crate::utc::Utc;

/// The kernel's side. Namespaces are listed at most once.
pub(super) struct Kernel<'a> {
    roots: &'a Roots,
    sysfs: Option<SysfsRoot>,
    live: Option<Live>,
    now: Duration,
}

impl<'a> Kernel<'a> {
    pub(super) fn open(roots: &'a Roots) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            roots,
            sysfs: SysfsRoot::new(&roots.sysfs).ok(),
            live: None,
            now: now.unwrap_or_default(),
        }
    }

    pub(super) fn look(&mut self, seen: Seen) -> Attachment {
        let open = self.netns(&seen);
        let driver = self.driver(seen.device);
        let name = seen.key.as_ref().map(|key| &key.name);
        let link = match (&open, name) {
            (Some(netns), Some(name)) => presence(netns, name, driver.as_deref()),
            _ => Presence::Unknown,
        };
        let is_gone = matches!(seen.dead, Some(Dead::NetnsGone | Dead::OtherBoot));
        let is_known = seen.key.is_some();
        let (network, container, interface) = seen.key.map_or((None, None, None), |key| {
            (Some(key.network), Some(key.container), Some(key.name))
        });
        Attachment {
            record: seen.record,
            network,
            container,
            interface,
            namespace: seen.owner.namespace,
            pod: seen.owner.pod,
            uid: seen.owner.uid,
            kind: seen.kind,
            device: seen.device,
            driver,
            state: seen.state.map(|state| state_word(state).to_owned()),
            since: is_known.then(|| Utc::of(seen.since).to_string()),
            age_secs: self.now.saturating_sub(seen.since).as_secs(),
            netns_path: seen.netns.map(|(path, _)| path),
            netns: match open {
                _ if is_gone => Life::Gone,
                Some(_) => Life::Alive,
                None => Life::Unknown,
            },
            link,
            dead: seen.dead,
            why_dead: seen.dead.map(Dead::as_str),
        }
    }

    /// The namespace of an attachment that is not proved dead, where it was or where something else holds it.
    fn netns(&mut self, seen: &Seen) -> Option<NetNs> {
        let (path, id) = seen.netns.as_ref()?;
        if matches!(seen.dead, Some(Dead::NetnsGone | Dead::OtherBoot)) {
            return None;
        }
        let id: NetNsId = id.parse().ok()?;
        let opened = |path: &Path| NetNs::open(path).ok().filter(|it| it.id() == id);
        if let Some(netns) = opened(path) {
            return Some(netns);
        }
        if self.live.is_none() {
            // what cannot be listed proves nothing: unknown
            self.live = Some(netns::live(&self.roots.proc).unwrap_or_default());
        }
        opened(self.live.as_ref()?.paths.get(&id)?)
    }

    /// The driver of a function; `None` also where sysfs does not tell.
    fn driver(&self, device: Option<PciAddress>) -> Option<String> {
        let driver = driver::current(self.sysfs.as_ref()?, device?).ok()?;
        driver.map(|driver| driver.to_string())
    }
}

fn presence(netns: &NetNs, name: &IfName, driver: Option<&str>) -> Presence {
    if driver.is_some_and(|it| it.starts_with("vfio") || it.contains("uio")) {
        return Presence::Userspace;
    }
    let link = netns.run(|| RouteSocket::open().and_then(|mut it| it.link(By::Name(name))));
    match link {
        Ok(Ok(Some(_))) => Presence::There,
        Ok(Ok(None)) => Presence::Absent,
        Ok(Err(_)) | Err(_) => Presence::Unknown,
    }
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Intent => "Intent",
        State::Applied => "Applied",
        State::Releasing => "Releasing",
    }
}
