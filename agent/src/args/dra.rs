//! The flag about claims. Left to others: acting on it (`wiring`).

use clap::{Args, ValueEnum};

/// Whether networks are offered to resource claims.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Resource claims (DRA)")]
pub(crate) struct DraArgs {
    /// Whether devices are offered to resource claims: from the first Network with `advertise: DRA` on, or never
    #[arg(
        long,
        env = "COLVIN_DRA",
        value_enum,
        value_name = "WHEN",
        default_value = "auto"
    )]
    pub(crate) dra: When,
    /// The UID of the pod that the agent runs in: with it the next agent may serve before this one has ended
    #[arg(long, env = "COLVIN_POD_UID", value_name = "UID", value_parser = uid)]
    pub(crate) pod_uid: Option<colvin_dra_driver::Uid>,
}

/// When devices are offered to resource claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Off,
}

fn uid(text: &str) -> Result<colvin_dra_driver::Uid, String> {
    text.parse()
        .map_err(|error: colvin_dra_driver::InvalidUid| error.to_string())
}
