//! What the kubelet has seen of drivers: what happened, and what it was answered. Left to others: seeing it.

use std::fmt;
use std::path::PathBuf;
use std::time::Instant;

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    /// When it happened.
    pub at: Instant,
    /// What it was.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The kubelet began to run.
    Started,
    /// It ended.
    Stopped,
    /// A driver is used from now on.
    Registered {
        /// The driver.
        driver: String,
        /// Where it serves.
        endpoint: PathBuf,
        /// How claims are prepared.
        service: String,
        /// How its health is watched.
        health: Option<String>,
    },
    /// A driver is not used.
    Refused {
        /// The socket that was asked.
        socket: PathBuf,
        /// Why.
        reason: String,
    },
    /// A driver is no longer used.
    Gone {
        /// Where it served.
        endpoint: PathBuf,
    },
    /// A driver was asked to prepare claims.
    Prepare {
        /// Where it serves.
        endpoint: PathBuf,
        /// Their UIDs.
        claims: Vec<String>,
    },
    /// A driver was asked to undo claims.
    Unprepare {
        /// Where it serves.
        endpoint: PathBuf,
        /// Their UIDs.
        claims: Vec<String>,
    },
    /// A stream of a driver's health has ended.
    HealthEnded {
        /// Where it served.
        endpoint: PathBuf,
        /// What gRPC says.
        reason: String,
    },
}

/// A claim by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimName {
    /// Its namespace.
    pub namespace: String,
    /// Its name there.
    pub name: String,
    /// Its UID.
    pub uid: String,
}

impl ClaimName {
    /// A claim of the namespace `default`.
    pub fn new(name: &str, uid: &str) -> Self {
        Self {
            namespace: "default".to_owned(),
            name: name.to_owned(),
            uid: uid.to_owned(),
        }
    }
}

/// A claim that a pod uses, and whose devices it was allocated: the drivers in the order in which they are asked.
/// Kubernetes has no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodClaim {
    /// The claim.
    pub name: ClaimName,
    /// The drivers.
    pub drivers: Vec<String>,
}

impl PodClaim {
    /// A claim with devices of these drivers.
    pub fn new(name: &ClaimName, drivers: &[&str]) -> Self {
        Self {
            name: name.clone(),
            drivers: drivers.iter().map(ToString::to_string).collect(),
        }
    }
}

/// How a pod is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodPhase {
    /// It does not run yet, and why the last try failed.
    Pending(Option<PodError>),
    /// It runs, with these devices.
    Running(Vec<Device>),
    /// It is deleted and has claims that are not undone, and why the last try failed.
    Ending(Option<PodError>),
}

/// A device that a driver has prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The requests it was given for.
    pub requests: Vec<String>,
    /// Its pool.
    pub pool: String,
    /// Its name there.
    pub name: String,
    /// Names of CDI devices.
    pub cdi: Vec<String>,
    /// Which share of it.
    pub share_id: Option<String>,
}

/// Why a pod does not start, or does not end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PodError {
    /// No driver of that name is registered.
    NotRegistered(String),
    /// The driver cannot be reached, or its call failed as a whole.
    Call(String),
    /// The driver took too long.
    TimedOut,
    /// The driver refuses a claim.
    Claim {
        /// Its UID.
        uid: String,
        /// What it says.
        message: String,
    },
    /// The driver did not answer for a claim.
    Skipped(String),
    /// A claim of this name with another UID has not been undone.
    OldClaim(String),
}

impl fmt::Display for PodError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRegistered(driver) => write!(f, "DRA driver {driver} is not registered"),
            Self::Call(reason) => write!(f, "the call failed: {reason}"),
            Self::TimedOut => f.write_str("the driver took too long"),
            Self::Claim { uid, message } => write!(f, "claim {uid}: {message}"),
            Self::Skipped(uid) => write!(f, "the driver skipped claim {uid}"),
            Self::OldClaim(uid) => write!(f, "the old claim {uid} still exists"),
        }
    }
}

impl std::error::Error for PodError {}

/// How a device is, as far as the kubelet knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It has not been told, or not for too long.
    Unknown,
    /// It can be used.
    Healthy,
    /// It cannot be used.
    Unhealthy,
}
