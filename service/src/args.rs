//! The flags that both programs have, with their environment variables.
//!
//! Left to others: the programs' own flags, and the default address of their admin port.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tracing_subscriber::filter::Targets;

/// What is logged, and how.
#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    /// How log lines are written
    #[arg(long, env = "COLVIN_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// What is logged: error, warn, info, debug or trace; also by target, as in info,kube=debug
    #[arg(long, env = "COLVIN_LOG_LEVEL", default_value = "info")]
    pub log_level: Targets,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line of text each, for people.
    Text,
    /// One JSON object each, for programs.
    Json,
}

/// The admin port.
///
/// It has no default of its own: a program gives one by
/// `#[command(mut_arg("admin_address", |arg| arg.required(false).default_value("…")))]`.
#[derive(Args, Clone, Debug)]
pub struct AdminArgs {
    /// Where /healthz, /readyz and /metrics are served
    #[arg(long, env = "COLVIN_ADMIN_ADDRESS", value_name = "ADDRESS:PORT")]
    pub admin_address: SocketAddr,
    /// Who may read /metrics
    #[arg(long, env = "COLVIN_METRICS_ACCESS", value_enum, default_value_t = MetricsAccess::Token)]
    pub metrics_access: MetricsAccess,
}

/// Who may read `/metrics`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MetricsAccess {
    /// Who has a token that the cluster allows to get /metrics.
    Token,
    /// Everybody who reaches the port.
    Open,
}

/// Which cluster.
#[derive(Args, Clone, Debug, Default)]
pub struct ClusterArgs {
    /// The kubeconfig file; several with `:` between are merged. Without one, the cluster this runs in
    #[arg(long, env = "KUBECONFIG", value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    #[command(mut_arg("admin_address", |arg| arg.required(false).default_value("127.0.0.1:9809")))]
    struct Program {
        #[command(flatten)]
        log: LogArgs,
        #[command(flatten)]
        admin: AdminArgs,
        #[command(flatten)]
        cluster: ClusterArgs,
    }

    #[test]
    fn a_program_gives_the_admin_port_its_default() {
        let program = Program::parse_from(["program"]);
        assert_eq!(
            program.admin.admin_address,
            "127.0.0.1:9809".parse().unwrap()
        );
        assert_eq!(program.admin.metrics_access, MetricsAccess::Token);
        assert_eq!(program.log.log_format, LogFormat::Text);
        assert_eq!(program.log.log_level.to_string(), "info");
        assert_eq!(program.cluster.kubeconfig, None);
    }

    #[test]
    fn flags_win_over_defaults() {
        let program = Program::parse_from([
            "program",
            "--admin-address=[::1]:1",
            "--metrics-access=open",
            "--log-format=json",
            "--log-level=warn,kube=debug",
            "--kubeconfig=/etc/admin.conf",
        ]);
        assert_eq!(program.admin.admin_address, "[::1]:1".parse().unwrap());
        assert_eq!(program.admin.metrics_access, MetricsAccess::Open);
        assert_eq!(program.log.log_format, LogFormat::Json);
        assert_eq!(program.log.log_level.to_string(), "kube=debug,warn");
        assert_eq!(program.cluster.kubeconfig, Some("/etc/admin.conf".into()));
    }

    #[test]
    fn a_level_that_does_not_exist_is_refused() {
        assert!(Program::try_parse_from(["program", "--log-level=info,=x=y"]).is_err());
    }
}
