//! A link that was made on another one is deleted. With its namespace it is gone already.
//!
//! Left to others: making it.

use colvin_kernel::netlink::change::{By, LinkFacts, RouteSocket};
use colvin_model::{IfName, LinkAddress, MacAddr, Symbol};
use serde::{Deserialize, Serialize};

use super::Undoing;
use crate::error::AttachError;
use crate::host::note;
use crate::journal::Record;
use crate::pod::reopen;
use crate::rebuild::is_mark;

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
    /// The alias it gets, which says whose it is.
    pub(crate) mark: String,
}

impl ChildImage {
    /// Whether a link is the one that was made. Its mark says so. Without one (a kernel before 6.13, or one
    /// that was just made) its kind does, and its address while `by_address`: the pod may change that.
    pub(crate) fn is(&self, link: &LinkFacts, by_address: bool) -> bool {
        let alias = link.link.alias.as_ref().map(Symbol::as_str);
        if alias == Some(self.mark.as_str()) {
            return true;
        }
        let kind = link.link.kind.as_ref().map(Symbol::as_str);
        let mac = link.link.address.as_ref().and_then(LinkAddress::mac);
        !is_mark(alias)
            && kind == Some(self.word.as_str())
            && (!by_address || (self.mac.is_some() && mac == self.mac))
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
    // another namespace may have got the number of the one that ended
    let by_address = reopened.is_some() || (super::is_begun_only(record) && image.mac.is_some());
    let result = match found.filter(|link| image.is(link, by_address)) {
        Some(link) => socket.delete(link.link.index).map(drop),
        None => Ok(()),
    };
    note(&mut socket, undoing.trace, "pod");
    Ok(result?)
}
