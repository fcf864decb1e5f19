//! The programs of a control plane and their flags.
//!
//! Left to others: when they are started and stopped (`kube.rs`).

use std::path::{Path, PathBuf};
use std::process::Command;

use super::pki::{Identity, Pki};

/// What every component is told: where things are.
#[derive(Debug)]
pub(super) struct Layout {
    /// The program that is every component.
    pub(super) kube: PathBuf,
    /// Data, certificates, logs.
    pub(super) folder: PathBuf,
    pub(super) pki: Pki,
    pub(super) ports: Ports,
}

/// The ports of loopback that the components listen on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ports {
    pub(super) etcd: u16,
    pub(super) etcd_peers: u16,
    pub(super) api_server: u16,
    pub(super) controller_manager: u16,
    pub(super) scheduler: u16,
}

impl Layout {
    /// Where the API server writes what it was asked.
    pub(super) fn audit_log(&self) -> PathBuf {
        self.folder.join("audit.log")
    }

    /// What the API server writes into its audit log.
    pub(super) fn audit_policy(&self) -> PathBuf {
        self.folder.join("audit-policy.yaml")
    }

    fn component(&self, name: &str) -> Flags {
        let mut command = Command::new(&self.kube);
        command.arg(name);
        Flags(command)
    }

    fn etcd_address(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.etcd)
    }

    /// One member, which does not wait for the disk: nothing outlives the test.
    pub(super) fn etcd(&self) -> Command {
        let client = self.etcd_address();
        let peer = format!("http://127.0.0.1:{}", self.ports.etcd_peers);
        self.component("etcd")
            .path("data-dir", &self.folder.join("etcd"))
            .flag("listen-client-urls", &client)
            .flag("advertise-client-urls", &client)
            .flag("listen-peer-urls", &peer)
            .flag("initial-advertise-peer-urls", &peer)
            .flag("initial-cluster", &format!("default={peer}"))
            .flag("unsafe-no-fsync", "true")
            .flag("log-level", "warn")
            .0
    }

    /// The names of the real nodes, each of which is a port of loopback, as a hosts file.
    pub(super) fn hosts(&self) -> PathBuf {
        self.folder.join("hosts")
    }

    /// The API server as clusters run it, with roles and node restriction on. No controller
    /// writes endpoints of the `kubernetes` service.
    pub(super) fn api_server(&self, more: &[String]) -> Command {
        let Identity { certificate, key } = &self.pki.api_server;
        let mut command = self
            .component("kube-apiserver")
            .flag("etcd-servers", &self.etcd_address())
            .flag("bind-address", "127.0.0.1")
            .flag("advertise-address", "10.0.2.2")
            .flag("secure-port", &self.ports.api_server.to_string())
            .path("tls-cert-file", certificate)
            .path("tls-private-key-file", key)
            .path("client-ca-file", &self.pki.authority)
            .flag("authorization-mode", "Node,RBAC")
            .flag("enable-admission-plugins", "NodeRestriction")
            .flag(
                "service-account-issuer",
                "https://kubernetes.default.svc.cluster.local",
            )
            .path("service-account-key-file", &self.pki.token_verifier)
            .path("service-account-signing-key-file", &self.pki.token_signer)
            .flag("service-cluster-ip-range", "10.96.0.0/16")
            .flag("endpoint-reconciler-type", "none")
            .flag("allow-privileged", "true")
            .path("cert-dir", &self.folder.join("made-certificates"))
            .path("audit-policy-file", &self.audit_policy())
            .path("audit-log-path", &self.audit_log())
            .0;
        if !self.pki.kubelets.is_empty() {
            command = self.with_kubelets(&command);
        }
        command.args(more);
        command
    }

    /// The API server with a hosts file of its own, so that it finds the kubelets by their nodes' names.
    fn with_kubelets(&self, api_server: &Command) -> Command {
        let Identity { certificate, key } = &self.pki.admin;
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-c"])
            .arg(r#"mount --bind "$0" /etc/hosts && exec "$@""#)
            .arg(self.hosts())
            .arg(api_server.get_program())
            .args(api_server.get_args());
        Flags(command)
            .flag("kubelet-preferred-address-types", "Hostname")
            .path("kubelet-client-certificate", certificate)
            .path("kubelet-client-key", key)
            .0
    }

    pub(super) fn controller_manager(&self, kubeconfig: &Path) -> Command {
        // without kubelets nodes are objects: it would evict their pods
        let controllers = if self.pki.kubelets.is_empty() {
            "*,-node-lifecycle-controller"
        } else {
            "*"
        };
        self.component("kube-controller-manager")
            .path("kubeconfig", kubeconfig)
            .flag("bind-address", "127.0.0.1")
            .flag("secure-port", &self.ports.controller_manager.to_string())
            .path("service-account-private-key-file", &self.pki.token_signer)
            .path("root-ca-file", &self.pki.authority)
            .flag("use-service-account-credentials", "true")
            .flag("leader-elect", "false")
            .flag("controllers", controllers)
            .path("cert-dir", &self.folder.join("made-certificates"))
            .0
    }

    pub(super) fn scheduler(&self, kubeconfig: &Path) -> Command {
        self.component("kube-scheduler")
            .path("kubeconfig", kubeconfig)
            .flag("bind-address", "127.0.0.1")
            .flag("secure-port", &self.ports.scheduler.to_string())
            .flag("leader-elect", "false")
            .path("cert-dir", &self.folder.join("made-certificates"))
            .0
    }
}

/// A command that is given flags of the form `--name=value`.
struct Flags(Command);

impl Flags {
    fn flag(mut self, name: &str, value: &str) -> Self {
        self.0.arg(format!("--{name}={value}"));
        self
    }

    fn path(self, name: &str, value: &Path) -> Self {
        self.flag(name, &value.display().to_string())
    }
}
