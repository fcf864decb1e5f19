//! A pod's network namespace listened to, and looked at.
//!
//! One pair of sockets stays in the namespace as long as this lives, and while it does the namespace cannot end:
//! whoever has this drops it when the pod goes, and calls [`Ear::is_there`] now and then. Left to others: which
//! namespace, when to look, what it means.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd as _, AsRawFd, RawFd};
use std::path::{Path, PathBuf};

use colvin_kernel::netlink::Monitor;
use colvin_kernel::netlink::change::{AssignedAddress, By, ChangeError, RouteSocket, Scope};
use colvin_kernel::netns::{NetNs, NetNsError};
use colvin_model::{IfName, LinkAddress};
use tokio::io::unix::AsyncFd;

/// Room for unread news of one pod; what does not fit is a reason to look, too.
const RECEIVE_BUFFER_BYTES: usize = 64 * 1024;

/// What a pod has, by the interface's name. One that is not there has no entry.
pub(crate) type Links = BTreeMap<IfName, PodLink>;

/// An interface as it is in the pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PodLink {
    pub(crate) mac: Option<LinkAddress>,
    pub(crate) mtu_bytes: u32,
    /// The addresses by which others reach it, in order: of a wider scope than the link, no temporary ones
    /// (RFC 8981: they last a day and are for connections of its own), and none that may not be used (yet).
    pub(crate) addresses: Vec<IpAddr>,
    /// The same with the lengths of their prefixes, such as `192.0.2.7/24`.
    pub(crate) cidrs: Vec<String>,
}

