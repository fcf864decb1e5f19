//! The log, and what a program says about itself in `/metrics`.
//!
//! Left to others: a program's own metrics.

use std::fmt;

use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::args::{LogArgs, LogFormat};

/// The log is started once in a program.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the log")]
pub struct LogError(#[from] tracing_subscriber::util::TryInitError);

/// Starts the log: lines on stderr, as the arguments say.
///
/// # Errors
/// [`LogError`] when it was started before.
pub fn init(args: &LogArgs) -> Result<(), LogError> {
    let LogArgs {
        log_format,
        log_level,
    } = args;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let registry = tracing_subscriber::registry().with(log_level.clone());
    match log_format {
        LogFormat::Text => registry.with(lines.with_ansi(false)).try_init()?,
        LogFormat::Json => registry.with(lines.json().flatten_event(true)).try_init()?,
    }
    Ok(())
}

/// A registry whose metrics begin with `colvin_`, with `colvin_build_info`.
pub fn registry(program: &'static str, version: &'static str) -> Registry {
    let mut registry = Registry::with_prefix("colvin");
    registry.register(
        "build",
        "Which program this is; its value is always 1",
        Info::new(vec![("program", program), ("version", version)]),
    );
    registry
}

/// A Markdown table of the registry's metrics, by name: what a page of documentation is held to.
///
/// Labels are read from the samples, so a family appears with its labels only when it has samples.
pub fn table(registry: &Registry) -> String {
    let mut text = String::new();
    // a String takes all that is written to it
    if prometheus_client::encoding::prometheus_text::encode(&mut text, registry).is_err() {
        return String::new();
    }
    let mut rows: Vec<Row> = Vec::new();
    for line in text.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("HELP"), Some(name), help) => rows.push(Row::new(name, help)),
            (Some("#"), Some("TYPE"), Some(name), kind) => {
                if let Some(row) = rows.last_mut().filter(|row| row.name == name) {
                    kind.unwrap_or_default().clone_into(&mut row.kind);
                }
            }
            _ => {
                if let Some(row) = rows.last_mut() {
                    row.see_sample(line);
                }
            }
        }
    }
    rows.sort();
    let head = "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n";
    let rows = rows.iter().map(ToString::to_string);
    std::iter::once(head.to_owned()).chain(rows).collect()
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    name: String,
    kind: String,
    labels: Vec<String>,
    help: String,
}

impl Row {
    fn new(name: &str, help: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            kind: String::new(),
            labels: Vec::new(),
            help: help.unwrap_or_default().trim_end_matches('.').to_owned(),
        }
    }

    /// Learns the names of labels from `name{one="..",two=".."} value`.
    fn see_sample(&mut self, line: &str) {
        let Some((_, rest)) = line.split_once('{') else {
            return;
        };
        // label values of ours hold neither quotes nor equal signs
        let names = rest.split('"').step_by(2);
        for name in names.filter_map(|part| part.strip_suffix('=')) {
            let name = name.trim_start_matches(',').to_owned();
            if !self.labels.contains(&name) && name != "le" {
                self.labels.push(name);
            }
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            kind,
            labels,
            help,
        } = self;
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = labels.join(", ");
        writeln!(f, "| `{name}` | {kind} | {labels} | {help} |")
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::metrics::counter::Counter;

    use super::*;

    #[test]
    fn a_registry_says_which_build_it_is() {
        let mut text = String::new();
        encode(&mut text, &registry("colvin-test", "1.2.3")).unwrap();
        let sample = r#"colvin_build_info{program="colvin-test",version="1.2.3"} 1"#;
        assert!(text.contains(sample), "{text}");
    }

    #[test]
    fn the_table_names_each_metric_as_it_is_scraped() {
        let mut registry = registry("colvin-test", "1.2.3");
        registry.register("frames", "Frames seen", Counter::<u64>::default());
        let table = table(&registry);
        assert_eq!(
            table.lines().skip(2).collect::<Vec<_>>(),
            [
                "| `colvin_build_info` | gauge | `program`, `version` | Which program this is; its value is always 1 |",
                "| `colvin_frames_total` | counter |  | Frames seen |",
            ]
        );
    }
}
