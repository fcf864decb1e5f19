//! A link that was moved comes back: by one message, then looked at, and what is still different put
//! right.
//!
//! Left to others: finding it (`super::seek`), what its PF is told (`super::vf`).

use std::os::fd::AsFd as _;

use colvin_kernel::netlink::change::{By, LinkChange, LinkFacts, RouteSocket, Switch};
use colvin_kernel::netns::sysctl::{self, SysctlError};
use colvin_model::{IfName, LinkAddress, MacAddr, PciAddress};
use serde::{Deserialize, Serialize};

use super::find::{Place, find};
use super::seek::seek_home;
use super::vf::give_address;
use super::{Undo, Undoing};
use crate::error::AttachError;
use crate::host::note;
use crate::journal::Record;

/// A link as it was before it was touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the kernel's, kept as it was"
)]
pub(crate) struct LinkImage {
    /// Its index in the host.
    pub(crate) index: u32,
    /// Its name there.
    pub(crate) name: IfName,
    /// Its alternative names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) alt_names: Vec<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mac: Option<MacAddr>,
    /// The address it was made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) permanent_mac: Option<MacAddr>,
    /// Its MTU in bytes.
    pub(crate) mtu: u32,
    /// Whether it was up.
    pub(crate) up: bool,
    /// Its alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alias: Option<String>,
    /// Whether it took every frame.
    #[serde(default)]
    pub(crate) promiscuous: bool,
    /// Whether it took every multicast frame.
    #[serde(default)]
    pub(crate) all_multicast: bool,
    /// The PCI function it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) device: Option<PciAddress>,
    /// Whether it is a VF: it then hears no router advertisements in the host.
    #[serde(default)]
    pub(crate) is_vf: bool,
    /// The alias it bears in the pod.
    pub(crate) mark: String,
}

/// The alias that says where a link belongs: its record and its name at home.
pub(crate) fn mark_of(record: &str, name: &IfName) -> String {
    format!("colvin {record} {name}")
}

impl LinkImage {
    /// Of a link that is at home.
    pub(crate) fn of(
        link: &LinkFacts,
        device: Option<PciAddress>,
        is_vf: bool,
        record: &str,
    ) -> Self {
        let mac = |address: &Option<LinkAddress>| address.as_ref().and_then(LinkAddress::mac);
        let facts = &link.link;
        Self {
            index: facts.index.get(),
            name: facts.name.clone(),
            alt_names: facts.alt_names.iter().map(ToString::to_string).collect(),
            mac: mac(&facts.address),
            permanent_mac: mac(&facts.permanent_address),
            mtu: facts.mtu_bytes,
            up: facts.admin_up,
            alias: facts.alias.as_ref().map(ToString::to_string),
            promiscuous: link.promiscuous,
            all_multicast: link.all_multicast,
            device,
            is_vf,
            mark: mark_of(record, &facts.name),
        }
    }
}

/// Brings the link back, and makes it what it was.
pub(super) fn restore(
    undoing: &mut Undoing<'_>,
    record: &Record,
    image: &LinkImage,
) -> Result<(), AttachError> {
    let home = match find(undoing, record, image)? {
        Place::Gone => return Ok(()),
        Place::Home(link) => link,
        Place::Away(mut socket, link) => {
            let moved = bring_back(undoing, &mut socket, &link, image);
            note(&mut socket, undoing.trace, "pod");
            moved?
        }
    };
    // the address of a VF whose PF was told something comes back with what the PF was told
    let is_told = record.undo.iter().any(|undo| matches!(undo, Undo::Vf(_)));
    let image = &LinkImage {
        mac: image.mac.filter(|_| !is_told),
        ..image.clone()
    };
    put_right(undoing, &home, image)
}

/// Moves it home, names it and takes it down, in one message. What the PF may forbid is set later.
fn bring_back(
    undoing: &mut Undoing<'_>,
    socket: &mut RouteSocket,
    link: &LinkFacts,
    image: &LinkImage,
) -> Result<LinkFacts, AttachError> {
    // alternative names that it got in the pod do not come along
    let strange: Vec<_> = link
        .link
        .alt_names
        .iter()
        .map(colvin_model::Symbol::as_str)
        .filter(|name| !image.alt_names.iter().any(|had| had == name))
        .collect();
    socket.remove_alt_names(link.link.index, &strange)?;
    let name = free_name(undoing, image)?;
    let change = LinkChange {
        netns: Some(undoing.host.netns.as_fd()),
        name: Some(&name),
        alias: Some(image.alias.as_deref().unwrap_or("")),
        up: Switch::Off,
        ..LinkChange::default()
    };
    let moved = socket.set(link.link.index, &change);
    let home = seek_home(undoing.host, image)?;
    let home = match home {
        Some(link) => Some(link),
        None => undoing.host.socket.link(By::Name(&name))?,
    };
    match (home, moved) {
        // what it could not be told along with the move is put right at home
        (Some(link), _) => Ok(link),
        (None, Err(error)) => Err(error.into()),
        (None, Ok(())) => Err(AttachError::Kernel {
            what: format!("cannot find {name}"),
            reason: "it was moved out of the pod, and is not there".to_owned(),
        }),
    }
}

