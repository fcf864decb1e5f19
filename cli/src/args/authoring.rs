//! What can be typed of the commands that help to write Networks.
//!
//! Left to others: doing it.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Look;
use super::cluster::{Cluster, Connection};

/// `colvin lint`.
#[derive(Args, Debug)]
pub(crate) struct Lint {
    /// The manifests: YAML or JSON, several documents in one are welcome; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) manifests: Vec<PathBuf>,
    /// Take warnings for errors.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Also say what the Networks would do in the cluster: who would be on them, who contends.
    #[arg(long)]
    pub(crate) cluster: bool,
    #[command(flatten)]
    pub(crate) objects: Cluster,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// `colvin suggest`.
#[derive(Args, Debug)]
pub(crate) struct Suggest {
    /// Create the proposed Networks in the cluster; one that is there already stays as it is.
    #[arg(long, conflicts_with = "files")]
    pub(crate) apply: bool,
    #[command(flatten)]
    pub(crate) cluster: Cluster,
    #[command(flatten)]
    pub(crate) look: Look,
}

/// `colvin import`.
#[derive(Args, Debug)]
pub(crate) struct Import {
    /// What is imported.
    #[command(subcommand)]
    pub(crate) source: ImportSource,
}

/// What is imported.
#[derive(Debug, Subcommand)]
pub(crate) enum ImportSource {
    /// Turn the `InterfaceMap` objects of the Surveyor CNI into Networks with a pin per node.
    #[command(after_help = super::examples::IMPORT_SURVEYOR)]
    Surveyor(ImportFrom),
    /// Turn attachment definitions (NADs) that say the same for each node into one Network.
    #[command(after_help = super::examples::IMPORT_NAD)]
    Nad(ImportNad),
    /// Turn the pools of the SR-IOV network device plugin into Networks, as far as they name their uplinks.
    #[command(after_help = IMPORT_SRIOV_DEVICE_PLUGIN)]
    SriovDevicePlugin(ImportSriovDevicePlugin),
}

/// Where objects are imported from, and whether Networks are made of them at once.
#[derive(Args, Debug)]
pub(crate) struct ImportFrom {
    /// Files with the objects: YAML or JSON, as `kubectl get -o yaml` writes them; `-` is standard input.
    #[arg(
        value_name = "FILE",
        required_unless_present = "cluster",
        conflicts_with = "cluster"
    )]
    pub(crate) files: Vec<PathBuf>,
    /// Read the objects from the cluster.
    #[arg(long)]
    pub(crate) cluster: bool,
    /// Create the Networks in the cluster; one that is there already stays as it is.
    #[arg(long)]
    pub(crate) apply: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// `colvin import nad`.
#[derive(Args, Debug)]
pub(crate) struct ImportNad {
    #[command(flatten)]
    pub(crate) from: ImportFrom,
    #[command(flatten)]
    pub(crate) answers: Answers,
    /// Only those of this namespace.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
}

/// What definitions do not say.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Answers {
    /// The node that a definition is for, where it does not say; `NAD` is its name or
    /// NAMESPACE/NAME. May be given several times.
    #[arg(long = "node", value_name = "NAD=NODE", value_parser = pair)]
    pub(crate) nodes: Vec<(String, String)>,
    /// The interface of a definition that names none, as those of SR-IOV and OVN do not.
    /// May be given several times.
    #[arg(long = "interface", value_name = "NAD=NETDEV", value_parser = pair)]
    pub(crate) interfaces: Vec<(String, String)>,
}

/// `colvin convert`.
#[derive(Args, Debug)]
pub(crate) struct Convert {
    /// Files with Networks, attachment definitions and templates of claims: YAML or JSON, as `kubectl get -o yaml`
    /// writes them; `-` is standard input.
    #[arg(
        value_name = "FILE",
        required_unless_present = "cluster",
        conflicts_with = "cluster"
    )]
    pub(crate) files: Vec<PathBuf>,
    /// Convert this object of the cluster: a name is that of a Network, NAMESPACE/NAME that of an attachment definition.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: Option<String>,
    /// The namespace of what is made [default: the one that is said, else that it is applied to].
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
    /// What is made.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) to: To,
    #[command(flatten)]
    pub(crate) answers: Answers,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What `colvin convert` makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    /// Of a Network or a template its definition for Multus, of a definition the Network.
    #[default]
    Other,
    /// Of a Network or a definition of one the `ResourceClaimTemplate`, by which pods get it of DRA.
    ClaimTemplate,
}

/// `colvin import sriov-device-plugin`.
#[derive(Args, Debug)]
pub(crate) struct ImportSriovDevicePlugin {
    /// The plugin's config files, or `ConfigMap` objects with them, YAML or JSON; `-` is standard input. The key of a
    /// `ConfigMap` that is no file's name is the node that its text is for.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// What the plugin is told to put before names that have no resourcePrefix of their own.
    #[arg(long, value_name = "DOMAIN", default_value = "intel.com")]
    pub(crate) resource_prefix: String,
    /// Create the Networks in the cluster; one that is there already stays as it is.
    #[arg(long)]
    pub(crate) apply: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Below `colvin import sriov-device-plugin --help`.
const IMPORT_SRIOV_DEVICE_PLUGIN: &str = "\
Examples:
  colvin import sriov-device-plugin /etc/pcidp/config.json
  kubectl get -n kube-system configmap sriovdp-config -o yaml | colvin import sriov-device-plugin -
  colvin import sriov-device-plugin --resource-prefix openshift.io device-plugin-config.yaml

Each resource becomes a Network whose members pin its uplinks: pfNames by interface, rootDevices by
PCI address, vendors by vendor; # ranges become devices.functions. What a Network cannot say stands
above it. What is wrong in the file, and what the plugin does with it in silence, is told on
standard error.";

/// Two names.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((nad, node)) if !nad.is_empty() && !node.is_empty() => {
            Ok((nad.to_owned(), node.to_owned()))
        }
        _ => Err(format!("{text:?} is no pair: write NAD=NAME")),
    }
}
