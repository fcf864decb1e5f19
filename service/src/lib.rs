//! What every long-running program of ours has: supervised tasks, an admin port, logs, a graceful end.
//!
//! A program parses its arguments ([`LogArgs`], [`AdminArgs`], [`ClusterArgs`]), starts the log
//! ([`telemetry::init`]), makes its metrics and its [`Health`], and gives everything that runs to one
//! [`Supervisor`], the admin port ([`Admin`]) included. It runs on one thread of tokio.
//!
//! Left to others: what the tasks do.

#![forbid(unsafe_code)]

pub mod admin;
mod args;
mod backoff;
mod budget;
pub mod client;
pub mod event;
mod folder_events;
pub mod health;
pub mod metrics;
pub mod reference;
pub mod supervisor;
pub mod telemetry;
mod uptime;

pub use admin::{Access, Admin, AdminError};
pub use args::{AdminArgs, ClusterArgs, LogArgs, LogFormat, MetricsAccess};
pub use backoff::Backoff;
pub use budget::Budget;
pub use folder_events::{FolderEvents, Hear};
pub use health::{Condition, Health, Pulse};
pub use supervisor::{Supervisor, SupervisorError};
pub use uptime::Uptime;

/// Re-exported, so that tasks of a program and the supervisor mean the same token.
pub use tokio_util::sync::CancellationToken;