/// Its own name, or one of its function where another link has that by now.
fn free_name(undoing: &mut Undoing<'_>, image: &LinkImage) -> Result<IfName, AttachError> {
    let taken = undoing.host.socket.link(By::AnyName(image.name.as_str()))?;
    if taken.is_none() {
        return Ok(image.name.clone());
    }
    let spare = format!("colvin{}", image.index);
    spare.parse().map_err(|_too_long| AttachError::Kernel {
        what: format!("cannot name {}", image.name),
        reason: "another link has its name".to_owned(),
    })
}

/// Sets what is not as it was, and looks again.
fn put_right(
    undoing: &mut Undoing<'_>,
    found: &LinkFacts,
    image: &LinkImage,
) -> Result<(), AttachError> {
    let index = found.link.index;
    let down = LinkChange {
        name: Some(&image.name).filter(|name| **name != found.link.name),
        mtu_bytes: Some(image.mtu).filter(|mtu| *mtu != found.link.mtu_bytes),
        alias: Some(image.alias.as_deref().unwrap_or("")).filter(|alias| {
            *alias
                != found
                    .link
                    .alias
                    .as_ref()
                    .map_or("", colvin_model::Symbol::as_str)
        }),
        address: None,
        promiscuous: switch(image.promiscuous, found.promiscuous),
        all_multicast: switch(image.all_multicast, found.all_multicast),
        // a link that was up is taken down for the change, and raised again below
        up: if found.link.admin_up && found.link.name != image.name {
            Switch::Off
        } else {
            Switch::Leave
        },
        ..LinkChange::default()
    };
    let is_down = down.up == Switch::Off;
    if is_any(&down) {
        undoing.host.socket.set(index, &down)?;
    }
    if let Some(mac) = image.mac {
        let found = LinkFacts {
            link: colvin_model::observation::Link {
                admin_up: found.link.admin_up && !is_down,
                ..found.link.clone()
            },
            ..found.clone()
        };
        give_address(undoing.host, &found, mac)?;
    }
    let missing: Vec<_> = image
        .alt_names
        .iter()
        .filter(|name| !found.link.alt_names.iter().any(|had| *had == ***name))
        .collect();
    undoing.host.socket.add_alt_names(index, &missing)?;
    if image.is_vf {
        let setting = format!("net/ipv6/conf/{}/accept_ra", image.name);
        let is_heeding = |value: &String| value != "0";
        if sysctl::read(&undoing.roots.proc, &setting)?.is_some_and(|it| is_heeding(&it)) {
            match sysctl::write(&undoing.roots.proc, &setting, "0") {
                // as an agent's container has it: the link is then as the kernel makes it
                Err(SysctlError::Write { source, .. })
                    if source.kind() == std::io::ErrorKind::ReadOnlyFilesystem => {}
                written => written?,
            }
        }
    }
    let is_up = found.link.admin_up && !is_down;
    if image.up != is_up {
        let up = LinkChange {
            up: Switch::from(image.up),
            ..LinkChange::default()
        };
        undoing.host.socket.set(index, &up)?;
    }
    verify(undoing, index, image)
}

fn switch(wanted: bool, now: bool) -> Switch {
    if wanted == now {
        Switch::Leave
    } else {
        Switch::from(wanted)
    }
}

fn is_any(change: &LinkChange<'_>) -> bool {
    change.name.is_some()
        || change.mtu_bytes.is_some()
        || change.alias.is_some()
        || change.up != Switch::Leave
        || change.promiscuous != Switch::Leave
        || change.all_multicast != Switch::Leave
}

/// Looks whether it is what it was.
fn verify(
    undoing: &mut Undoing<'_>,
    index: colvin_model::IfIndex,
    image: &LinkImage,
) -> Result<(), AttachError> {
    let found = undoing.host.socket.link(By::Index(index))?;
    let Some(found) = found else {
        return Err(AttachError::Kernel {
            what: format!("cannot find {}", image.name),
            reason: "it went while it was put right".to_owned(),
        });
    };
    let mac = found.link.address.as_ref().and_then(LinkAddress::mac);
    let now = LinkImage {
        mark: image.mark.clone(),
        index: image.index,
        is_vf: image.is_vf,
        device: image.device,
        permanent_mac: image.permanent_mac,
        mac: mac.filter(|_| image.mac.is_some()),
        ..LinkImage::of(&found, image.device, image.is_vf, "")
    };
    let sorted = |image: &LinkImage| {
        let mut image = image.clone();
        image.alt_names.sort_unstable();
        image
    };
    if sorted(&now) == sorted(image) {
        return Ok(());
    }
    Err(AttachError::Kernel {
        what: format!("{} is not what it was", image.name),
        reason: format!("before {image:?}, now {now:?}"),
    })
}
