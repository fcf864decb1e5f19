//! Answers the plugin's questions on `agent.sock`.
//!
//! The kubelet is asked after a question came, never before: a pod of the same name may have been there
//! until a moment ago. Questions that come meanwhile share the next look. Left to others: what the
//! kubelet's word means for a pod ([`super::answer`]).

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use colvin_attach::ask::{self, Answer, AskError, LENGTH_BYTES, Question, VERSION};
use colvin_attach::record::{self, ClaimRecord, Outstanding};
use colvin_model::offer::Offers;
use colvin_service::{CancellationToken, Condition, FolderEvents, Hear};
use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::watch;
use tracing::{debug, info, warn};

use super::answer::{Known, answer};
use super::pods::{Listed, Pods, PodsError};
use super::socket::Socket;

/// How long a plugin may take to ask, and to take the answer.
const CALL: Duration = Duration::from_secs(5);

/// Until a socket that could not be made is tried again.
const RETRY: Duration = Duration::from_secs(5);

/// How many may be connected at once; others wait in the socket's queue.
const CONNECTIONS: usize = 256;

/// Answers.
pub(crate) struct Answers {
    /// Our folder in `/run`.
    pub(crate) run: PathBuf,
    /// Who may ask: root.
    pub(crate) uid: u32,
    /// The boot that this is, where the kernel tells it.
    pub(crate) boot_id: Option<String>,
    /// Asks the kubelet.
    pub(crate) pods: Pods,
    /// What is offered now.
    pub(crate) offers: watch::Receiver<Option<Arc<Offers>>>,
    pub(crate) ready: Condition,
}

/// Somebody who asked.
struct Asked {
    stream: UnixStream,
    question: Question,
}

/// What goes on at once.
#[derive(Default)]
struct Calls<'a> {
    /// Questions that are read (who asked) and answers that are written (nobody).
    moving: FuturesUnordered<BoxFuture<'a, Option<Asked>>>,
    /// Who waits for the next look.
    waiting: Vec<Asked>,
    /// The look, for these.
    look: Option<BoxFuture<'a, Vec<(Asked, Answer)>>>,
}

