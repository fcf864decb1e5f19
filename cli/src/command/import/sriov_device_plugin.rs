//! `colvin import sriov-device-plugin`: the pools of a config file of the SR-IOV network device plugin become
//! Networks, as far as they say which uplinks they mean.
//!
//! Left to others: finding config files in what was given ([`crate::config_file`]), what an entry means ([`pool`]), reading
//! a config file (`colvin-takeover`).

mod pool;
#[cfg(test)]
mod tests;
mod unsaid;

use std::collections::{BTreeMap, BTreeSet};

use colvin_crds::v1alpha1::Network;
use colvin_crds::v1alpha1::network::member::Member;
use colvin_crds::v1alpha1::network::{Advertise, Devices, NetworkSpec, Policy};
use colvin_takeover::{Severity, parse};

use self::pool::{Means, Pin, Pool};
use super::Imported;
use crate::args::authoring::ImportSriovDevicePlugin;
use crate::command::lint::text_of;
use crate::config_file::{self, ConfigFile};
use crate::names;

/// Reads the files and imports them.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn run(args: &ImportSriovDevicePlugin) -> anyhow::Result<Imported> {
    let mut texts = Vec::new();
    for file in &args.files {
        texts.push((file.display().to_string(), text_of(file)?));
    }
    Ok(import(&texts, &args.resource_prefix))
}

/// The Networks of these files, each with its name.
fn import(texts: &[(String, String)], prefix: &str) -> Imported {
    let mut imported = Imported::default();
    let mut means = Means::default();
    for (name, text) in texts {
        for found in config_file::found(name, text) {
            match found {
                Ok(config) => read(&config, prefix, &mut means, &mut imported),
                Err(failure) => imported.failures.push(failure),
            }
        }
    }
    imported.notes.extend(means.notes);
    imported.failures.extend(means.failures);
    let resources: Vec<String> = means
        .pools
        .iter()
        .map(|pool| pool.resource.clone())
        .collect();
    let mut taken = BTreeSet::new();
    for pool in &means.pools {
        let many = resources
            .iter()
            .filter(|other| **other == pool.resource)
            .count()
            > 1;
        let wished = names::network(pool.name()).unwrap_or_else(|| "imported".to_owned());
        let name = names::free(&wished, |name| taken.contains(name));
        let mut lines = comments(pool, &name, many);
        let above = means.pools.iter().zip(&imported.networks);
        for (other, (_, network)) in above.filter(|(other, _)| other.shares_with(pool)) {
            let other_name = network.metadata.name.as_deref().unwrap_or_default();
            let line = format!(
                "{other_name} has these VFs too ({} and {} were told apart by what a Network does not ask): give each its devices.functions",
                other.resource, pool.resource
            );
            imported.notes.push(format!("{name}: {line}"));
            lines.push(line);
        }
        imported.networks.push((lines, network(pool, &name)));
        taken.insert(name);
    }
    imported
}

/// Reads a config file.
fn read(config: &ConfigFile, prefix: &str, means: &mut Means, imported: &mut Imported) {
    let parsed = match parse(&config.text, prefix) {
        Ok(parsed) => parsed,
        Err(error) => {
            imported.failures.push(config.refused(&error));
            return;
        }
    };
    for problem in &parsed.problems {
        let line = format!("{}; {}", config.told(problem), problem.advice);
        match problem.severity {
            Severity::Error => imported.failures.push(line),
            Severity::Warning | Severity::Note => imported.notes.push(line),
        }
    }
    for entry in &parsed.config.entries {
        means.add(config, entry);
    }
}

/// What stands above a Network.
fn comments(pool: &Pool, name: &str, many: bool) -> Vec<String> {
    let mut lines = vec![format!(
        "{name}: from {}; pods that ask for {} ask for colvin.dev/{name} then",
        pool.places.join(", "),
        pool.resource
    )];
    if many {
        lines.push(format!(
            "a Network has one choice of VFs for all its uplinks, so {} became several",
            pool.resource
        ));
    }
    for unsaid in &pool.unsaid {
        lines.push(format!("not said by a Network: {unsaid}"));
    }
    lines
}

fn network(pool: &Pool, name: &str) -> Network {
    let mut members: BTreeMap<String, Member> = BTreeMap::new();
    for pin in &pool.pins {
        let wished = member_name(pin);
        let name = names::free(&wished, |name| members.contains_key(name));
        let member = Member {
            name: name.clone(),
            uplink: Some(pin.terms()),
            ..Member::default()
        };
        members.insert(name, member);
    }
    Network::new(
        name,
        NetworkSpec {
            members: members.into_values().collect(),
            devices: Devices {
                kind: pool.kind,
                functions: pool.functions.clone(),
                ..Devices::default()
            },
            attach: None,
            advertise: Advertise::default(),
            policy: Policy::default(),
            allowed_namespaces: None,
        },
    )
}

/// The node, and what names the uplink there.
fn member_name(pin: &Pin) -> String {
    let uplink = pin.words();
    let whole = match &pin.node {
        Some(node) => format!("{node}-{uplink}"),
        None => uplink,
    };
    names::member(&whole).unwrap_or_else(|| "uplink".to_owned())
}
