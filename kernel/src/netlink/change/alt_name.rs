//! A link's alternative names, given and taken away. Left to others: which ones it had.
//!
//! Source: `rtnl_linkprop` (kernel `net/core/rtnetlink.c`), since Linux 5.5.

use colvin_model::IfIndex;

use super::{ChangeError, RouteSocket, link};
use crate::netlink::wire::Request;

/// `RTM_NEWLINKPROP`.
const NEW_PROPERTY: u16 = 108;
/// `RTM_DELLINKPROP`.
const DELETE_PROPERTY: u16 = 109;

impl RouteSocket {
    /// Gives a link more names, in one message; nothing is sent for none.
    ///
    /// # Errors
    /// [`ChangeError`]: `EEXIST` when one is taken in this namespace, by whatever link; those before
    /// it are given.
    pub fn add_alt_names<N: AsRef<str>>(
        &mut self,
        index: IfIndex,
        names: &[N],
    ) -> Result<(), ChangeError> {
        let flags = libc::NLM_F_CREATE | libc::NLM_F_EXCL | libc::NLM_F_APPEND;
        self.properties("give", NEW_PROPERTY, flags, index, names)
    }

    /// Takes alternative names from a link, in one message; nothing is sent for none.
    ///
    /// # Errors
    /// [`ChangeError`]: `ENOENT` when one is not there, `EINVAL` when it is another link's; those
    /// before it are taken.
    pub fn remove_alt_names<N: AsRef<str>>(
        &mut self,
        index: IfIndex,
        names: &[N],
    ) -> Result<(), ChangeError> {
        self.properties("take", DELETE_PROPERTY, 0, index, names)
    }

    fn properties<N: AsRef<str>>(
        &mut self,
        verb: &str,
        kind: u16,
        flags: i32,
        index: IfIndex,
        names: &[N],
    ) -> Result<(), ChangeError> {
        if names.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
        let what = format!("{verb} link {index} the alternative names {names:?}");
        let header = link::header(Some(index), (0, 0));
        let request = Request::change(kind, flags, &header);
        let request = request.with_nested(libc::IFLA_PROP_LIST, |mut list| {
            for name in &names {
                list = list.with_text(libc::IFLA_ALT_IFNAME, name);
            }
            list
        });
        self.change(what, &request)
    }
}
