//! A record that cannot be read: what it said is asked of the kernel. A link that was moved bears a mark
//! that says which record and which name at home it has.
//!
//! Left to others: records that can be read.

use std::path::{Path, PathBuf};

use colvin_kernel::netlink::change::{LinkFacts, RouteSocket};
use colvin_kernel::netns::{self, NetNs};
use colvin_model::{IfName, PciAddress};

use crate::error::AttachError;
use crate::host::Host;
use crate::journal::{CHILD, Held, Record, State, Target};
use crate::pod::opened;
use crate::request::{AttachmentKey, Owner, Patience};
use crate::roots::Roots;
use crate::trace::{StepKind, Trace};
use crate::undo::{self, LinkImage, Undo, Undoing};

/// What a mark begins with.
const MARK: &str = "colvin ";

/// What a link says of where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The name of its record.
    pub(crate) record: String,
    /// Its name at home.
    pub(crate) name: IfName,
}

/// Reads the mark in a link's alias.
pub(crate) fn mark(link: &LinkFacts) -> Option<Mark> {
    let alias = link.link.alias.as_ref()?;
    let (record, name) = alias.as_str().strip_prefix(MARK)?.split_once(' ')?;
    Some(Mark {
        record: record.to_owned(),
        name: name.parse().ok()?,
    })
}

/// What a marked link was, as far as it can be told from what it is: its name, and the address it was made
/// with.
pub(crate) fn image_of(link: &LinkFacts, mark: &Mark, device: Option<PciAddress>) -> LinkImage {
    let now = LinkImage::of(link, device, false, &mark.record);
    LinkImage {
        name: mark.name.clone(),
        mac: now.permanent_mac.or(now.mac),
        alias: None,
        alt_names: now.alt_names.clone(),
        up: false,
        promiscuous: false,
        all_multicast: false,
        mark: link
            .link
            .alias
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default(),
        ..now
    }
}

/// What became of what a record said that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rebuilt {
    /// Its link is home, and what it was.
    Home,
    /// There is no link away that says it belongs to it.
    Nothing,
    /// Its link is in a namespace that lives, perhaps that of a pod in its best years: it stays there.
    Lives,
}

/// Keeps what is in the file for people, and brings home what the kernel says belongs to it: from the host,
/// where the kernel may have put it, and from `netns`.
pub(crate) fn rebuild(
    roots: &Roots,
    host: &mut Host,
    held: &mut Held,
    netns: Option<&Path>,
    trace: &mut Trace,
) -> Result<Rebuilt, AttachError> {
    trace.step(StepKind::Journal, "journal: quarantine", || {
        held.quarantine(roots)
    })?;
    if let Some(link) = find(&mut host.socket, &held.name)? {
        bring(roots, host, &link, None, trace)?;
        return Ok(Rebuilt::Home);
    }
    let own = host.netns.id();
    let former = netns.map(opened).transpose()?.flatten();
    for (id, path) in netns::live(&roots.proc)?.paths {
        let Some(netns) = opened(&path)? else {
            continue; // it went meanwhile
        };
        if id == own {
            continue;
        }
        let found = netns.run(|| {
            let mut socket = RouteSocket::open()?;
            find(&mut socket, &held.name)
        })??;
        let Some(link) = found else {
            continue;
        };
        if former.as_ref().is_none_or(|former| !former.is_same(&netns)) {
            return Ok(Rebuilt::Lives);
        }
        bring(roots, host, &link, Some((netns, path)), trace)?;
        return Ok(Rebuilt::Home);
    }
    Ok(Rebuilt::Nothing)
}

/// Whether an alias is a mark of ours.
pub(crate) fn is_mark(alias: Option<&str>) -> bool {
    alias.is_some_and(|alias| alias.starts_with(MARK))
}

/// Makes the link that bears the mark of a record, and is at home, what it was.
pub(crate) fn rebuild_at_home(
    roots: &Roots,
    host: &mut Host,
    record: &str,
    trace: &mut Trace,
) -> Result<(), AttachError> {
    match find(&mut host.socket, record)? {
        Some(link) => bring(roots, host, &link, None, trace),
        None => Ok(()),
    }
}

/// The link that bears the mark of a record.
fn find(socket: &mut RouteSocket, record: &str) -> Result<Option<LinkFacts>, AttachError> {
    let links = socket.links()?;
    let is_of = |link: &LinkFacts| mark(link).is_some_and(|mark| mark.record == record);
    Ok(links.into_iter().find(is_of))
}

/// Brings a marked link home.
pub(crate) fn bring(
    roots: &Roots,
    host: &mut Host,
    link: &LinkFacts,
    place: Option<(NetNs, PathBuf)>,
    trace: &mut Trace,
) -> Result<(), AttachError> {
    let Some(mark) = mark(link) else {
        return Ok(());
    };
    if mark.record.starts_with(CHILD) {
        // it was made, not moved
        if let Some((netns, _)) = place {
            netns.run(RouteSocket::open)??.delete(link.link.index)?;
        }
        return Ok(());
    }
    let device = mark.record.parse().ok();
    let image = image_of(link, &mark, device);
    let (netns, path) = place.unzip();
    let record = Record {
        state: State::Releasing,
        key: AttachmentKey {
            network: String::new(),
            container: String::new(),
            ifname: link.link.name.clone(),
            name: link.link.name.clone(),
        },
        owner: Owner::default(),
        kind: String::new(),
        device,
        given: None,
        network: None,
        change: None,
        interface: Some(link.link.name.clone()),
        netns: Target {
            path: path.unwrap_or_default(),
            id: netns
                .as_ref()
                .map(|netns| netns.id().to_string())
                .unwrap_or_default(),
        },
        boot_id: roots.boot_id.clone(),
        begun_ns: 0,
        undo: vec![Undo::Link(image)],
        made: None,
    };
    let mut undoing = Undoing {
        roots,
        host,
        pod: netns.as_ref(),
        patience: Patience::default(),
        trace,
    };
    let (_, failures) = undo::run(&mut undoing, &record);
    failures.into_iter().next().map_or(Ok(()), Err)
}