/// Why a namespace cannot be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EarError {
    /// It cannot be entered.
    #[error("cannot enter the pod's network namespace")]
    Enter(#[from] NetNsError),
    /// Its file stands for another one by now.
    #[error("{} is another network namespace by now", path.display())]
    Another {
        /// The file.
        path: PathBuf,
    },
    /// None of the pod's interfaces is in it: the number of a namespace that has ended is soon another's.
    #[error("{} has none of the pod's interfaces", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be listened to.
    #[error("cannot listen in the pod's network namespace")]
    Listen(#[source] io::Error),
    /// The kernel does not say what is in it.
    #[error("the kernel does not tell what the pod has")]
    Look(#[from] ChangeError),
    /// The work broke down.
    #[error("a look into the pod broke down")]
    Broken(#[from] tokio::task::JoinError),
}

/// A namespace, listened to from the first look on.
#[derive(Debug)]
pub(crate) struct Ear {
    path: PathBuf,
    id: String,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    news: AsyncFd<News>,
    socket: RouteSocket,
}

/// A monitor as tokio wants it.
#[derive(Debug)]
struct News(Monitor);

impl AsRawFd for News {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

impl Ear {
    /// Of the namespace that this file stands for, as long as it has this device and inode.
    pub(crate) fn new(path: PathBuf, id: String) -> Self {
        Self {
            path,
            id,
            open: None,
        }
    }

    /// Waits until something may be another; for ever before the first look. Nothing is lost when the wait is given
    /// up.
    pub(crate) async fn heard(&mut self) {
        let Some(open) = &mut self.open else {
            return std::future::pending().await;
        };
        match open.heard().await {
            Ok(()) => {}
            // to look is to open it anew
            Err(_broken) => self.open = None,
        }
    }

    /// Looks at the interfaces with these names. The first look opens the namespace, in which one of `own` must be.
    ///
    /// # Errors
    /// [`EarError`]; it is opened anew at the next look then.
    pub(crate) async fn look(
        &mut self,
        names: Vec<IfName>,
        own: Vec<IfName>,
    ) -> Result<Links, EarError> {
        // a look that is given up takes them with it
        let open = self.open.take();
        let (news, socket) = open.map(|open| (open.news, open.socket)).unzip();
        let is_new = socket.is_none();
        let (path, id) = (self.path.clone(), self.id.clone());
        // the kernel answers at once, unless a driver holds its lock
        let looked = tokio::task::spawn_blocking(move || {
            let (monitor, mut socket) = match socket {
                Some(socket) => (None, socket),
                None => enter(&path, &id).map(|(monitor, socket)| (Some(monitor), socket))?,
            };
            let links = look(&mut socket, &names)?;
            let is_its = own.is_empty() || own.iter().any(|name| links.contains_key(name));
            if is_new && !is_its {
                return Err(EarError::Foreign { path });
            }
            Ok((monitor, socket, links))
        });
        let (monitor, socket, links) = looked.await??;
        let news = match (monitor, news) {
            (Some(monitor), _) => register(monitor).map_err(EarError::Listen)?,
            (None, Some(news)) => news,
            (None, None) => return Ok(links),
        };
        self.open = Some(Open { news, socket });
        Ok(links)
    }

    /// Whether the namespace still stands where it was. If not, it is let go: nothing here keeps it.
    ///
    /// Opens a file of the kernel's and no disk's.
    pub(crate) fn is_there(&mut self) -> bool {
        let is_there = NetNs::open(&self.path).is_ok_and(|netns| netns.id().to_string() == self.id);
        if !is_there {
            self.open = None;
        }
        is_there
    }

    /// Whether it is listened to.
    pub(crate) fn is_open(&self) -> bool {
        self.open.is_some()
    }
}

impl Open {
    /// Waits for news and takes all there are.
    async fn heard(&mut self) -> io::Result<()> {
        loop {
            let mut ready = self.news.readable_mut().await?;
            let mut is_news = false;
            // lost news is news, too: the whole is looked at
            while ready.get_inner_mut().0.next()?.is_some() {
                is_news = true;
            }
            ready.clear_ready();
            if is_news {
                return Ok(());
            }
        }
    }
}

#[expect(
    deprecated,
    reason = "its successor wants a guarantee for each type; a monitor has one descriptor, for as long as it lives"
)]
fn register(monitor: Monitor) -> io::Result<AsyncFd<News>> {
    AsyncFd::new(News(monitor))
}

/// Sockets in the namespace. What happens from here on is heard.
fn enter(path: &Path, id: &str) -> Result<(Monitor, RouteSocket), EarError> {
    let netns = NetNs::open(path)?;
    if netns.id().to_string() != id {
        let path = path.to_owned();
        return Err(EarError::Another { path });
    }
    netns.run(|| {
        let monitor = Monitor::with_room_for(RECEIVE_BUFFER_BYTES).map_err(EarError::Listen)?;
        Ok((monitor, RouteSocket::open()?))
    })?
}

fn look(socket: &mut RouteSocket, names: &[IfName]) -> Result<Links, ChangeError> {
    let mut links = Links::new();
    for name in names {
        let Some(facts) = socket.link(By::Name(name))? else {
            continue;
        };
        let mut addresses = socket.addresses(facts.link.index)?;
        addresses.retain(is_for_others);
        addresses.sort_unstable_by_key(|it| it.address);
        addresses.dedup_by_key(|it| it.address);
        let cidr = |it: &AssignedAddress| format!("{}/{}", it.address, it.prefix_length);
        let link = PodLink {
            mac: facts.link.address,
            mtu_bytes: facts.link.mtu_bytes,
            cidrs: addresses.iter().map(cidr).collect(),
            addresses: addresses.into_iter().map(|it| it.address).collect(),
        };
        links.insert(name.clone(), link);
    }
    // what was asked is nobody's, and would grow for ever
    drop(socket.take_sent());
    Ok(links)
}

/// Whether others can reach the pod by the address now.
fn is_for_others(address: &AssignedAddress) -> bool {
    let is_local = match address.address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || v6.is_loopback(),
    };
    let is_narrow = matches!(address.scope, Scope::Link | Scope::Host | Scope::Nowhere);
    let is_usable = !address.is_tentative() && !address.is_duplicate();
    is_usable && !is_local && !is_narrow && !address.is_temporary()
}

#[cfg(test)]
mod tests {
    use colvin_kernel::netlink::change::Lifetime;

    use super::*;

    /// `IFA_F_*`.
    const TEMPORARY: u32 = 0x01;
    const DAD_FAILED: u32 = 0x08;
    const DEPRECATED: u32 = 0x20;
    const TENTATIVE: u32 = 0x40;

    fn is_told(address: &str, scope: Scope, flags: u32) -> bool {
        is_for_others(&AssignedAddress {
            link: colvin_model::IfIndex::new(7).unwrap(),
            address: address.parse().unwrap(),
            prefix_length: 64,
            scope,
            flags,
            preferred: Lifetime::Forever,
            valid: Lifetime::Forever,
        })
    }

    #[test]
    fn addresses_that_others_cannot_use_are_not_told() {
        let everywhere = Scope::Universe;
        assert!(is_told("192.0.2.7", everywhere, 0));
        assert!(is_told("2001:db8::7", everywhere, DEPRECATED));
        // the same bit is "secondary" for IPv4
        assert!(is_told("192.0.2.8", everywhere, TEMPORARY));
        assert!(!is_told("2001:db8::8", everywhere, TEMPORARY));
        assert!(!is_told("2001:db8::7", everywhere, TENTATIVE));
        assert!(!is_told("2001:db8::7", everywhere, DAD_FAILED));
        assert!(!is_told("fe80::7", Scope::Link, 0));
        assert!(!is_told("169.254.0.7", everywhere, 0));
        assert!(!is_told("192.0.2.7", Scope::Link, 0));
    }
}
