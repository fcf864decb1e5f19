//! The pages about devices for pods say what the code does: words, values, flags and folders.
//!
//! Left to others: pages that are made from code as a whole.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    reason = "a test reads the repository's files"
)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use colvin_model::offer::Ill;
use colvin_takeover::Reason;
use colvin_testkit::page;
use serde_json::Value;

const FAILURES: &str = "docs/failures.md";
const TAKEOVER: &str = "docs/from-sriov-device-plugin.md";

fn text(file: &str) -> String {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(top.join(file)).unwrap()
}

/// The words in the first column of the page's tables below a heading.
fn rows(page: &str, heading: &str) -> Vec<String> {
    let (_, below) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let below = below.split("\n## ").next().unwrap();
    let cells = below.lines().filter_map(|line| line.strip_prefix("| `"));
    cells
        .map(|line| line.split('`').next().unwrap().to_owned())
        .collect()
}

#[test]
fn every_reason_why_a_device_is_unhealthy_is_explained() {
    assert_eq!(rows(&text(FAILURES), "A device is unhealthy"), Ill::WORDS);
}

#[test]
fn every_reason_why_devices_are_refused_is_explained() {
    let source = text("device-plugin/src/allocate.rs");
    let (_, reason) = source.split_once("fn reason(").unwrap();
    let (reason, _) = reason.split_once("\n    }\n").unwrap();
    let words = reason.lines().filter_map(|line| line.split('"').nth(1));
    let words: Vec<&str> = words.collect();
    assert!(words.len() > 5, "{words:?}");
    assert_eq!(rows(&text(FAILURES), "Why devices are refused"), words);
}

#[test]
fn what_readyz_and_the_log_say_is_quoted_as_it_is() {
    let said = text("agent/src/device_plugin/report.rs") + &text("agent/src/config_file.rs");
    for words in [
        "the kubelet has not made ",
        "the kubelet refuses it: ",
        "config file is not understood",
    ] {
        assert!(said.contains(words), "{words:?} is not said");
        assert!(text(FAILURES).contains(words), "{words:?} is not explained");
    }
}

/// What the source says above a reason, without the rules that it cites.
fn meaning(source: &str, reason: Reason) -> String {
    let line = format!("    {}: ", reason.as_str());
    let lines: Vec<&str> = source.lines().collect();
    let at = lines.iter().position(|other| other.starts_with(&line));
    let above = lines[..at.unwrap()].iter().rev();
    let docs = above.map_while(|line| line.trim().strip_prefix("/// "));
    let mut docs: Vec<&str> = docs.collect();
    docs.reverse();
    let whole = docs.join(" ");
    let mut plain = String::new();
    for part in whole.split(" (") {
        let cited = part.split_once(')');
        let cited = cited.filter(|(rule, _)| rule.contains("DP-") || rule.contains("REG-"));
        plain.push_str(cited.map_or(part, |(_, rest)| rest));
    }
    plain.trim_end_matches('.').to_owned()
}

#[test]
fn every_problem_of_a_config_file_is_listed() {
    let source = text("takeover/src/problem.rs");
    let mut table = "Made from `takeover/src/problem.rs`. The log and the command's output have the line, what is served nevertheless, and \
                     what to write.\n\n\
                     | word | how bad | what it is | the SR-IOV network device plugin |\n\
                     | --- | --- | --- | --- |\n"
        .to_owned();
    for reason in Reason::ALL {
        let (word, how) = (reason.as_str(), reason.severity().as_str());
        let original = reason.original().as_str();
        let original = original.strip_prefix("the SR-IOV network device plugin ");
        let (what, original) = (meaning(&source, *reason), original.unwrap());
        writeln!(table, "| `{word}` | {how} | {what} | {original} |").unwrap();
    }
    let kept = page::kept_section(TAKEOVER, "What is said about a file", &table).unwrap();
    let stale = "stale: COLVIN_UPDATE=1 cargo test -p colvin-agent --test docs";
    assert_eq!(kept, table, "{stale}");
}

/// The values of the chart that a page names.
fn values_in(page: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '.';
    let words = page.split(|letter| !is_part(letter));
    let ours = [
        "attach.",
        "devicePlugin.",
        "agent.",
        "metrics.",
        "namespace.",
    ];
    let is_value = |word: &&str| ours.iter().any(|first| word.starts_with(first));
    let words = words.map(|word| word.trim_end_matches('.'));
    words.filter(is_value).map(str::to_owned).collect()
}

#[test]
fn every_value_that_the_pages_name_is_in_the_chart() {
    let chart: Value = serde_saphyr::from_str(&text("deploy/chart/colvin/values.yaml")).unwrap();
    for page in [FAILURES, TAKEOVER, "docs/operating.md"] {
        let named = values_in(&text(page));
        let of_devices = named
            .iter()
            .filter(|name| name.starts_with("devicePlugin."));
        assert!(of_devices.count() > 0, "{page}: {named:?}");
        // `seLinuxOptions` takes the API's own fields
        let open = "agent.seLinuxOptions.";
        for name in named.iter().filter(|name| !name.starts_with(open)) {
            let at = format!("/{}", name.replace('.', "/"));
            let known = chart.pointer(&at).is_some();
            let extension = Path::new(name).extension();
            let is_file = extension.is_some_and(|it| it == "md" || it == "sock");
            assert!(known || is_file, "{page}: {name}");
        }
    }
}

#[test]
fn the_chart_gives_the_agent_flags_that_it_has_and_the_folders_that_it_uses() {
    let page = text("docs/reference/agent.md");
    let template = text("deploy/chart/colvin/templates/agent/_device_plugin.tpl");
    let daemonset = text("deploy/chart/colvin/templates/agent/daemonset.yaml");
    let attach = text("deploy/chart/colvin/templates/agent/_attach.tpl");
    let flags = format!("{daemonset}\n{template}\n{attach}");
    let flags = flags.split("--").skip(1);
    let flags = flags.map(|flag| flag.split('=').next().unwrap());
    let flags: BTreeSet<&str> = flags
        .filter(|flag| {
            flag.chars()
                .all(|letter| letter.is_ascii_lowercase() || letter == '-')
        })
        .collect();
    assert!(
        ["config-file", "state-dir", "attach"]
            .iter()
            .all(|flag| flags.contains(flag)),
        "{flags:?}"
    );
    for flag in flags {
        assert!(page.contains(&format!("| `--{flag} ")), "--{flag}");
    }
    for flag in ["run-dir", "cdi-dir", "device-info-dir"] {
        let row = page
            .lines()
            .find(|line| line.starts_with(&format!("| `--{flag} ")));
        let folder = row
            .unwrap()
            .split('|')
            .nth(3)
            .unwrap()
            .trim()
            .trim_matches('`');
        assert!(template.contains(&format!(": {folder}\n")), "{folder}");
    }
}
