//! The one place where tasks and threads are started: each has a name, an owner and an end that is seen.
//!
//! The first to end brings the program down, and Kubernetes starts it again. Left to others: what
//! tasks do, and that they heed the token they are given.

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// How long tasks have to end after they were told, unless [`Supervisor::with_limit`] says another.
pub const STOP_LIMIT: Duration = Duration::from_secs(10);

/// Why a program went down, or did not go down cleanly.
#[derive(Debug, thiserror::Error)]
pub enum SupervisorError {
    /// The signals that end the program cannot be heard.
    #[error("cannot listen for signals")]
    Signals(#[source] io::Error),
    /// A thread could not be started.
    #[error("cannot start thread {name}")]
    Thread {
        /// The thread.
        name: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A task or thread ended though nobody told it to.
    #[error("{name} ended without being told to")]
    EndedEarly {
        /// The task.
        name: &'static str,
    },
    /// A task or thread failed.
    #[error("{name} failed")]
    Failed {
        /// The task.
        name: &'static str,
        /// What it said.
        source: anyhow::Error,
    },
    /// A task or thread panicked, or was aborted.
    #[error("{name} broke down")]
    BrokeDown {
        /// The task.
        name: &'static str,
    },
    /// These did not end in time after they were told.
    #[error("still running {} s after the end: {}", limit.as_secs(), names.join(", "))]
    NotStopped {
        /// The tasks and threads.
        names: Vec<&'static str>,
        /// How long they had.
        limit: Duration,
    },
}

/// Starts tasks and threads, waits for the end, and sees to it that all end.
///
/// It needs a tokio runtime with I/O and time; one thread is enough.
#[derive(Debug)]
pub struct Supervisor {
    stop: CancellationToken,
    limit: Duration,
    terminate: Signal,
    interrupt: Signal,
    tasks: JoinSet<Result<(), SupervisorError>>,
    names: BTreeMap<Id, &'static str>,
}

impl Supervisor {
    /// Begins to hear SIGTERM and SIGINT; nothing runs yet.
    ///
    /// # Errors
    /// [`SupervisorError::Signals`] when signals cannot be heard.
    pub fn new() -> Result<Self, SupervisorError> {
        let hear = |kind| signal(kind).map_err(SupervisorError::Signals);
        Ok(Self {
            stop: CancellationToken::new(),
            limit: STOP_LIMIT,
            terminate: hear(SignalKind::terminate())?,
            interrupt: hear(SignalKind::interrupt())?,
            tasks: JoinSet::new(),
            names: BTreeMap::new(),
        })
    }

    /// How long tasks have to end after they were told.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// The token that every task is told to end by. Whoever cancels it ends the program, cleanly.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Starts a task. It ends with `Ok` soon after its token is cancelled, and not before.
    pub fn start<F, R>(&mut self, name: &'static str, task: F)
    where
        F: FnOnce(CancellationToken) -> R,
        R: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let task = task(self.stop.clone());
        let ended = async move {
            let source = task.await;
            source.map_err(|source| SupervisorError::Failed { name, source })
        };
        self.adopt(name, ended);
    }

    /// Starts a named thread that blocks, by the same contract as a task.
    ///
    /// It looks at its token whenever it wakes: who blocks for long in one call brings its own way to
    /// be woken. A thread that does not end in time is left to the end of the process.
    ///
    /// # Errors
    /// [`SupervisorError::Thread`] when the system has no thread to give.
    pub fn start_thread<F>(&mut self, name: &'static str, work: F) -> Result<(), SupervisorError>
    where
        F: FnOnce(CancellationToken) -> anyhow::Result<()> + Send + 'static,
    {
        let stop = self.stop.clone();
        let (done, ended) = oneshot::channel();
        let thread = std::thread::Builder::new().name(name.to_owned());
        let started = thread.spawn(move || {
            // nobody listens any more when the program already gave up waiting
            drop(done.send(work(stop)));
        });
        match started {
            Ok(_detached) => {}
            Err(source) => return Err(SupervisorError::Thread { name, source }),
        }
        self.adopt(name, async move {
            match ended.await {
                Ok(result) => result.map_err(|source| SupervisorError::Failed { name, source }),
                Err(_dropped_by_a_panic) => Err(SupervisorError::BrokeDown { name }),
            }
        });
        Ok(())
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where tasks are started"
    )]
    fn adopt<R>(&mut self, name: &'static str, task: R)
    where
        R: Future<Output = Result<(), SupervisorError>> + Send + 'static,
    {
        let id = self.tasks.spawn(task).id();
        self.names.insert(id, name);
    }

    /// Runs until a signal, until the token of [`Self::stop`] is cancelled, or until the first task
    /// ends; then tells all to end and waits for them, at most for the limit.
    ///
    /// # Errors
    /// The first thing that went wrong; everything else that did is in the log.
    pub async fn run(mut self) -> Result<(), SupervisorError> {
        let mut failure = None;
        tokio::select! {
            // in this order: a task that ended because it was told to did not end early
            biased;
            () = self.stop.cancelled() => info!("told to end"),
            _ = self.terminate.recv() => info!(signal = "SIGTERM", "told to end"),
            _ = self.interrupt.recv() => info!(signal = "SIGINT", "told to end"),
            Some(ended) = self.tasks.join_next_with_id() => {
                let (name, result) = self.take(ended);
                failure = Some(result.err().unwrap_or(SupervisorError::EndedEarly { name }));
            }
        }
        self.stop.cancel();
        if let Some(failure) = &failure {
            report(failure);
        }
        let limit = self.limit;
        let others = tokio::time::timeout(limit, async {
            let mut first = None;
            while let Some(ended) = self.tasks.join_next_with_id().await {
                if let (_, Err(error)) = self.take(ended) {
                    report(&error);
                    first.get_or_insert(error);
                }
            }
            first
        });
        let late = match others.await {
            Ok(error) => error,
            Err(_elapsed) => {
                let names = self.names.values().copied().collect();
                let error = SupervisorError::NotStopped { names, limit };
                report(&error);
                Some(error)
            }
        };
        failure.or(late).map_or(Ok(()), Err)
    }

    fn take(&mut self, ended: Ended) -> (&'static str, Result<(), SupervisorError>) {
        let (id, result) = match ended {
            Ok((id, result)) => (id, Some(result)),
            Err(broken) => (broken.id(), None),
        };
        // every task was adopted with a name
        let name = self.names.remove(&id).unwrap_or("a task");
        (
            name,
            result.unwrap_or(Err(SupervisorError::BrokeDown { name })),
        )
    }
}

type Ended = Result<(Id, Result<(), SupervisorError>), JoinError>;

fn report(error: &SupervisorError) {
    error!(error = %Chain(error), "program goes down");
}

/// An error and what caused it, on one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
