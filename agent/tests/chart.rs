//! The Helm chart, as far as it can be checked without helm: its values, their schema and what is
//! said about them agree.
//!
//! Left to others: what helm makes of it and what the API server says (`kube_chart.rs`,
//! `kube_admission.rs`).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test reads the repository's files"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(file: &str) -> String {
    fs::read_to_string(top().join(file)).unwrap()
}

fn yaml(file: &str) -> Value {
    serde_saphyr::from_str(&text(file)).unwrap()
}

fn schema() -> Value {
    serde_json::from_str(&text("deploy/chart/colvin/values.schema.json")).unwrap()
}

/// The schema that `$ref` names, or the schema itself.
fn resolved<'s>(whole: &'s Value, part: &'s Value) -> &'s Value {
    match part.get("$ref").and_then(Value::as_str) {
        Some(name) => whole.pointer(name.trim_start_matches('#')).unwrap(),
        None => part,
    }
}

/// What is wrong with a value: the part of JSON schema that ours uses, but for patterns.
fn faults(whole: &Value, part: &Value, value: &Value, at: &str, wrong: &mut Vec<String>) {
    let part = resolved(whole, part);
    if let Some(choices) = part.get("anyOf").and_then(Value::as_array) {
        let fits = choices.iter().any(|choice| {
            let mut wrong = Vec::new();
            faults(whole, choice, value, at, &mut wrong);
            wrong.is_empty()
        });
        if !fits {
            wrong.push(format!("{at}: {value} fits none of its schemas"));
        }
        return;
    }
    let fits = match part["type"].as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        other => panic!("{at}: the schema has the type {other}"),
    };
    if !fits {
        wrong.push(format!("{at}: {value} is no {}", part["type"]));
    }
    if let Some(words) = part.get("enum").and_then(Value::as_array)
        && !words.contains(value)
    {
        wrong.push(format!("{at}: {value} is none of {words:?}"));
    }
    if let Some(items) = part.get("items") {
        for item in value.as_array().into_iter().flatten() {
            faults(whole, items, item, at, wrong);
        }
    }
    let nothing = Map::new();
    let known = part["properties"].as_object().unwrap_or(&nothing);
    for (key, value) in value.as_object().into_iter().flatten() {
        let at = format!("{at}.{key}");
        match (known.get(key), part.get("additionalProperties")) {
            (Some(part), _) | (None, Some(part @ Value::Object(_))) => {
                faults(whole, part, value, &at, wrong);
            }
            (None, Some(Value::Bool(false))) => wrong.push(format!("{at}: is not in the schema")),
            (None, _) => {}
        }
    }
}

fn faults_of(values: &Value) -> Vec<String> {
    let (whole, mut wrong) = (schema(), Vec::new());
    faults(&whole, &whole, values, "", &mut wrong);
    wrong
}

/// The paths of the schema's own values.
fn said(whole: &Value, part: &Value, at: &str, paths: &mut BTreeSet<String>) {
    for (key, part) in part["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}.{key}");
        said(whole, resolved(whole, part), &at, paths);
        paths.insert(at);
    }
}

#[test]
fn the_defaults_fit_their_schema() {
    assert_eq!(faults_of(&yaml("deploy/chart/colvin/values.yaml")), [""; 0]);
}

#[test]
fn the_values_for_kind_fit_the_schema() {
    assert_eq!(faults_of(&yaml("kind-configs/values.yaml")), [""; 0]);
}

#[test]
fn a_mistyped_value_is_refused() {
    for values in [
        json!({"agnet": {}}),
        json!({"agent": {"admin": {"prot": 1}}}),
        json!({"agent": {"logFormat": "xml"}}),
        json!({"controller": {"replicas": "two"}}),
        json!({"agent": {"maxSurge": true}}),
        json!({"agent": {"extraArgs": [1]}}),
    ] {
        assert_eq!(faults_of(&values).len(), 1, "{values}");
    }
}

