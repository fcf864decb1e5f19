//! What there is to see from outside, by `ip` and in the folders: links, addresses, routes, leases. The plugin is
//! not asked.
//!
//! Left to others: what should be there.

use crate::{
    bed::{Bed, Pod},
    verdict::{Verdict, fails, must},
};
use anyhow::{Context as _, Result};
use colvin_testkit::netns::Netns;
use serde_json::Value;
use std::{collections::BTreeMap, fmt, fs, io, net::IpAddr};

/// A link, as far as a plugin must leave it as it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Link {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) mac: String,
    pub(crate) mtu: u64,
    pub(crate) up: bool,
    /// `macvlan`'s and `ipvlan`'s mode, `vlan`'s id.
    pub(crate) mode: String,
    alt_names: Vec<String>,
}

/// Host and pods at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Links by where they are: `host`, or a pod's id.
    links: BTreeMap<String, Vec<Link>>,
    leases: BTreeMap<String, String>,
}

impl Bed<'_> {
    /// The addresses that host-local has given of a network, each with whose it is.
    ///
    /// # Errors
    /// When its folder is there and cannot be read.
    pub(crate) fn leases(&self, network: &str) -> Result<BTreeMap<String, String>> {
        let folder = self.leases_folder(network);
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(error).context("listing leases"),
        };
        let mut leases = BTreeMap::new();
        for entry in entries {
            let entry = entry.context("listing leases")?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.parse::<IpAddr>().is_ok() {
                let holder = fs::read_to_string(entry.path()).context("reading a lease")?;
                leases.insert(name, holder.replace("\r\n", " ").trim().to_owned());
            }
        }
        Ok(leases)
    }

    /// Host, pods and leases now.
    ///
    /// # Errors
    /// When something cannot be looked at.
    pub(crate) fn see(&self, pods: &[&Pod]) -> Result<Seen> {
        let mut places = BTreeMap::from([("host".to_owned(), links(&self.host)?)]);
        for pod in pods {
            places.insert(pod.id.clone(), links(&pod.netns)?);
        }
        let leases = self.leases(crate::bed::NETWORK)?;
        Ok(Seen {
            links: places,
            leases,
        })
    }

    /// Host, pods and leases are as they were.
    pub(crate) fn unchanged_since(&self, before: &Seen, pods: &[&Pod], when: &str) -> Verdict {
        let changes = before.changes_to(&self.see(pods)?);
        must!(changes.is_empty(), "{when}: {}", changes.join("; "));
        Ok(())
    }

    /// Host, pods and leases are as before an attachment that has been undone: a device that comes back may be down,
    /// as the kernel itself brings it back.
    pub(crate) fn undone_since(&self, before: &Seen, pods: &[&Pod], when: &str) -> Verdict {
        let changes = before.clone().level().changes_to(&self.see(pods)?.level());
        must!(changes.is_empty(), "{when}: {}", changes.join("; "));
        Ok(())
    }
}

/// The links of a namespace but `lo`, by name.
///
/// # Errors
/// When `ip` fails.
pub(crate) fn links(netns: &Netns) -> Result<Vec<Link>> {
    let mut links: Vec<Link> = json(netns, "-json -details link show")?
        .iter()
        .map(Link::of)
        .filter(|link| link.name != "lo")
        .collect();
    links.sort();
    Ok(links)
}

/// The link of this name in a namespace.
///
/// # Errors
/// When `ip` fails.
pub(crate) fn link(netns: &Netns, name: &str) -> Result<Option<Link>> {
    Ok(links(netns)?.into_iter().find(|link| link.name == name))
}

