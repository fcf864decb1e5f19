//! Prepares resource claims for the kubelet (dynamic resource allocation, DRA), on a node.
//!
//! [`serve()`] registers with the kubelet and stays registered, answers `NodePrepareResources` and
//! `NodeUnprepareResources` by files that are written before anything is promised, and tells how well devices are.
//! What is prepared is on disk: a restart, a second instance during an update and a kubelet that asks again find it
//! there. It is told what the node has and tells who holds it, by channels whose latest value counts.
//!
//! Left to others: which devices the node has and publishing them in `ResourceSlice`s, the API server
//! ([`ClaimReader`]), device nodes ([`colvin_model::offer::NodeReader`]), attaching (`colvin-cni`, by the
//! records that are written here), metrics and events ([`Report`]).

#![forbid(unsafe_code)]

mod answer;
mod books;
mod cdi;
mod checkpoint;
mod claim;
mod config;
mod devices;
mod driver;
mod endpoint;
mod environment;
mod error;
mod files;
mod grant;
mod ground;
mod health;
mod holds;
mod metadata;
mod papers;
mod report;
#[cfg(test)]
mod scene;
mod serve;
mod server;
mod settings;
mod sockets;
mod state;
mod turn;
mod uid;

pub use claim::{
    AllocationResult, ClaimAllocation, ClaimConfig, ClaimReadError, ClaimReader, ConfigSource,
    ReadClaim,
};
pub use config::AttachConfig;
pub use devices::{Child, Device, DeviceName, Devices, InvalidDeviceName};
pub use holds::{Allocated, ClaimHold, Claimed};
pub use metadata::{MetadataError, NetworkData, update_network_data};
pub use report::{NoReport, RegistrationState, Report};
pub use serve::{DraDriverError, Inputs, serve};
pub use settings::{Folders, Pace, Settings};
pub use uid::{InvalidUid, Uid};

/// The driver's name, which is also the domain of its attributes.
pub const DRIVER: &str = "colvin.dev";

/// The API version of our parameters.
const API_VERSION: &str = "colvin.dev/v1alpha1";
