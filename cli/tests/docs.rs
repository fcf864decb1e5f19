//! The pages about coming from other projects: their commands print what the pages say they print, on the files that the
//! pages show.
//!
//! A block of YAML is the file that is named last above it. Run is what begins with `$ colvin` and needs no cluster.
//! `COLVIN_UPDATE=1 cargo test -p colvin --test docs` writes outputs anew. Left to others: the page about the device plugin
//! (`agent/tests/docs.rs`).

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

use std::fs;
use std::path::Path;
use std::process::Command;

use colvin_testkit::page;
use serde_json::Value;

const PAGES: [&str; 3] = [
    "docs/from-multus-macvlan.md",
    "docs/from-sriov-cni.md",
    "docs/from-surveyor.md",
];

/// Commands that ask a cluster.
const OF_CLUSTERS: [&str; 6] = [
    "colvin networks",
    "colvin why",
    "colvin doctor",
    "colvin neighbors",
    "colvin suggest",
    "colvin import nad --cluster",
];

/// What a command prints in this folder; what goes into a file is written there.
fn printed(line: &str, folder: &Path) -> String {
    let (line, file) = match line.split_once(" > ") {
        Some((line, file)) => (line, Some(file)),
        None => (line, None),
    };
    let output = Command::new(env!("CARGO_BIN_EXE_colvin"))
        .args(line.split_whitespace().skip(1))
        .current_dir(folder)
        .env("KUBECONFIG", "/nonexistent")
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    assert!(output.status.success(), "{line}: {}", text(output.stderr));
    let (out, error) = (text(output.stdout), text(output.stderr));
    match file {
        Some(file) => {
            fs::write(folder.join(file), out).unwrap();
            error
        }
        None => out + &error,
    }
}

fn content(file: &Path) -> String {
    String::from_utf8(fs::read(file).unwrap()).unwrap()
}

/// The name of a YAML file that a line names last.
fn named(line: &str) -> Option<&str> {
    let words = line.split('`').skip(1).step_by(2);
    let is_file = |word: &&str| {
        let extension = Path::new(word).extension();
        extension.is_some_and(|it| it == "yaml") && !word.contains(' ')
    };
    words.filter(is_file).last()
}

/// The page with the outputs that its commands have.
fn with_outputs(page: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = page.lines().peekable();
    let mut text = String::new();
    let mut file = None;
    let mut put = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    while let Some(line) = lines.next() {
        file = named(line).or(file);
        put(line);
        let indent = line.len() - line.trim_start().len();
        match line.trim_start() {
            "```yaml" => {
                let mut yaml = String::new();
                for line in lines.by_ref() {
                    put(line);
                    if line.trim_start() == "```" {
                        break;
                    }
                    yaml.push_str(line);
                    yaml.push('\n');
                }
                fs::write(folder.path().join(file.unwrap()), yaml).unwrap();
            }
            "```console" => {
                for line in lines.by_ref() {
                    let trimmed = line.trim_start();
                    if trimmed == "```" {
                        put(line);
                        break;
                    }
                    let Some(command) = trimmed.strip_prefix("$ ") else {
                        continue;
                    };
                    put(line);
                    let asks = OF_CLUSTERS.iter().any(|it| command.starts_with(it));
                    let shown = match command.strip_prefix("cat ") {
                        Some(file) => content(&folder.path().join(file)),
                        None if command.starts_with("colvin ") && !asks => {
                            printed(command, folder.path())
                        }
                        None => String::new(),
                    };
                    for line in shown.lines() {
                        put(&format!("{:indent$}{line}", ""));
                    }
                }
            }
            _ => {}
        }
    }
    text
}

#[test]
fn m_38_every_command_of_a_page_prints_what_the_page_says() {
    for name in PAGES {
        let wanted = with_outputs(&page::text(name).unwrap());
        let kept = page::kept(name, &wanted).unwrap();
        assert_eq!(
            kept, wanted,
            "{name} is stale: COLVIN_UPDATE=1 cargo test -p colvin --test docs"
        );
    }
}

#[test]
fn every_value_of_the_chart_and_every_page_that_is_named_is_there() {
    let values = page::text("deploy/chart/colvin/values.yaml").unwrap();
    let values: Value = serde_saphyr::from_str(&values).unwrap();
    for name in PAGES {
        let text = page::text(name).unwrap();
        let words = text.split(|letter: char| letter.is_whitespace() || letter == '`');
        let set = words.filter_map(|word| word.split_once('='));
        let set = set.filter(|(value, _)| value.starts_with("attach.") && !value.contains('('));
        for (value, _) in set {
            let at = format!("/{}", value.replace('.', "/"));
            assert!(values.pointer(&at).is_some(), "{name}: {value}");
        }
        for link in text.split("](").skip(1) {
            let link = link.split([')', '#']).next().unwrap();
            let there = page::text(&format!("docs/{link}")).is_ok();
            assert!(there, "{name}: {link}");
        }
    }
}
