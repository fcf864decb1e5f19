//! The Kubernetes bench: a real control plane on loopback, ready in seconds, that ends with its
//! guard and with this process however that ends. Roles, node restriction and admission are on.
//! Nodes and pods are objects, our agents are programs that the test starts, unless there are real
//! nodes ([`Options::nodes`], [`crate::node`]).
//!
//! It needs the programs that `cargo xtask kube --build` makes ([`binaries`]), no network, and root
//! for real nodes only. A control plane of its own costs a test some seconds: tests of one kind share one.
//!
//! Left to others: what is installed and judged.

mod api_server;
mod audit;
pub mod binaries;
mod components;
mod etcd;
mod forward;
mod joining;
mod kubeconfig;
mod objects;
mod pki;
mod ports;
mod program;
mod tools;
mod usage;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result};
use serde_json::Value;
use tempfile::TempDir;

use crate::netns::Netns;
use crate::vm::VmConfig;
use crate::vm::process::{checked, folder, progress, sweep_folders};
use components::{Layout, Ports};
use pki::Pki;

pub use audit::Request;
pub use forward::Forward;
pub use joining::Joining;
pub use program::Program;
pub use usage::{cpu_of, rss_of};

/// What a control plane has beside etcd and the API server.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Start the controller manager: default service accounts, garbage collection, ends of
    /// namespaces. Without it a namespace that is deleted stays `Terminating`. Its controller of
    /// nodes' lives is off where no kubelet renews them.
    pub controller_manager: bool,
    /// Start the scheduler.
    pub scheduler: bool,
    /// The names of real nodes that may join: each gets an identity and a way to its kubelet.
    pub nodes: Vec<String>,
    /// More flags for the API server, such as `--watch-cache=false`.
    pub api_server_flags: Vec<String>,
}

/// A control plane.
#[derive(Debug)]
pub struct ControlPlane {
    layout: Layout,
    options: Options,
    admin: PathBuf,
    /// Numbers files, so that none is written twice.
    files: AtomicU32,
    etcd: Program,
    /// `None` during an outage.
    api_server: Option<Program>,
    others: Vec<Program>,
    // last, so that it goes when nobody writes into it any more
    folder: TempDir,
}

impl ControlPlane {
    /// Starts a control plane and waits until it is ready: the API server says so, and the
    /// namespace `default` is there (and its service account, where the controller manager runs).
    ///
    /// # Errors
    /// When the programs are not built, or one does not get ready: then with its log.
    pub fn start(options: &Options) -> Result<Self> {
        sweep_folders()?;
        let begun = Instant::now();
        let folder = folder("kube")?;
        let [etcd, etcd_peers, api_server, controller_manager, scheduler] = ports::free()?;
        let layout = Layout {
            kube: binaries::kube()?,
            folder: folder.path().to_owned(),
            pki: Pki::make(&folder.path().join("pki"), &options.nodes)?,
            ports: Ports {
                etcd,
                etcd_peers,
                api_server,
                controller_manager,
                scheduler,
            },
        };
        fs::write(layout.audit_policy(), audit::POLICY).context("writing the audit policy")?;
        fs::write(layout.hosts(), joining::hosts(&options.nodes)).context("writing the hosts")?;
        let log = layout.folder.join("etcd.log");
        let etcd = Program::start("etcd", &layout.etcd(), &log)?;
        let mut plane = Self {
            layout,
            options: options.clone(),
            admin: folder.path().join("admin.kubeconfig"),
            files: AtomicU32::new(0),
            etcd,
            api_server: None,
            others: Vec::new(),
            folder,
        };
        let user = kubeconfig::by_certificate(&plane.layout.pki.admin);
        plane.write_kubeconfig("admin.kubeconfig", &user)?;
        plane.start_api_server()?;
        plane.start_others()?;
        let took = begun.elapsed().as_secs_f32();
        progress(&format!("a control plane, after {took:.1} s"));
        Ok(plane)
    }

    fn start_others(&mut self) -> Result<()> {
        if self.options.controller_manager {
            let user = kubeconfig::by_certificate(&self.layout.pki.controller_manager);
            let config = self.write_kubeconfig("controllers.kubeconfig", &user)?;
            let command = self.layout.controller_manager(&config);
            self.others
                .push(self.program("kube-controller-manager", &command)?);
            self.wait_until_served("/api/v1/namespaces/default/serviceaccounts/default")?;
        }
        if self.options.scheduler {
            let user = kubeconfig::by_certificate(&self.layout.pki.scheduler);
            let config = self.write_kubeconfig("scheduler.kubeconfig", &user)?;
            let command = self.layout.scheduler(&config);
            self.others.push(self.program("kube-scheduler", &command)?);
        }
        Ok(())
    }