#[test]
fn every_value_of_the_schema_has_a_default() {
    let (whole, mut paths) = (schema(), BTreeSet::new());
    said(&whole, &whole, "", &mut paths);
    let values = yaml("deploy/chart/colvin/values.yaml");
    // given by a chart above this one; what the API server's own types have; a secret's name
    let elsewhere = [
        ".global",
        ".metrics.podMonitor.credentials.name",
        ".metrics.podMonitor.credentials.key",
    ];
    let missing: Vec<&String> = paths
        .iter()
        .filter(|path| values.pointer(&path.replace('.', "/")).is_none())
        .filter(|path| !elsewhere.contains(&path.as_str()))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_object_of_the_schema_is_closed_or_says_what_is_in_it() {
    fn open(part: &Value, at: &str, found: &mut Vec<String>) {
        for (key, part) in part["properties"].as_object().into_iter().flatten() {
            open(part, &format!("{at}.{key}"), found);
        }
        if part.get("properties").is_some() && part["additionalProperties"] != false {
            found.push(at.to_owned());
        }
    }
    let (whole, mut found) = (schema(), Vec::new());
    open(&whole, "", &mut found);
    for (name, part) in whole["definitions"].as_object().unwrap() {
        open(part, name, &mut found);
    }
    assert_eq!(found, [""; 0]);
}

#[test]
fn every_default_is_explained_above_it() {
    let lines: Vec<String> = text("deploy/chart/colvin/values.yaml")
        .lines()
        .map(str::to_owned)
        .collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    for (number, line) in lines.iter().enumerate() {
        let key = line.trim_start();
        if key.is_empty() || key.starts_with('#') || key.starts_with('-') {
            continue;
        }
        // what Kubernetes' own types say needs no words of ours
        if key.starts_with("requests:") || key.starts_with("limits:") {
            continue;
        }
        let explained = lines[..number]
            .iter()
            .rev()
            .take_while(|above| depth(above) == depth(line) && !above.trim().is_empty())
            .any(|above| above.trim_start().starts_with('#'));
        assert!(explained, "line {}: {line}", number + 1);
    }
}

#[test]
fn the_chart_has_the_version_of_the_programs() {
    let chart = yaml("deploy/chart/colvin/Chart.yaml");
    assert_eq!(chart["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(chart["appVersion"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_image_has_every_program_that_the_chart_runs() {
    let image = text("deploy/Containerfile");
    for (file, program) in [
        ("agent/daemonset.yaml", "/colvin-agent"),
        ("controller/deployment.yaml", "/colvin-controller"),
    ] {
        let template = text(&format!("deploy/chart/colvin/templates/{file}"));
        assert!(template.contains(&format!("command: [{program}]")));
        assert!(image.contains(&format!(" {program}\n")), "{program}");
    }
}

#[test]
fn every_metric_of_an_alert_is_one_of_a_program() {
    let rules = text("deploy/chart/colvin/templates/metrics/prometheusrule.yaml");
    let page = text("docs/reference/metrics.md");
    let words = rules.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let used: BTreeSet<&str> = words.filter(|word| word.starts_with("colvin_")).collect();
    assert!(used.len() > 4, "{used:?}");
    // each program holds its table to what it registers
    let known = |name: &&&str| page.contains(&format!("| `{name}` |"));
    let missing: Vec<&&str> = used.iter().filter(|name| !known(name)).collect();
    assert_eq!(missing, [&""; 0]);
}

#[test]
fn every_alert_is_explained_in_the_page_for_operators() {
    let rules = text("deploy/chart/colvin/templates/metrics/prometheusrule.yaml");
    let page = text("docs/operating.md");
    let names = rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "));
    let missing: Vec<&str> = names
        .filter(|name| !page.contains(&format!("| `{name}` |")))
        .collect();
    assert_eq!(missing, [""; 0]);
}
