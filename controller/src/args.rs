//! The controller's flags. [`crate::wiring`] takes them apart: one that is forgotten does not compile.
//!
//! Left to others: the flags that all programs have.

use clap::Parser;
use colvin_service::{AdminArgs, ClusterArgs, LogArgs};

/// The cluster's one controller: Network status and events.
#[derive(Parser, Clone, Debug)]
#[command(version, mut_arg("admin_address", |arg| arg.required(false).default_value("0.0.0.0:9809")))]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) log: LogArgs,
    #[command(flatten)]
    pub(crate) admin: AdminArgs,
    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,
    #[command(flatten)]
    pub(crate) lease: LeaseArgs,
}

/// The lease that one of several replicas holds.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct LeaseArgs {
    /// The namespace of the lease
    #[arg(long, env = "COLVIN_LEASE_NAMESPACE", default_value = "colvin-system")]
    pub(crate) lease_namespace: String,
    /// The name of the lease
    #[arg(long, env = "COLVIN_LEASE_NAME", default_value = "colvin-controller")]
    pub(crate) lease_name: String,
    /// What this replica calls itself, such as the name of its pod; one of chance when absent
    #[arg(long, env = "COLVIN_IDENTITY")]
    pub(crate) identity: Option<String>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_page_of_the_flags_is_fresh() {
        let flags = colvin_service::reference::flags(Args::command());
        let page = format!(
            "# The `colvin-controller` program\n\n\
             The cluster's one controller. The chart runs two, of which one holds the lease and writes; \
             `controller.extraArgs` takes any flag that its values have no word for.\n\n\
             A flag wins over its environment variable. Made from `controller/src/args.rs`.\n\n{flags}"
        );
        let kept = colvin_testkit::page::kept("docs/reference/controller.md", &page).unwrap();
        let stale = "stale: COLVIN_UPDATE=1 cargo test -p colvin-controller the_page_of_the_flags";
        assert_eq!(kept, page, "{stale}");
    }

    #[test]
    fn the_declaration_of_flags_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn without_flags_it_serves_the_admin_port_and_takes_the_lease_of_the_chart() {
        let args = Args::parse_from(["colvin-controller"]);
        assert_eq!(args.admin.admin_address, "0.0.0.0:9809".parse().unwrap());
        assert_eq!(args.lease.lease_namespace, "colvin-system");
        assert_eq!(args.lease.lease_name, "colvin-controller");
    }
}
