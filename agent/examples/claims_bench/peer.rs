//! dranet as its makers release it, and the runtime's end of NRI without which it does not serve.
//!
//! It is told to publish what it leaves out by default (ends of veths), and to look for no cloud. Left to others: building
//! the two programs, and what dranet is asked.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use colvin_testkit::kubelet::dra::{DraKubelet, Options};

use crate::driver::{Prepared, in_memory};
use crate::machine::MadeMachine;
use crate::world::World;

/// As slices call it.
pub(crate) const NAME: &str = "dra.net";

/// What its requests begin with.
pub(crate) const AGENT: &str = "dranet";

/// Where it looks for NRI.
const NRI: &str = "/var/run/nri/nri.sock";

/// How long NRI may take to be there.
const LIMIT: Duration = Duration::from_secs(20);

/// Its programs.
pub(crate) struct Programs {
    dranet: PathBuf,
    nri: PathBuf,
}

impl Programs {
    /// Those in this folder.
    pub(crate) fn in_folder(folder: &Path) -> Result<Self> {
        // it is another folder that they are started in
        let folder = std::path::absolute(folder).context("the folder of dranet")?;
        let [dranet, nri] = ["dranet", "nri"].map(|name| folder.join(name));
        for program in [&dranet, &nri] {
            ensure!(program.is_file(), "{} is missing", program.display());
        }
        Ok(Self { dranet, nri })
    }

    /// All that takes time before the start.
    pub(crate) fn prepare(&self, world: &World, machine: &MadeMachine) -> Result<Prepared> {
        let plane = &world.bench.plane;
        let state = tempfile::tempdir().context("making a folder for dranet")?;
        let run = in_memory()?;
        let kubelet = DraKubelet::start(Options::default())?;
        let mut nri = machine.inside(&self.nri);
        nri.arg(NRI);
        let mut nri = plane.program("nri", &nri)?;
        nri.wait_for_log("serving", LIMIT)?;
        let mut command = machine.inside(&self.dranet);
        let flag = |name: &str, value: &dyn AsRef<OsStr>| {
            let mut flag = std::ffi::OsString::from(format!("--{name}="));
            flag.push(value);
            flag
        };
        command
            .arg(flag("kubeconfig", &plane.kubeconfig()))
            .arg(flag("hostname-override", &machine.node))
            .arg(flag("kubelet-root-dir", &kubelet.folder()))
            .arg(flag("db-path", &run.path().join("dranet.db")))
            .arg(flag("bind-address", &"127.0.0.1:9177"))
            .arg(flag("cloud-provider-hint", &"NONE"))
            .arg(flag("filter", &""))
            // it leaves a file there
            .env("TMPDIR", state.path());
        Ok(Prepared {
            name: NAME,
            agent: AGENT,
            command,
            beside: Some(nri),
            kubelet,
            state,
            run,
        })
    }
}
