//! The plugin under test, as the command line names it.
//!
//! Left to others: what is asked of it.

use crate::{
    ipam,
    kind::{Kind, Need},
};
use anyhow::{Context as _, Result, bail, ensure};
use colvin_testkit::netns::Netns;
use serde_json::{Value, json};
use std::{
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

pub(crate) const USAGE: &str = "\
usage: cni-conformance --plugin PATH --kind KIND --peers DIR [options]
       cni-conformance --list

  --plugin PATH    the plugin under test
  --kind KIND      what it does: macvlan, ipvlan, vlan, bridge, host-device
  --peers DIR      where the address plugins host-local and static are
  --with JSON      keys that are laid over every configuration
  --title TEXT     how the reports call it; the plugin's file name unless given
  --only TEXT      only the cases with this in their rule or name
  --json FILE      also write the results there, as JSON (`-`: to standard output, instead of the table)
  --list           print the cases and what each needs

Runs as root. Exit code 0: every case that applies passed; 1: one failed; 2: the suite could not do its work.
";

/// What is tested, and how.
pub(crate) struct Subject {
    pub(crate) title: String,
    pub(crate) plugin: PathBuf,
    pub(crate) kind: Kind,
    /// Keys that are laid over every configuration.
    pub(crate) with: Value,
    /// `CNI_PATH`: the suite's own address plugin, then the others.
    pub(crate) path: String,
    /// Why this kernel cannot make such links.
    no_link: Option<String>,
}

/// The command line.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    plugin: Option<PathBuf>,
    kind: Option<Kind>,
    peers: Option<PathBuf>,
    with: Option<Value>,
    title: Option<String>,
    pub(crate) only: Option<String>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) list: bool,
}

impl Arguments {
    /// Reads the words after the program's name.
    ///
    /// # Errors
    /// When a word is unknown or its value is missing or wrong.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Self> {
        let mut arguments = Self::default();
        let mut words = words;
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .with_context(|| format!("{word} needs a value"))
            };
            match word.as_str() {
                "--plugin" => arguments.plugin = Some(value()?.into()),
                "--peers" => arguments.peers = Some(value()?.into()),
                "--title" => arguments.title = Some(value()?),
                "--only" => arguments.only = Some(value()?),
                "--json" => arguments.json = Some(value()?.into()),
                "--list" => arguments.list = true,
                "--kind" => {
                    let name = value()?;
                    let kind = Kind::named(&name);
                    let kinds = Kind::names();
                    let kind =
                        kind.with_context(|| format!("no kind `{name}`: there are {kinds}"))?;
                    arguments.kind = Some(kind);
                }
                "--with" => {
                    let keys: Value = serde_json::from_str(&value()?).context("--with")?;
                    ensure!(keys.is_object(), "--with takes a JSON object");
                    arguments.with = Some(keys);
                }
                _ => bail!("there is no argument `{word}`"),
            }
        }
        Ok(arguments)
    }

    /// Makes the plugin ready to be tested; `folder` is for the suite's own address plugin.
    ///
    /// # Errors
    /// When a needed argument or program is missing.
    pub(crate) fn subject(&self, folder: &Path) -> Result<Subject> {
        let plugin = self.plugin.as_ref().context("--plugin is missing")?;
        let plugin = fs::canonicalize(plugin).with_context(|| plugin.display().to_string())?;
        let kind = self.kind.context("--kind is missing")?;
        let peers = self.peers.as_ref().context("--peers is missing")?;
        let peers = fs::canonicalize(peers).with_context(|| peers.display().to_string())?;
        for needed in ["host-local", "static"] {
            let place = peers.join(needed);
            ensure!(place.is_file(), "{} is missing", place.display());
        }
        for hidden in ["/run", "/var/lib", "/var/run", "/sys"] {
            let seen = !plugin.starts_with(hidden) && !peers.starts_with(hidden);
            ensure!(
                seen,
                "a case does not see what is below {hidden}: copy the plugin elsewhere"
            );
        }
        copy_ourselves(&folder.join(ipam::NAME))?;
        let file = plugin
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Ok(Subject {
            title: self.title.clone().unwrap_or(file),
            plugin,
            kind,
            with: self.with.clone().unwrap_or_else(|| json!({})),
            path: format!("{}:{}", folder.display(), peers.display()),
            no_link: probe(kind)?,
        })
    }
}

impl Subject {
    /// Why a case that needs this does not apply.
    pub(crate) fn lacks(&self, need: Need) -> Option<String> {
        match need {
            Need::Link => self.no_link.clone(),
            need => self.kind.lacks(need).map(str::to_owned),
        }
    }

    /// The suite's own address plugin: the first program that is found in `CNI_PATH`.
    pub(crate) fn recorder(&self) -> PathBuf {
        let first = self.path.split(':').next().unwrap_or_default();
        Path::new(first).join(ipam::NAME)
    }
}

fn copy_ourselves(place: &Path) -> Result<()> {
    let ourselves = env::current_exe().context("finding this program")?;
    fs::copy(&ourselves, place).with_context(|| format!("making {}", place.display()))?;
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(place, mode).with_context(|| format!("making {}", place.display()))
}

/// Whether the kernel makes a link of the kind: why not.
fn probe(kind: Kind) -> Result<Option<String>> {
    let netns = Netns::new()?;
    netns.ip("link add up0 type veth peer name wire0")?;
    let link = match kind {
        Kind::Bridge | Kind::HostDevice => return Ok(None),
        Kind::Macvlan | Kind::Ipvlan => kind.link_kind().to_owned(),
        Kind::Vlan => "vlan id 5".to_owned(),
    };
    let made = netns.ip(&format!("link add link up0 name child type {link}"));
    Ok(made
        .err()
        .map(|_| format!("this kernel makes no {} links", kind.link_kind())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Arguments> {
        Arguments::parse(words.iter().map(|word| (*word).to_owned()))
    }

    #[test]
    fn an_argument_that_is_unknown_or_without_its_value_is_refused() {
        assert!(parsed(&["--plugin"]).is_err());
        assert!(parsed(&["--plugni", "x"]).is_err());
        assert!(parsed(&["--with", "[]"]).is_err());
        let error = parsed(&["--kind", "sriov"]).unwrap_err();
        assert!(error.to_string().contains("host-device"), "{error}");
        let arguments = parsed(&["--kind", "macvlan", "--with", r#"{"a":1}"#]).unwrap();
        assert_eq!(arguments.kind, Some(Kind::Macvlan));
    }
}
