//! What the configuration says of `host-local`: the keys of that plugin, read strictly. Left to others:
//! giving the addresses out.

use std::io::Read as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use rustix::fs::Access;
use rustix::io::Errno;
use serde_json::Value;

use super::folder::failed;
use super::ranges::{KEYS, Range, RangeSet, sets};
use crate::config::{asked, decode, section};
use crate::{ConfigError, Dns, FolderError, Request, Route};

/// Where reservations are when the configuration does not say.
const DEFAULT_DATA_DIR: &str = "/var/lib/cni/networks";

/// The most that is read of a `resolv.conf`.
const RESOLV_CONF_LIMIT_BYTES: u64 = 64 * 1024;

/// What the configuration says.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// An interface gets one address of each.
    pub(super) sets: Vec<RangeSet>,
    /// Addresses that the runtime asks for, each of one set.
    pub(super) asked: Vec<IpAddr>,
    pub(super) routes: Vec<Route>,
    resolv_conf: Option<PathBuf>,
}

/// Where the reservations of a network are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places {
    /// The folder of all networks.
    pub(super) data_dir: PathBuf,
    /// The folder's name in it.
    pub(super) network: String,
}

impl Places {
    /// Reads where, and nothing else: a `DEL` needs no more.
    ///
    /// # Errors
    /// [`ConfigError`] when the network's name is none, or `dataDir` is no absolute path.
    pub(super) fn read(request: &Request<'_>) -> Result<Self, ConfigError> {
        let network = request.network;
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
        let begins = network.starts_with(|letter: char| letter.is_ascii_alphanumeric());
        if !begins || !network.chars().all(plain) || network.len() > 255 {
            let shown: String = network.chars().take(64).collect();
            return Err(ConfigError::Value {
                key: "name".into(),
                reason: format!("{shown:?} is no network's name ([A-Za-z0-9][A-Za-z0-9_.-]*)"),
            });
        }
        let data_dir: Option<PathBuf> = decode("ipam", request.config.ipam(), "dataDir")?;
        let data_dir = data_dir
            .filter(|path| !path.as_os_str().is_empty())
            .unwrap_or_else(|| DEFAULT_DATA_DIR.into());
        if !data_dir.is_absolute() {
            return Err(ConfigError::Value {
                key: "ipam.dataDir".into(),
                reason: format!("{} must be an absolute path", data_dir.display()),
            });
        }
        Ok(Self {
            data_dir,
            network: network.to_owned(),
        })
    }
}

impl Places {
    /// Whether the folder could be made: whether the nearest folder above that exists may be written to.
    ///
    /// # Errors
    /// [`FolderError`]: why it could not.
    pub(super) fn can_be_made(&self) -> Result<(), FolderError> {
        for folder in self.data_dir.ancestors() {
            match rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK) {
                Ok(()) => return Ok(()),
                Err(Errno::NOENT) => {}
                Err(error) => return Err(failed("write to", folder, error)),
            }
        }
        Ok(())
    }
}

impl Settings {
    /// Reads everything.
    ///
    /// # Errors
    /// [`ConfigError`]: which key cannot work, and why.
    pub(super) fn read(request: &Request<'_>, args: Option<&str>) -> Result<Self, ConfigError> {
        let ipam = request.config.ipam();
        let known = &[KEYS, &["ranges", "routes", "dataDir", "resolvConf"]].concat();
        section(ipam, known)?;
        let own: Vec<Value> = decode("ipam", ipam, "ranges")?;
        let mut all = sets("runtimeConfig.ipRanges", &request.config.ip_ranges()?)?;
        if KEYS.iter().any(|key| ipam.contains_key(*key)) {
            all.push(RangeSet::of("ipam", vec![Range::read("ipam", ipam)?])?);
        }
        all.extend(sets("ipam.ranges", &own)?);
        if all.is_empty() {
            return Err(ConfigError::Missing {
                key: "ipam.ranges".into(),
                reason: "addresses come from ranges ([[{\"subnet\": ..}]])".into(),
            });
        }
        for (at, set) in all.iter().enumerate() {
            if let Some(other) = all.iter().take(at).find(|other| other.overlaps(set)) {
                return Err(ConfigError::Value {
                    key: "ipam.ranges".into(),
                    reason: format!("the sets {other} and {set} overlap"),
                });
            }
        }
        let resolv_conf: Option<PathBuf> = decode("ipam", ipam, "resolvConf")?;
        Ok(Self {
            asked: addresses_asked_for(request, args, &all)?,
            sets: all,
            routes: decode("ipam", ipam, "routes")?,
            resolv_conf: resolv_conf.filter(|path| !path.as_os_str().is_empty()),
        })
    }

