//! A folder with the reservations of one network, and calls on it. Left to others: what is right.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use colvin_ipam::{Attachment, IpamError, Lease, Owner, RawConfig, Request};
use tempfile::TempDir;

/// A network of a node.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    folder: Arc<TempDir>,
    config: String,
    network: String,
    args: Option<String>,
    boot_id: String,
    pub(crate) limit: Duration,
}

impl Site {
    /// A network with this `ipam`, in which `DIR` stands for the folder.
    pub(crate) fn new(ipam: &str) -> Self {
        let site = Self {
            folder: Arc::new(TempDir::new().unwrap()),
            config: String::new(),
            network: "net".into(),
            args: None,
            boot_id: "first".into(),
            limit: Duration::from_secs(20),
        };
        site.with(ipam)
    }

    /// The same folder with another `ipam`.
    pub(crate) fn with(&self, ipam: &str) -> Self {
        let ipam = ipam.replace("DIR", &self.data_dir().display().to_string());
        Self {
            config: format!(r#"{{"cniVersion": "1.1.0", "name": "net", "ipam": {ipam}}}"#),
            ..self.clone()
        }
    }

    /// With more keys beside `ipam`.
    pub(crate) fn extended(&self, keys: &str) -> Self {
        let config = self.config.strip_suffix('}').unwrap();
        Self {
            config: format!("{config}, {keys}}}"),
            ..self.clone()
        }
    }

    /// The same with `CNI_ARGS`.
    pub(crate) fn with_args(&self, args: &str) -> Self {
        Self {
            args: Some(args.into()),
            ..self.clone()
        }
    }

    /// The same under another network's name.
    pub(crate) fn named(&self, network: &str) -> Self {
        Self {
            network: network.into(),
            ..self.clone()
        }
    }

    /// The same after the machine was started again.
    pub(crate) fn restarted(&self, boot_id: &str) -> Self {
        Self {
            boot_id: boot_id.into(),
            ..self.clone()
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The network's own folder.
    pub(crate) fn network_dir(&self) -> PathBuf {
        self.data_dir().join("net")
    }

    pub(crate) fn ask<T>(
        &self,
        ask: impl FnOnce(&Request<'_>) -> Result<T, IpamError>,
    ) -> Result<T, IpamError> {
        let config = RawConfig::new(self.config.as_str()).map_err(IpamError::from)?;
        ask(&Request {
            network: &self.network,
            config: &config,
            cni_path: &[],
            limit: self.limit,
            boot_id: &self.boot_id,
        })
    }

    fn attachment<'a>(&'a self, container_id: &'a str) -> Attachment<'a> {
        Attachment {
            container_id,
            ifname: "eth0",
            netns: None,
            args: self.args.as_deref(),
        }
    }

    pub(crate) fn add(&self, container: &str) -> Result<Lease, IpamError> {
        self.ask(|request| colvin_ipam::add(request, &self.attachment(container)))
    }

    /// The addresses that an `ADD` gives.
    pub(crate) fn ips(&self, container: &str) -> Vec<String> {
        let lease = self.add(container).unwrap();
        lease.ips.iter().map(|ip| ip.address.to_string()).collect()
    }

    pub(crate) fn check(&self, container: &str, lease: Option<&Lease>) -> Result<(), IpamError> {
        self.ask(|request| colvin_ipam::check(request, &self.attachment(container), lease))
    }

    pub(crate) fn del(&self, container: &str) -> Result<(), IpamError> {
        self.ask(|request| colvin_ipam::del(request, &self.attachment(container)))
    }

    pub(crate) fn status(&self) -> Result<(), IpamError> {
        self.ask(colvin_ipam::status)
    }

    pub(crate) fn gc(&self, valid: Option<&[Owner]>) -> Result<Vec<Owner>, IpamError> {
        self.ask(|request| colvin_ipam::gc(request, valid))
    }

    /// The names of all files of the network, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.network_dir()) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Each reserved address with what its file says, sorted.
    pub(crate) fn reservations(&self) -> Vec<String> {
        let addresses = self.files().into_iter();
        let addresses = addresses.filter(|name| name.parse::<std::net::IpAddr>().is_ok());
        addresses
            .map(|name| {
                let text = fs::read_to_string(self.network_dir().join(&name)).unwrap();
                format!("{name} {text}")
            })
            .collect()
    }

    /// Writes a file of the network, as another program.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.network_dir().join(name), text).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.network_dir().join(name)).unwrap();
    }
}
