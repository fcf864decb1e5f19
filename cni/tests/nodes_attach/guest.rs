//! A guest with real VFs in which scripts call the plugin, and what was seen there.
//!
//! The guest is emulated: a script does much in one go, writes what it sees to the share, and the host
//! judges. Left to others: what is asked, and what must come of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use colvin_testkit::netns::Netns;
use colvin_testkit::vm::{Bench, Reboot, Vm, VmConfig, default_cache};
use serde_json::Value;

use crate::links::{difference, lasting};

/// The plugin under test.
const PLUGIN: &str = env!("CARGO_BIN_EXE_colvin-cni");

const FUNCTIONS: &str = include_str!("guest.sh");

/// What a reboot keeps.
const KEPT: &str = "
for folder in colvin cni; do
    mkdir -p /disk/$folder /var/lib/$folder
    mount --bind /disk/$folder /var/lib/$folder
done
mkdir -p $L
";

/// How long one script may take.
const LIMIT: Duration = Duration::from_mins(10);

/// The guest, and the namespace that it was booted in.
#[derive(Debug)]
pub(crate) struct Guest {
    vm: Vm,
    netns: Netns,
}

/// The one guest of this process, or why there is none.
static SHARED: Mutex<Option<Result<Guest, String>>> = Mutex::new(None);

/// The guest while one test uses it.
pub(crate) struct Shared(MutexGuard<'static, Option<Result<Guest, String>>>);

impl Guest {
    /// The guest as after its boot, with two VFs of `pf0`.
    pub(crate) fn shared() -> Result<Shared> {
        let mut guard = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let guest = guard.get_or_insert_with(|| Self::boot().map_err(|error| format!("{error:#}")));
        match guest {
            Ok(guest) => {
                guest.vm.reset()?;
                guest.script("clean")?;
            }
            Err(error) => bail!("{error}"),
        }
        Ok(Shared(guard))
    }

    fn boot() -> Result<Self> {
        let bench = Bench::prepare(&default_cache())?;
        let netns = Netns::new()?;
        let mut config = VmConfig::new("attach", &["tap0", "tap1"]);
        config.disk_mib = Some(256);
        let guest = Self {
            vm: Vm::boot(&bench, &netns, &config)?,
            netns,
        };
        guest.script(KEPT)?;
        Ok(guest)
    }

    /// Cuts the power; what is on the disk is there again, VFs are not.
    pub(crate) fn reboot(&mut self) -> Result<()> {
        self.vm.reboot(&self.netns, Reboot::PowerCut)?;
        self.script(KEPT).map(drop)
    }

    /// Runs a script that must end well, with the functions of `guest.sh`; gives what it wrote.
    pub(crate) fn script(&self, script: &str) -> Result<String> {
        // F0 and F1 are known to every script
        let head = format!("P={PLUGIN} L=/share/look\n{FUNCTIONS}\n");
        let known = "F0=$(basename \"$(readlink /sys/class/net/pf0/device/virtfn0)\")\n\
                     F1=$(basename \"$(readlink /sys/class/net/pf0/device/virtfn1)\")\nset -eE; trap 'echo \"failed: $BASH_COMMAND\" >&2' ERR\n";
        let output = self
            .vm
            .run_within(LIMIT, &format!("{head}{known}{script}"))?;
        if output.status != 0 {
            bail!(
                "{script}\nended with status {}\n{}\n{}",
                output.status,
                output.stdout,
                output.stderr
            );
        }
        Ok(output.stdout)
    }

    /// What a `look` of a script saw.
    pub(crate) fn looked(&self, name: &str) -> Result<Looked> {
        let path: PathBuf = self.vm.share().join("look").join(name);
        let bytes = std::fs::read(&path).with_context(|| format!("{}", path.display()))?;
        let text = String::from_utf8(bytes)?;
        let mut looked = Looked::default();
        for line in text.lines() {
            let said: Value = serde_json::from_str(line).with_context(|| line.to_owned())?;
            looked.take(&said);
        }
        Ok(looked)
    }
}

impl std::ops::Deref for Shared {
    type Target = Guest;

    fn deref(&self) -> &Guest {
        self.0.as_ref().and_then(|it| it.as_ref().ok()).unwrap()
    }
}

impl std::ops::DerefMut for Shared {
    fn deref_mut(&mut self) -> &mut Guest {
        self.0.as_mut().and_then(|it| it.as_mut().ok()).unwrap()
    }
}

/// What was seen at once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Looked {
    /// Links by namespace and name, PFs with their VFs' settings.
    links: BTreeMap<(String, String), Value>,
    /// Driver and netdev of each VF, by PCI address.
    pub(crate) functions: BTreeMap<String, String>,
    /// Leases and records.
    pub(crate) files: Vec<String>,
    addresses: BTreeMap<String, Value>,
}

impl Looked {
    fn take(&mut self, said: &Value) {
        let word = |at: usize| said[at].as_str().unwrap_or_default().to_owned();
        match word(0).as_str() {
            "links" => {
                for link in said[2].as_array().into_iter().flatten() {
                    let name = link["ifname"].as_str().unwrap_or_default().to_owned();
                    self.links.insert((word(1), name), lasting(link));
                }
            }
            "function" => drop(self.functions.insert(word(1), word(2))),
            "addresses" => drop(self.addresses.insert(word(1), said[2].clone())),
            _ => self.take_file(word(1)),
        }
    }

    /// A lease is named after its address; a record is JSON.
    fn take_file(&mut self, path: String) {
        let name = path.rsplit('/').next().unwrap_or_default();
        let lease = name.parse::<std::net::IpAddr>().is_ok();
        let record = path.contains("/attachments/") && name.rsplit('.').next() == Some("json");
        if lease || record {
            self.files.push(path);
        }
    }

    /// A link of a namespace (`host`, or a pod's).
    pub(crate) fn link(&self, namespace: &str, name: &str) -> Result<&Value> {
        let key = (namespace.to_owned(), name.to_owned());
        let here: Vec<_> = self.links.keys().collect();
        self.links
            .get(&key)
            .with_context(|| format!("no {name} in {namespace}: {here:?}"))
    }

    /// What the PF says of a VF.
    pub(crate) fn vf(&self, pf: &str, number: usize) -> Result<&Value> {
        Ok(&self.link("host", pf)?["vfinfo_list"][number])
    }

    /// What is said of a pod's addresses.
    pub(crate) fn addresses(&self, pod: &str) -> String {
        self.addresses
            .get(pod)
            .map(Value::to_string)
            .unwrap_or_default()
    }

    /// What is another than before: none when all is as it was.
    pub(crate) fn leaks(&self, before: &Self) -> Vec<String> {
        let mut keys: Vec<_> = self.links.keys().chain(before.links.keys()).collect();
        keys.sort();
        keys.dedup();
        let mut lines: Vec<String> = keys
            .into_iter()
            .map(|key| (key, self.links.get(key), before.links.get(key)))
            .filter(|(_, now, then)| now != then)
            .map(|((at, name), now, then)| {
                format!("link {name} in {at}: {}", difference(now, then))
            })
            .collect();
        if self.functions != before.functions {
            lines.push(format!(
                "functions {:?}, were {:?}",
                self.functions, before.functions
            ));
        }
        if self.files != before.files {
            lines.push(format!("files {:?}, were {:?}", self.files, before.files));
        }
        lines
    }
}
