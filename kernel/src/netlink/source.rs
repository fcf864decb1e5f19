//! This machine's netlink, or a recorded one, behind the same questions.
//!
//! The questions themselves stand in the files of their families. Left to others: when to ask, and
//! joining the answers.

#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use colvin_model::{Finding, FindingReason};

use super::dump::{Conversation, DumpError, replay};
use super::genl::{self, Families};
use super::socket::{Protocol, Socket};
use super::wire::{Message, Request};

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

/// The sockets. All are opened at once, so that all are of one network namespace; but for RDMA's,
/// because to open it makes the kernel load modules.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) route: Conversation<Socket>,
    generic: Conversation<Socket>,
    /// `None` while they were never asked for.
    families: Option<Families>,
    rdma: Option<Conversation<Socket>>,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Route,
    /// A family of generic netlink, by name.
    Generic(&'static str),
    Rdma,
}

/// One kind of answer: who gives it, what it is called, in which file of a record it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Topic {
    pub(super) family: Family,
    /// For errors: `links`.
    pub(super) what: &'static str,
    /// The file below `netlink/`.
    pub(super) file: &'static str,
}

impl Netlink {
    /// This machine's, in the calling thread's network namespace, where it stays.
    ///
    /// # Errors
    /// [`DumpError::Open`].
    pub fn live() -> Result<Self, DumpError> {
        let live = Live {
            route: open(Protocol::Route, "links")?,
            generic: open(Protocol::Generic, "generic families")?,
            families: None,
            rdma: None,
        };
        Ok(Self {
            feed: Feed::Live(Box::new(live)),
        })
    }

    /// A recorded machine's: the files of `netlink/` below its root.
    pub fn recorded(root: &Path) -> Self {
        Self {
            feed: Feed::Recorded(root.join("netlink")),
        }
    }

    /// The sockets, unless this is a record.
    pub(super) fn live_mut(&mut self) -> Option<&mut Live> {
        match &mut self.feed {
            Feed::Live(live) => Some(live),
            Feed::Recorded(_) => None,
        }
    }

    /// Folds all messages of a topic into one value. `request` is given the family's number.
    pub(super) fn everything<R>(
        &mut self,
        topic: Topic,
        request: impl FnOnce(u16) -> Request,
        findings: &mut Vec<Finding>,
        fresh: impl Fn() -> R,
        each: impl FnMut(&mut R, Message<'_>),
    ) -> Result<Option<R>, DumpError> {
        match &mut self.feed {
            Feed::Live(live) => live.ask(topic, request, fresh, each),
            Feed::Recorded(folder) => {
                let Some(bytes) = read(folder, topic.file)? else {
                    return Ok(None);
                };
                let (result, torn) = replay(&bytes, fresh(), each);
                findings.extend(torn.map(|torn| {
                    let message = format!(
                        "the record netlink/{} is {torn}; what comes before it stands",
                        topic.file
                    );
                    Finding::of_node(FindingReason::MalformedFile, message)
                }));
                Ok(Some(result))
            }
        }
    }

    /// A file of the record; `None` when there is none, or when this is no record.
    pub(super) fn recorded_file(&self, name: &str) -> Result<Option<Vec<u8>>, DumpError> {
        match &self.feed {
            Feed::Live(_) => Ok(None),
            Feed::Recorded(folder) => read(folder, name),
        }
    }
}

impl Live {
    /// Asks, and folds the answer into one value; `None` when the kernel lacks the family.
    pub(super) fn ask<R>(
        &mut self,
        topic: Topic,
        request: impl FnOnce(u16) -> Request,
        fresh: impl Fn() -> R,
        each: impl FnMut(&mut R, Message<'_>),
    ) -> Result<Option<R>, DumpError> {
        let what = topic.what;
        let (conversation, number) = match topic.family {
            Family::Route => (&mut self.route, 0),
            Family::Generic(name) => {
                let Some(number) = self.family(name)? else {
                    return Ok(None);
                };
                (&mut self.generic, number)
            }
            Family::Rdma => {
                let Some(conversation) = self.rdma()? else {
                    return Ok(None);
                };
                (conversation, 0)
            }
        };
        let answer = conversation.ask(what, &request(number), fresh, each);
        answer.map(Some)
    }

    fn family(&mut self, name: &str) -> Result<Option<u16>, DumpError> {
        if self.families.is_none() {
            self.families = Some(genl::families(&mut self.generic)?);
        }
        let families = self.families.as_ref();
        Ok(families.and_then(|families| families.number(name)))
    }

    fn rdma(&mut self) -> Result<Option<&mut Conversation<Socket>>, DumpError> {
        if self.rdma.is_none() {
            self.rdma = match open(Protocol::Rdma, "RDMA devices") {
                Ok(conversation) => Some(conversation),
                Err(DumpError::Open { source, .. })
                    if source.raw_os_error() == Some(libc::EPROTONOSUPPORT) =>
                {
                    None
                }
                Err(error) => return Err(error),
            };
        }
        Ok(self.rdma.as_mut())
    }
}

fn open(protocol: Protocol, what: &'static str) -> Result<Conversation<Socket>, DumpError> {
    let socket = Socket::open(protocol);
    let failed = |source| DumpError::Open { what, source };
    socket.map(Conversation::new).map_err(failed)
}

/// A file's bytes, or `None` when there is no such file.
fn read(folder: &Path, name: &str) -> Result<Option<Vec<u8>>, DumpError> {
    let path = folder.join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(DumpError::Recording { path, source }),
    }
}
