//! Flags of the agent's part of attaching pods. Left to others: acting on them.

use clap::Args;

use super::Switch;

/// What the agent does for the plugin that attaches pods.
#[derive(Clone, Debug, Args)]
pub(crate) struct AttachArgs {
    /// Help the CNI plugin colvin-cni: keep records of networks for it, answer it which devices a pod has, and
    /// undo attachments that nobody owns any more. It needs `NET_ADMIN` and `SYS_ADMIN`
    #[arg(
        long,
        env = "COLVIN_ATTACH",
        value_enum,
        value_name = "SWITCH",
        default_value = "off"
    )]
    pub(crate) attach: Switch,
}
