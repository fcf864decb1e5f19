//! This machine's netlink, or a recorded one, behind the same questions.
//!
//! Left to others: when to ask, and joining the answers.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use colvin_model::observation::Link;
use colvin_model::{Finding, FindingReason, IfIndex};

use super::dump::{Conversation, DumpError, replay};
use super::link::{self, Links};
use super::socket::{Protocol, Socket};
use super::wire::Message;

/// Answers about links and what belongs to them, from the kernel or from a record.
///
/// A question that takes `findings` adds to them what was odd and did not stop the answer. `None` as
/// an answer means that there is nobody to ask: the kernel lacks the family, or the record the file.
#[derive(Debug)]
pub struct Netlink {
    feed: Feed,
}

#[derive(Debug)]
enum Feed {
    Live(Box<Live>),
    /// The folder that holds the records.
    Recorded(PathBuf),
}

#[derive(Debug)]
struct Live {
    route: Conversation<Socket>,
}

impl Netlink {
    /// This machine's, in the calling thread's network namespace, where it stays.
    ///
    /// # Errors
    /// [`DumpError::Open`].
    pub fn live() -> Result<Self, DumpError> {
        let open = |protocol, what| {
            let socket = Socket::open(protocol);
            let failed = |source| DumpError::Open { what, source };
            socket.map(Conversation::new).map_err(failed)
        };
        let route = open(Protocol::Route, "links")?;
        Ok(Self {
            feed: Feed::Live(Box::new(Live { route })),
        })
    }

    /// A recorded machine's: the files of `netlink/` below its root.
    pub fn recorded(root: &Path) -> Self {
        Self {
            feed: Feed::Recorded(root.join("netlink")),
        }
    }

    /// All links, or `None` when a record has none (then `class/net` is to be asked).
    ///
    /// # Errors
    /// [`DumpError`].
    pub fn links(
        &mut self,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<BTreeMap<IfIndex, Link>>, DumpError> {
        let request = link::dump_request();
        let links = match &mut self.feed {
            Feed::Live(live) => {
                let answer = live
                    .route
                    .ask("links", &request, Links::default, Links::take);
                Some(answer?)
            }
            Feed::Recorded(folder) => read(folder, "links", findings, Links::default, Links::take)?,
        };
        Ok(links.map(|links| {
            let (links, odd) = links.finish();
            findings.extend(odd);
            links
        }))
    }
}

/// Folds the messages of a recorded dump into a value, or gives `None` when there is no such file.
fn read<R>(
    folder: &Path,
    name: &str,
    findings: &mut Vec<Finding>,
    fresh: impl Fn() -> R,
    each: impl FnMut(&mut R, Message<'_>),
) -> Result<Option<R>, DumpError> {
    let path = folder.join(name);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(DumpError::Recording { path, source }),
    };
    let (result, torn) = replay(&bytes, fresh(), each);
    if let Some(torn) = torn {
        let message = format!("the record netlink/{name} is {torn}; what comes before it stands");
        findings.push(Finding::of_node(FindingReason::MalformedFile, message));
    }
    Ok(Some(result))
}
