//! Serves what a node offers to the kubelet, as extended resources (device plugin v1beta1).
//!
//! [`serve`] runs one gRPC server per offered resource, each on a unix socket of its own, keeps it
//! registered, answers `Allocate` by files that are written before anything is promised, and learns of
//! the kubelet who holds what. It is told what to offer and tells who holds it; both by channels whose
//! latest value counts.
//!
//! Left to others: what is offered and how well it is ([`colvin_model::offer`]), how a machine's device
//! nodes are found ([`DeviceReader`]), metrics and events ([`Report`]).

#![forbid(unsafe_code)]

mod allocate;
mod cdi;
mod device_info;
mod environment;
mod files;
mod grant;
mod instance;
mod ledger;
mod list;
mod nodes;
mod outstanding;
mod papers;
mod preferred;
mod report;
mod resource;
mod scene;
mod serve;
mod server;
mod settings;
mod sockets;

pub use colvin_attach::record::Outstanding;
pub use files::FilesError;
pub use nodes::DeviceReader;
pub use report::{NoReport, RegistrationState, Report};
pub use serve::{DevicePluginError, serve};
pub use settings::{Cdi, Folders, Pace, PodName, Registration, Settings};
