//! What is wrong with a config file of the SR-IOV network device plugin, as text and on this machine.
//!
//! Left to others: finding it (`colvin_takeover`), its words ([`crate::config_file`]).

use std::path::{Path, PathBuf};

use colvin_discovery::Discovery;
use colvin_model::offer::Offers;
use colvin_takeover::{Problem, Severity, parse, select};

use super::Check;
use crate::args::Doctor;
use crate::command::lint::text_of;
use crate::config_file::{self, ConfigFile};

const NAME: &str = "config file";

/// Where the plugin has its file unless it is told otherwise, below the root.
const USUAL: &str = "etc/pcidp/config.json";

/// The file that is judged: the one that was named, else the machine's own, where it has one.
pub(super) fn file(args: &Doctor, folder: Option<&Path>) -> Option<PathBuf> {
    let usual = || folder.unwrap_or(Path::new("/")).join(USUAL);
    let named = args.config_file.clone();
    named.or_else(|| Some(usual()).filter(|file| file.exists()))
}

/// What the file says, and what it means on the machine that was looked at, which is called `node`.
pub(super) fn checks(file: &Path, prefix: &str, discovery: &Discovery, node: &str) -> Vec<Check> {
    let text = match text_of(file) {
        Ok(text) => text,
        Err(error) => {
            let remedy = "name the plugin's config.json, or a file with its ConfigMap";
            return vec![Check::fail(NAME, format!("{error:#}"), remedy)];
        }
    };
    let name = file.display().to_string();
    let mut checks = Vec::new();
    for found in config_file::found(&name, &text) {
        match found {
            Ok(config) => checks.extend(of_one(&config, prefix, discovery, node)),
            Err(failure) => {
                let remedy = "write the ConfigMap as kubectl get -o yaml does";
                checks.push(Check::fail(NAME, failure, remedy));
            }
        }
    }
    if checks.is_empty() {
        let message = format!("{name} has no config file of the SR-IOV network device plugin");
        let remedy = "name the plugin's config.json, or a file with its ConfigMap";
        checks.push(Check::fail(NAME, message, remedy));
    }
    checks
}

fn of_one(config: &ConfigFile, prefix: &str, discovery: &Discovery, node: &str) -> Vec<Check> {
    let parsed = match parse(&config.text, prefix) {
        Ok(parsed) => parsed,
        Err(error) => {
            let remedy =
                "mend it; what it said before is served meanwhile, where an agent read it then";
            return vec![Check::fail(NAME, config.refused(&error), remedy)];
        }
    };
    let mut problems = parsed.problems;
    // the text of another node means nothing here
    let is_here = config.node.as_deref().is_none_or(|it| it == node);
    if let (true, Some(facts)) = (is_here, discovery.facts()) {
        let offers = Offers::default();
        let selection = select(&parsed.config, discovery.inventory(), facts, &offers);
        problems.extend(selection.problems);
        problems.sort_by_key(|problem| problem.line);
    }
    let mut checks: Vec<Check> = problems.iter().map(|it| check(config, it)).collect();
    if checks.is_empty() {
        let pools = parsed.config.entries.len();
        let pools = crate::ports::count(pools, "pool");
        checks.push(Check::ok(NAME, format!("{}: {pools}", config.line(1))));
    }
    checks
}

fn check(config: &ConfigFile, problem: &Problem) -> Check {
    let told = config.told(problem);
    match problem.severity {
        Severity::Error => Check::fail(NAME, told, &problem.advice),
        Severity::Warning => Check::warn(NAME, told, &problem.advice),
        Severity::Note => Check {
            remedy: Some(problem.advice.clone()),
            ..Check::ok(NAME, told)
        },
    }
}