impl Pod {
    /// The addresses of a link with their prefix lengths, link-local ones left out.
    ///
    /// # Errors
    /// The plugin's failure, when there is no such link.
    pub(crate) fn addresses(&self, ifname: &str) -> Verdict<Vec<String>> {
        let there = link(&self.netns, ifname)?.is_some();
        must!(there, "{} has no {ifname}", self.id);
        let mut found = Vec::new();
        for link in json(&self.netns, &format!("-json address show dev {ifname}"))? {
            for info in link["addr_info"].as_array().into_iter().flatten() {
                if info["scope"] == "global" {
                    let local = info["local"].as_str().unwrap_or_default();
                    found.push(format!("{local}/{}", info["prefixlen"]));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Changes something there by `ip`, which a plugin must have made possible.
    ///
    /// # Errors
    /// The plugin's failure, when `ip` does not find what it shall change.
    pub(crate) fn change(&self, arguments: &str) -> Verdict {
        match self.netns.ip(arguments) {
            Ok(_) => Ok(()),
            Err(error) => fails(format!("{}: {error:#}", self.id)),
        }
    }

    /// Its routes of one family (`-4`, `-6`), as `ip` has them.
    ///
    /// # Errors
    /// When `ip` fails.
    pub(crate) fn routes(&self, family: &str) -> Result<Vec<Value>> {
        json(&self.netns, &format!("-json {family} route show"))
    }
}

/// The list that `ip -json` prints; nothing at all is an empty one.
fn json(netns: &Netns, arguments: &str) -> Result<Vec<Value>> {
    let text = netns.ip(arguments)?;
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(&text).with_context(|| format!("what `ip {arguments}` wrote"))
}

impl Link {
    fn of(link: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let data = &link["linkinfo"]["info_data"];
        let list = |value: &Value| -> Vec<String> {
            let names = value.as_array().into_iter().flatten();
            names.map(text).collect()
        };
        Self {
            name: text(&link["ifname"]),
            kind: text(&link["linkinfo"]["info_kind"]),
            mac: text(&link["address"]),
            mtu: link["mtu"].as_u64().unwrap_or_default(),
            up: list(&link["flags"]).iter().any(|flag| flag == "UP"),
            mode: data["id"]
                .as_u64()
                .map_or_else(|| text(&data["mode"]), |id| id.to_string()),
            alt_names: list(&link["altnames"]),
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.up { "up" } else { "down" };
        write!(
            f,
            "{} ({} {} mtu {} {state})",
            self.name, self.kind, self.mac, self.mtu
        )
    }
}

impl Seen {
    /// The same with every link up.
    fn level(mut self) -> Self {
        for link in self.links.values_mut().flatten() {
            link.up = true;
        }
        self
    }

    /// What is there now and was not, or was and is not; a line each.
    fn changes_to(&self, now: &Self) -> Vec<String> {
        let mut changes = Vec::new();
        for (place, links) in &now.links {
            let before = self.links.get(place).map(Vec::as_slice).unwrap_or_default();
            let new = links.iter().filter(|link| !before.contains(link));
            changes.extend(new.map(|link| format!("{place} now has {link}")));
            let gone = before.iter().filter(|link| !links.contains(link));
            changes.extend(gone.map(|link| format!("{place} has no more {link}")));
        }
        for (address, holder) in &now.leases {
            if self.leases.get(address) != Some(holder) {
                changes.push(format!("{address} is leased to {holder}"));
            }
        }
        let gone = self
            .leases
            .keys()
            .filter(|it| !now.leases.contains_key(*it));
        changes.extend(gone.map(|address| format!("the lease of {address} is gone")));
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn seen(links: &[Value], leases: &[(&str, &str)]) -> Seen {
        let owned = leases
            .iter()
            .map(|(it, holder)| ((*it).to_owned(), (*holder).to_owned()));
        Seen {
            links: BTreeMap::from([("host".to_owned(), links.iter().map(Link::of).collect())]),
            leases: owned.collect(),
        }
    }

    #[test]
    fn what_came_and_what_went_are_both_changes() {
        let up =
            json!({"ifname": "up0", "mtu": 1500, "flags": ["UP"], "address": "02:00:00:00:00:01"});
        let down =
            json!({"ifname": "up0", "mtu": 1500, "flags": [], "address": "02:00:00:00:00:01"});
        let before = seen(&[up], &[("10.0.0.2", "a net1")]);
        assert!(before.changes_to(&before).is_empty());
        let changes = before.changes_to(&seen(&[down], &[("10.0.0.3", "b net1")]));
        assert_eq!(changes.len(), 4, "{changes:?}");
        assert!(changes[3].contains("10.0.0.2"), "{changes:?}");
    }
}
