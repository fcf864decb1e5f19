//! Made machines: a sysfs tree of PFs and VFs, and a namespace in which some of their netdevs are ends of veths, which have
//! a carrier as long as the far ends are up.
//!
//! Whoever reads `/sys` itself finds the tree there in the namespace's own mounts ([`MadeMachine::inside`]). Left to others:
//! what is said of the links.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use colvin_testkit::kube::Forward;
use colvin_testkit::netns::Netns;
use colvin_testkit::tree::{TreeSpec, generate};
use tempfile::TempDir;

use crate::world::World;

/// What the indexes of real links begin with: no other netdev of the tree has one of them.
const FIRST_INDEX: usize = 5000;

/// A machine, and the node that it plays.
pub(crate) struct MadeMachine {
    pub(crate) node: &'static str,
    pub(crate) spec: TreeSpec,
    pub(crate) netns: Netns,
    far: Netns,
    tree: TempDir,
    _way: Forward,
}

impl MadeMachine {
    /// 4 PFs of 256 VFs, whose cables are real.
    pub(crate) fn large(world: &World) -> Result<Self> {
        let spec = TreeSpec::ice(4, 256);
        let functions = (0..4).map(|pf| pf * 257 + 1);
        Self::make(world, "node-a", spec, functions.collect())
    }

    /// One PF of 120 VFs, whose netdevs are all real: with the PF as many as fit into one slice.
    pub(crate) fn small(world: &World) -> Result<Self> {
        let spec = TreeSpec::ice(1, 120);
        Self::make(world, "node-b", spec, (1..=121).collect())
    }

    fn make(
        world: &World,
        node: &'static str,
        spec: TreeSpec,
        functions: Vec<usize>,
    ) -> Result<Self> {
        let tree = tempfile::tempdir().context("making a folder for a machine")?;
        generate(tree.path(), spec)?;
        // to what a VF's `driver` leads must be there for dranet
        let driver = tree.path().join("sys/bus/pci/drivers/iavf");
        fs::create_dir_all(driver).context("making the driver of VFs")?;
        let (netns, far) = (Netns::new()?, Netns::new()?);
        let (mut near_lines, mut far_lines) = (String::new(), String::new());
        let holder = holder(&far)?;
        for function in functions {
            let index = FIRST_INDEX + function;
            bear(tree.path(), function, index)?;
            writeln!(
                near_lines,
                "link add name eth{function} index {index} type veth peer name far{function} netns {holder}\n\
                 link set eth{function} up"
            )?;
            writeln!(far_lines, "link set far{function} up")?;
        }
        netns.ip_batch(&near_lines)?;
        far.ip_batch(&far_lines)?;
        let way = world.bench.plane.reach_from(&netns)?;
        let machine = Self {
            node,
            spec,
            netns,
            far,
            tree,
            _way: way,
        };
        machine.mount()?;
        Ok(machine)
    }

    /// The folder that has its `sys`.
    pub(crate) fn root(&self) -> &Path {
        self.tree.path()
    }

    /// VFs of all PFs.
    pub(crate) fn functions(&self) -> usize {
        self.spec.functions() - usize::from(self.spec.pfs)
    }

    /// The netdev of a PF, counted from 0.
    pub(crate) fn pf(&self, number: usize) -> usize {
        number * (usize::from(self.spec.vfs_per_pf) + 1) + 1
    }

    /// Takes the carrier of a netdev away.
    pub(crate) fn pull(&self, netdev: usize) -> Result<()> {
        self.far.ip(&format!("link set far{netdev} down")).map(drop)
    }

    /// Gives the carriers of these back.
    pub(crate) fn push(&self, netdevs: impl IntoIterator<Item = usize>) -> Result<()> {
        let lines = netdevs
            .into_iter()
            .map(|it| format!("link set far{it} up\n"));
        self.far.ip_batch(&lines.collect::<String>())
    }

    /// A command that runs in the namespace, and has the tree in `/sys` and a `/run` of its own.
    #[expect(
        clippy::disallowed_methods,
        reason = "what is measured is started in its own mounts"
    )]
    pub(crate) fn inside(&self, program: impl AsRef<OsStr>) -> Command {
        let net = self.netns.path();
        let mounts = net.with_file_name("mnt");
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", net.display()));
        command.arg(format!("--mount={}", mounts.display()));
        command.arg("--").arg(program);
        command
    }

    /// Mounts that go with the namespace.
    fn mount(&self) -> Result<()> {
        let mut command = self.inside("sh");
        command.args([
            "-c",
            r#"mount -t tmpfs tmpfs /var/run && mount --bind "$0" /sys"#,
        ]);
        command.arg(self.root().join("sys"));
        self.netns.output_of(command).map(drop)
    }
}

/// Gives a netdev of the tree the index of its link.
fn bear(tree: &Path, function: usize, index: usize) -> Result<()> {
    let netdev: PathBuf = tree.join(format!("sys/class/net/eth{function}"));
    for file in ["ifindex", "iflink"] {
        let path = netdev.join(file);
        fs::write(&path, format!("{index}\n"))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

/// The process that holds a namespace, as `ip` is told of it: its file is `/proc/PID/ns/net`.
fn holder(netns: &Netns) -> Result<String> {
    let path = netns.path();
    let id = path.iter().nth(2).and_then(OsStr::to_str);
    id.map(str::to_owned)
        .context("a namespace without a holder")
}
