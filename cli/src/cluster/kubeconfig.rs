//! Which cluster: the kubeconfig as kubectl has it, or the service account of the pod this runs in.
//!
//! Left to others: talking to it.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};

use crate::args::cluster::Connection;
use crate::nearest::did_you_mean;

/// What to do where there is no cluster to ask.
const REMEDY: &str = "name a kubeconfig with --kubeconfig FILE or KUBECONFIG, or read a file in the cluster's place: \
                      kubectl get nodes,ntopo,cnet -o yaml > dump.yaml, then -f dump.yaml";

/// The cluster that the arguments and the environment name.
///
/// # Errors
/// When there is none, or the kubeconfig cannot be used.
pub(super) async fn config(args: &Connection) -> anyhow::Result<Config> {
    let Some(kubeconfig) = read(args)? else {
        if let Some(context) = &args.context {
            bail!("cannot use the context {context}: there is no kubeconfig; {REMEDY}");
        }
        return Config::incluster()
            .map_err(|_no_pod| anyhow!("there is no kubeconfig, and this is no pod: {REMEDY}"));
    };
    check_context(&kubeconfig, args.context.as_deref())?;
    let options = KubeConfigOptions {
        context: args.context.clone(),
        ..KubeConfigOptions::default()
    };
    Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .context("cannot use the kubeconfig")
}

/// The kubeconfig, or `None` where there is none anywhere.
fn read(args: &Connection) -> anyhow::Result<Option<Kubeconfig>> {
    if let Some(file) = &args.kubeconfig {
        return read_file(file).map(Some);
    }
    if let Some(list) = env::var_os("KUBECONFIG").filter(|list| !list.is_empty()) {
        // as kubectl: of several, those that are not there are passed over
        let files: Vec<PathBuf> = env::split_paths(&list).collect();
        let there = files.iter().filter(|file| file.exists());
        let mut merged: Option<Kubeconfig> = None;
        for file in there {
            let next = read_file(file)?;
            merged = Some(match merged {
                None => next,
                Some(first) => first
                    .merge(next)
                    .with_context(|| format!("cannot merge the kubeconfig {}", file.display()))?,
            });
        }
        if merged.is_none() {
            let list = list.to_string_lossy();
            bail!("KUBECONFIG names {list}, and no such file is there: {REMEDY}");
        }
        return Ok(merged);
    }
    let home = env::home_dir().map(|home| home.join(".kube/config"));
    home.filter(|file| file.exists())
        .map(|file| read_file(&file))
        .transpose()
}

fn read_file(file: &Path) -> anyhow::Result<Kubeconfig> {
    Kubeconfig::read_from(file)
        .map_err(|error| match error {
            kube::config::KubeconfigError::ReadConfig(error, _) => anyhow!(error),
            other => anyhow!(other.to_string()),
        })
        .with_context(|| format!("cannot read the kubeconfig {}", file.display()))
}

/// That the context is there, with the nearest one in the complaint.
fn check_context(kubeconfig: &Kubeconfig, asked: Option<&str>) -> anyhow::Result<()> {
    let known = || {
        kubeconfig
            .contexts
            .iter()
            .map(|context| context.name.as_str())
    };
    match asked.or(kubeconfig.current_context.as_deref()) {
        None | Some("") => {
            let names: Vec<_> = known().collect();
            bail!(
                "the kubeconfig has no current context: choose one with --context ({})",
                names.join(", ")
            )
        }
        Some(name) if known().any(|known| known == name) => Ok(()),
        Some(name) => {
            let hint = did_you_mean(name, known());
            bail!(
                "the kubeconfig has no context {name}{hint}; kubectl config get-contexts lists them"
            )
        }
    }
}