    /// The API server's address, `https://127.0.0.1:PORT`.
    pub fn server(&self) -> String {
        format!("https://127.0.0.1:{}", self.layout.ports.api_server)
    }

    /// The folder of this control plane: logs, certificates, kubeconfigs. A test may add its own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The kubeconfig of a member of `system:masters`, who may do everything.
    pub fn kubeconfig(&self) -> &Path {
        &self.admin
    }

    /// The kubeconfig of whoever has this token.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn kubeconfig_for_token(&self, token: &str) -> Result<PathBuf> {
        let name = self.new_file("token", "kubeconfig");
        self.write_kubeconfig(&name, &kubeconfig::by_token(token))
    }

    /// The same for a program in a guest with a management NIC: the server is where such a guest
    /// sees it, once [`ControlPlane::reach_from`] has made it reachable from the guest's namespace.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn kubeconfig_for_guest(&self, token: &str) -> Result<PathBuf> {
        let path = self.folder().join(self.new_file("guest", "kubeconfig"));
        let port = self.layout.ports.api_server;
        let server = format!("https://{}:{port}", VmConfig::HOST);
        let user = kubeconfig::by_token(token);
        kubeconfig::write(&path, &server, &self.layout.pki.authority, &user)
    }

    /// The kubeconfig of a user of this name in these groups, for whom the administrator acts; the
    /// server treats it as the user itself, also in `system:authenticated`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn kubeconfig_for_user(&self, name: &str, groups: &[&str]) -> Result<PathBuf> {
        let user = kubeconfig::acting_for(&self.layout.pki.admin, name, groups);
        let file = self.new_file("user", "kubeconfig");
        self.write_kubeconfig(&file, &user)
    }

    fn write_kubeconfig(&self, file: &str, user: &Value) -> Result<PathBuf> {
        let path = self.folder().join(file);
        kubeconfig::write(&path, &self.server(), &self.layout.pki.authority, user)
    }

    /// A name in the folder that was not given out before.
    fn new_file(&self, kind: &str, extension: &str) -> String {
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        format!("{kind}-{number}.{extension}")
    }

    /// Starts a program of ours with its log in this folder; arguments and variables are the
    /// command's ([`Program::start`]). The caller owns it: dropped, it ends.
    ///
    /// # Errors
    /// As [`Program::start`].
    pub fn program(&self, name: &str, command: &Command) -> Result<Program> {
        let log = self.folder().join(self.new_file(name, "log"));
        Program::start(name, command, &log)
    }

    /// Makes the API server reachable inside a namespace under the same address, so that the
    /// kubeconfigs serve there too. One per namespace.
    ///
    /// # Errors
    /// When the namespace cannot be entered or the port is taken in it.
    pub fn reach_from(&self, netns: &Netns) -> Result<Forward> {
        Forward::start(netns, self.layout.ports.api_server)
    }

    /// Drops etcd's history up to now. A list or watch that asks etcd for an older revision gets
    /// 410. The API server answers watches from memory, as far back as it has been running (75 s at
    /// least): only when it starts again after this has it forgotten, and an old watch gets its 410.
    ///
    /// # Errors
    /// When etcd refuses.
    pub fn compact(&self) -> Result<()> {
        etcd::compact(self.layout.ports.etcd)
    }

    /// The requests that the API server has answered since the start and that `wanted` accepts, in
    /// the order of their arrival; those of kubectl and of readiness are among them. A line of the
    /// audit log may come a moment after the answer: wait for it.
    ///
    /// # Errors
    /// When the audit log cannot be read.
    pub fn api_requests(&self, wanted: impl Fn(&Request) -> bool) -> Result<Vec<Request>> {
        let log = fs::read_to_string(self.layout.audit_log()).context("reading the audit log")?;
        let mut requests = audit::requests(&log)?;
        requests.retain(wanted);
        Ok(requests)
    }
}

impl Drop for ControlPlane {
    fn drop(&mut self) {
        // nothing of it is kept, so nobody has to end kindly; what fails here ends with its tether
        let all = self.others.iter_mut().chain(&mut self.api_server);
        for program in all.chain([&mut self.etcd]) {
            drop(program.kill());
        }
        if std::thread::panicking() {
            // to be read; the next bench removes it
            self.folder.disable_cleanup(true);
        }
    }
}