    /// How names are resolved, by the file that `resolvConf` names.
    ///
    /// # Errors
    /// [`FolderError`] when there is no such file.
    pub(super) fn dns(&self) -> Result<Dns, FolderError> {
        match &self.resolv_conf {
            None => Ok(Dns::default()),
            Some(path) => Ok(resolv_conf(&read(path)?)),
        }
    }
}

/// All places where a runtime may ask for addresses are heard, as the plugin does.
fn addresses_asked_for(
    request: &Request<'_>,
    args: Option<&str>,
    sets: &[RangeSet],
) -> Result<Vec<IpAddr>, ConfigError> {
    let asked = asked(request.config, args)?;
    let places = [
        ("CNI_ARGS IP", asked.variable),
        ("args.cni.ips", asked.args),
        ("runtimeConfig.ips", asked.runtime),
    ];
    let mut all = Vec::new();
    for (key, texts) in places {
        for text in texts {
            let wrong = |reason: &str| ConfigError::Value {
                key: key.into(),
                reason: format!("{:?} {reason}", text.chars().take(64).collect::<String>()),
            };
            // with a prefix, as other plugins take it, or without
            let bare = text.split_once('/').map_or(text.as_str(), |(bare, _)| bare);
            let address: IpAddr = bare.parse().ok().ok_or_else(|| wrong("is no IP address"))?;
            let address = address.to_canonical();
            let range = sets.iter().find_map(|set| set.range_of(address));
            match range {
                None => return Err(wrong("is in none of the ranges")),
                Some(range) if range.gateway() == address => {
                    return Err(wrong("is the gateway of its range"));
                }
                Some(_) if all.contains(&address) => {}
                Some(_) => all.push(address),
            }
        }
    }
    Ok(all)
}

fn read(path: &Path) -> Result<String, FolderError> {
    let failed = |source| FolderError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(RESOLV_CONF_LIMIT_BYTES)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn resolv_conf(text: &str) -> Dns {
    let mut dns = Dns::default();
    for line in text.lines().map(str::trim) {
        let mut words = line.split_whitespace().map(str::to_owned);
        match (words.next().as_deref(), words.next()) {
            (Some("nameserver"), Some(server)) => dns.nameservers.push(server),
            (Some("domain"), Some(domain)) => dns.domain = Some(domain),
            (Some("search"), Some(first)) => {
                dns.search.push(first);
                dns.search.extend(words);
            }
            (Some("options"), Some(first)) => {
                dns.options.push(first);
                dns.options.extend(words);
            }
            _ => {}
        }
    }
    dns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolver_file_is_read_line_by_line() {
        let text = "# of the node\nnameserver 192.0.2.1\n nameserver 192.0.2.2 \n\
                    search a.example b.example\noptions ndots:5 edns0\ndomain example\nnameserver\n";
        let dns = resolv_conf(text);
        assert_eq!(dns.nameservers, ["192.0.2.1", "192.0.2.2"]);
        assert_eq!(dns.search, ["a.example", "b.example"]);
        assert_eq!(dns.options, ["ndots:5", "edns0"]);
        assert_eq!(dns.domain.as_deref(), Some("example"));
    }
}
