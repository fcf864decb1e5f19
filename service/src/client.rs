//! The connection to the API server, set up alike in both programs.
//!
//! Left to others: what is asked, retrying it, and how long one question may take ([`REQUEST_LIMIT`]
//! is what we wait for an answer that is no watch).

use std::path::Path;
use std::time::Duration;

use axum::http::HeaderValue;
use axum::http::header::USER_AGENT;
use kube::config::{InferConfigError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};

use crate::args::ClusterArgs;

/// How long a request that is no watch may take: the API server gives up after 60 s itself.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(30);

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// Above the longest silence of a watch, which has a bookmark each minute and ends after 290 s.
const SILENCE_LIMIT: Duration = Duration::from_mins(5);

/// There is no way to talk to the cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The kubeconfig that was named cannot be used.
    #[error("cannot use kubeconfig {path}")]
    Kubeconfig {
        /// What was named.
        path: String,
        /// Why.
        source: KubeconfigError,
    },
    /// No kubeconfig was named, there is none at home, and this is no pod.
    #[error("no cluster found")]
    NoCluster(#[source] Box<InferConfigError>),
    /// The program's name or version cannot stand in a header.
    #[error("{0} is no user agent")]
    UserAgent(String),
    /// The certificates or the address do not serve.
    #[error("cannot set up the connection")]
    Setup(#[source] kube::Error),
}

/// Sets up a client for the cluster that the arguments name, else for the one this pod runs in.
///
/// The user agent is `program/version`. Nothing is sent yet. A request that fails is not sent again:
/// who asked counts the failure and waits.
///
/// # Errors
/// [`ClientError`] when no configuration is found, or it cannot be used.
pub async fn connect(
    cluster: &ClusterArgs,
    program: &str,
    version: &str,
) -> Result<Client, ClientError> {
    let config = configure(cluster, program, version).await?;
    Client::try_from(config).map_err(ClientError::Setup)
}

/// As [`connect`], for questions whose answer is worthless after `limit`: no watch lives that long.
///
/// # Errors
/// As [`connect`].
pub async fn connect_hasty(
    cluster: &ClusterArgs,
    program: &str,
    version: &str,
    limit: Duration,
) -> Result<Client, ClientError> {
    let mut config = configure(cluster, program, version).await?;
    config.connect_timeout = Some(limit);
    config.read_timeout = Some(limit);
    config.write_timeout = Some(limit);
    Client::try_from(config).map_err(ClientError::Setup)
}

async fn configure(
    cluster: &ClusterArgs,
    program: &str,
    version: &str,
) -> Result<Config, ClientError> {
    let mut config = match &cluster.kubeconfig {
        Some(path) => from_files(path).await?,
        None => Config::infer()
            .await
            .map_err(|error| ClientError::NoCluster(Box::new(error)))?,
    };
    let agent = format!("{program}/{version}");
    match HeaderValue::from_str(&agent) {
        Ok(value) => config.headers.push((USER_AGENT, value)),
        Err(_not_a_header) => return Err(ClientError::UserAgent(agent)),
    }
    config.connect_timeout = Some(CONNECT_LIMIT);
    config.read_timeout = Some(SILENCE_LIMIT);
    config.reset_reader_on_write = true;
    config.write_timeout = Some(REQUEST_LIMIT);
    config.default_retry = false;
    Ok(config)
}

/// As `KUBECONFIG` is read: several files with `:` between are merged, the first wins.
async fn from_files(path: &Path) -> Result<Config, ClientError> {
    let failed = |source| ClientError::Kubeconfig {
        path: path.display().to_string(),
        source,
    };
    let mut merged = Kubeconfig::default();
    for file in std::env::split_paths(path) {
        let next = Kubeconfig::read_from(file).map_err(failed)?;
        merged = merged.merge(next).map_err(failed)?;
    }
    let options = KubeConfigOptions::default();
    Config::from_custom_kubeconfig(merged, &options)
        .await
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_kubeconfig_that_is_not_there_is_named() {
        let cluster = ClusterArgs {
            kubeconfig: Some("/nowhere/admin.conf".into()),
        };
        let error = connect(&cluster, "colvin-test", "0").await.err().unwrap();
        assert_eq!(
            error.to_string(),
            "cannot use kubeconfig /nowhere/admin.conf"
        );
    }
}
