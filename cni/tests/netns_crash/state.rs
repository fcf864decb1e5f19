//! The oracle: what is on the node, by `ip` and by the folders, and never by our own code.
//!
//! Left to others: when it is looked at.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::arena::Arena;
use crate::links::{difference, lasting};

/// Folders whose files are counted: leases by network, attachments.
const LOOK: &str = r#"
echo "[\"links\", \"host\", $(ip -j -d link)]"
echo "[\"addresses\", \"host\", $(ip -j addr show scope global)]"
for pod in pod0 pod1; do
    [ -e /run/netns/$pod ] || continue
    echo "[\"links\", \"$pod\", $(ip -n $pod -j -d link)]"
    routes=$(ip -n $pod -j route show table all); echo "[\"routes\", \"$pod\", ${routes:-[]}]"
done
find /var/lib /run -xdev -type f -printf '["file", "%p", %s]\n' 2>/dev/null
"#;

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// Links by namespace and name, without what is volatile.
    pub(crate) links: BTreeMap<(String, String), Value>,
    /// Leases, by path.
    pub(crate) leases: Vec<String>,
    /// Records of the journal, by path.
    pub(crate) records: Vec<String>,
    /// Empty files beside them, by path.
    pub(crate) locks: Vec<String>,
    /// Any other file.
    pub(crate) others: Vec<String>,
    /// Routes and addresses, as they were said.
    pub(crate) rest: Vec<String>,
}

impl State {
    /// Looks.
    pub(crate) fn look(arena: &Arena) -> Result<Self> {
        let mut state = Self::default();
        for line in arena.sh(LOOK)?.lines() {
            let said: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
            let word = |at: usize| said[at].as_str().unwrap_or_default().to_owned();
            match word(0).as_str() {
                "links" => state.take_links(&word(1), &said[2]),
                "file" => state.take_file(word(1), said[2] == 0),
                "routes" => state.rest.push(format!("{}: {}", word(1), made(&said[2]))),
                _ => state.rest.push(line.to_owned()),
            }
        }
        state.leases.sort();
        state.records.sort();
        state.others.sort();
        Ok(state)
    }

    fn take_links(&mut self, namespace: &str, links: &Value) {
        for link in links.as_array().into_iter().flatten() {
            let name = link["ifname"].as_str().unwrap_or_default().to_owned();
            self.links
                .insert((namespace.to_owned(), name), lasting(link));
        }
    }

    fn take_file(&mut self, path: String, is_empty: bool) {
        let name = path.rsplit('/').next().unwrap_or_default();
        if path.starts_with("/var/lib/cni/networks/") {
            // a lease is named after its address
            if name.parse::<std::net::IpAddr>().is_ok() {
                self.leases.push(path);
            }
        } else if path.starts_with("/var/lib/colvin/attachments/") && is_empty {
            // in which nothing was begun: it stands for its lock, and the next one at work on the
            // device takes it
            self.locks.push(path);
        } else if path.starts_with("/var/lib/colvin/attachments/") {
            self.records.push(path);
        } else {
            self.others.push(path);
        }
    }

    /// What is another than before: one line for each; none when all is as it was.
    pub(crate) fn leaks(&self, before: &Self) -> Vec<String> {
        let mut found = Vec::new();
        for key in self.links.keys().chain(before.links.keys()) {
            let (now, then) = (self.links.get(key), before.links.get(key));
            if now != then && !found.iter().any(|(seen, _)| *seen == key) {
                found.push((key, difference(now, then)));
            }
        }
        let mut lines: Vec<String> = found
            .into_iter()
            .map(|((namespace, name), what)| format!("link {name} in {namespace}: {what}"))
            .collect();
        for (what, now, then) in [
            ("lease", &self.leases, &before.leases),
            ("record", &self.records, &before.records),
            ("said", &self.rest, &before.rest),
        ] {
            lines.extend(
                now.iter()
                    .filter(|it| !then.contains(it))
                    .map(|it| format!("{what} left: {it}")),
            );
            lines.extend(
                then.iter()
                    .filter(|it| !now.contains(it))
                    .map(|it| format!("{what} lost: {it}")),
            );
        }
        lines
    }

    /// The link of this name in this namespace.
    pub(crate) fn link(&self, namespace: &str, name: &str) -> Option<&Value> {
        self.links.get(&(namespace.to_owned(), name.to_owned()))
    }
}

/// The routes that somebody made. Those that the kernel makes of an IPv6 address come when its detection has ended, at a
/// moment that nobody chooses.
fn made(routes: &Value) -> Value {
    let is_made = |route: &&Value| {
        let dst = route["dst"].as_str().unwrap_or_default();
        !dst.contains(':') || route["protocol"] != "kernel"
    };
    let routes = routes.as_array().into_iter().flatten();
    routes.filter(is_made).cloned().collect()
}
