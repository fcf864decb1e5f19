//! A link that was made on another one is deleted. With its namespace it is gone already.
//!
//! Left to others: making it.

use colvin_kernel::netlink::change::{By, LinkFacts, RouteSocket};
use colvin_model::{IfName, LinkAddress, MacAddr};
use serde::{Deserialize, Serialize};

use super::Undoing;
use crate::error::AttachError;
use crate::host::note;
use crate::journal::Record;
use crate::pod::reopen;

/// A link that is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChildImage {
    /// Its name in the pod: it was free when this was written.
    pub(crate) name: IfName,
    /// The kernel's word for its kind.
    pub(crate) word: String,
    /// The address it is made with, where that is ours to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mac: Option<MacAddr>,
}

impl ChildImage {
    /// Whether a link is the one that was made. The pod may have given it another address since, so
    /// that counts only while it is being made.
    fn is(&self, link: &LinkFacts, is_begun_only: bool) -> bool {
        let kind = link.link.kind.as_ref();
        let mac = link.link.address.as_ref().and_then(LinkAddress::mac);
        kind.is_some_and(|kind| *kind == *self.word)
            && (!is_begun_only || self.mac.is_none() || mac == self.mac)
    }
}

/// Deletes it, where it is there.
pub(super) fn delete(
    undoing: &mut Undoing<'_>,
    record: &Record,
    image: &ChildImage,
) -> Result<(), AttachError> {
    // held by another than its file, it lives on
    let reopened = match undoing.pod {
        Some(_) => None,
        None => reopen(undoing.roots, &record.netns)?,
    };
    let Some(pod) = undoing.pod.or(reopened.as_ref()) else {
        return Ok(());
    };
    let mut socket = pod.run(RouteSocket::open)??;
    let found = socket.link(By::Name(&image.name))?;
    let is_begun_only = super::is_begun_only(record);
    let result = match found.filter(|link| image.is(link, is_begun_only)) {
        Some(link) => socket.delete(link.link.index).map(drop),
        None => Ok(()),
    };
    note(&mut socket, undoing.trace, "pod");
    Ok(result?)
}