impl Answers {
    /// Answers until told to stop.
    ///
    /// # Errors
    /// Never: what fails is tried again.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let path = ask::socket(&self.run);
        loop {
            match Socket::open(&path) {
                Ok(socket) => {
                    self.ready.met();
                    tokio::select! {
                        () = stop.cancelled() => return Ok(()),
                        () = self.serve(&socket) => {}
                    }
                    info!(socket = %path.display(), "the socket is gone, it is made again");
                }
                Err(error) => {
                    warn!(socket = %path.display(), %error, "the plugin's questions cannot be heard");
                    self.ready.waits_for(format!("{}: {error}", path.display()));
                    tokio::select! {
                        () = stop.cancelled() => return Ok(()),
                        () = tokio::time::sleep(RETRY) => {}
                    }
                }
            }
        }
    }

    /// Answers until the socket is missing.
    async fn serve(&self, socket: &Socket) {
        let events = self.listen();
        let mut calls = Calls::default();
        while !socket.is_missing() {
            if calls.look.is_none() && !calls.waiting.is_empty() {
                let asked = std::mem::take(&mut calls.waiting);
                calls.look = Some(Box::pin(self.look(asked)));
            }
            let has_room = calls.moving.len() + calls.waiting.len() < CONNECTIONS;
            tokio::select! {
                () = changed(events.as_ref()) => {}
                accepted = socket.listener.accept(), if has_room => match accepted {
                    Ok((stream, _)) => calls.moving.push(Box::pin(self.hear(stream))),
                    Err(error) => {
                        // out of descriptors, most likely: those that are open end in time
                        warn!(%error, "a question cannot be heard");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(moved) = calls.moving.next() => calls.waiting.extend(moved),
                answered = looked(&mut calls.look) => {
                    calls.look = None;
                    for (asked, answer) in answered {
                        calls.moving.push(Box::pin(tell(asked.stream, answer)));
                    }
                }
            }
        }
    }

    /// Changes of the folder, which say when the socket may be missing.
    fn listen(&self) -> Option<FolderEvents> {
        let events = FolderEvents::open()
            .and_then(|events| events.add(&self.run, Hear::Names).map(|()| events));
        match events {
            Ok(events) => Some(events),
            Err(error) => {
                warn!(folder = %self.run.display(), %error, "it would not be seen if the socket were removed");
                None
            }
        }
    }

    /// Reads a question. Who may not ask, or asks for something else, is told so at once.
    async fn hear(&self, mut stream: UnixStream) -> Option<Asked> {
        let refused = match stream.peer_cred() {
            Ok(peer) if peer.uid() == self.uid => None,
            Ok(peer) => Some(format!("uid {} may not ask", peer.uid())),
            Err(error) => Some(format!("it is not known who asks: {error}")),
        };
        let refused = match refused {
            Some(reason) => reason,
            None => match tokio::time::timeout(CALL, read(&mut stream)).await {
                Ok(Ok(question)) if question.version == VERSION => {
                    return Some(Asked { stream, question });
                }
                Ok(Ok(Question { version, .. })) => {
                    format!("version {version} is not understood, {VERSION} is")
                }
                Ok(Err(error @ AskError::Lost(_))) => {
                    debug!(%error, "who asked is gone");
                    return None;
                }
                Ok(Err(error)) => format!("{:#}", anyhow::Error::from(error)),
                Err(_elapsed) => "no question in time".to_owned(),
            },
        };
        warn!(
            reason = refused,
            "a question on the agent's socket is refused"
        );
        tell(stream, Answer::Refused { reason: refused }).await
    }

    /// Asks the kubelet once, for all of these.
    async fn look(&self, asked: Vec<Asked>) -> Vec<(Asked, Answer)> {
        let listed = self.pods.list().await;
        let judge = listed.and_then(|listed| Ok((listed, self.records()?)));
        let told = |asked: Asked| {
            let told = match &judge {
                Ok((listed, records)) => self.told(listed, records, &asked.question),
                Err(error) => Answer::Later {
                    reason: error.to_string(),
                },
            };
            let Question {
                namespace,
                pod,
                uid,
                container_id,
                ..
            } = &asked.question;
            debug!(namespace, pod, uid, container_id, answer = ?told, "a plugin asked");
            (asked, told)
        };
        asked.into_iter().map(told).collect()
    }

    fn told(&self, listed: &Listed, records: &Records, question: &Question) -> Answer {
        let offers = self.offers.borrow().clone().unwrap_or_default();
        let known = Known {
            offers: &offers,
            outstanding: &records.outstanding,
            claims: &records.claims,
            complete: listed.complete,
        };
        answer(&listed.pods, question, known)
    }

    fn records(&self) -> Result<Records, PodsError> {
        let boot = self.boot_id.as_deref();
        let outstanding = record::outstanding(&self.run, boot).map_err(PodsError::Records)?;
        let claims = record::claims(&self.run, boot).map_err(PodsError::Records)?;
        Ok(Records {
            outstanding: outstanding.found,
            claims: claims.found,
        })
    }
}

/// What the node's records say.
struct Records {
    outstanding: Vec<Outstanding>,
    claims: Vec<ClaimRecord>,
}

async fn changed(events: Option<&FolderEvents>) {
    match events {
        Some(events) if events.changed().await.is_ok() => {}
        Some(_) | None => std::future::pending().await,
    }
}

async fn looked<T>(look: &mut Option<BoxFuture<'_, T>>) -> T {
    match look {
        Some(look) => look.await,
        None => std::future::pending().await,
    }
}

async fn read(stream: &mut UnixStream) -> Result<Question, AskError> {
    let mut before = [0; LENGTH_BYTES];
    stream
        .read_exact(&mut before)
        .await
        .map_err(AskError::Lost)?;
    let mut json = vec![0; ask::length(before)?];
    stream.read_exact(&mut json).await.map_err(AskError::Lost)?;
    ask::decode(&json)
}

/// Writes the answer; one that is longer than an answer may be is told as such.
async fn tell(stream: UnixStream, answer: Answer) -> Option<Asked> {
    let bytes = ask::encode(&answer).or_else(|error| {
        let reason = error.to_string();
        ask::encode(&Answer::Refused { reason })
    });
    if let Ok(bytes) = bytes {
        // who does not take the answer asks again
        drop(tokio::time::timeout(CALL, give(stream, &bytes)).await);
    }
    None
}

/// Writes it and waits until who asked is gone: a stream that is closed while something of his is unread, or
/// still to come, is an error to him and not the answer.
async fn give(mut stream: UnixStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    stream.shutdown().await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
