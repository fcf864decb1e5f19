//! Objects out of files, in a cluster's place: what `kubectl get -o yaml` or `-o json` wrote, what `colvin show -o yaml`
//! prints, what a person writes. Lists are taken apart, kinds that nobody asks for are passed over.
//!
//! Left to others: what the objects mean, and whether they are well written (`colvin lint`).

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde_json::Value;

/// The most bytes that a file may have: 50,000 nodes of 8 kB.
const FILE_LIMIT_BYTES: u64 = 400 << 20;

/// The objects of all files, in their order.
///
/// # Errors
/// When a file cannot be read, or is neither YAML nor JSON.
pub(super) fn read(files: &[PathBuf]) -> anyhow::Result<Vec<Value>> {
    let mut objects = Vec::new();
    for file in files {
        let text = text_of(file).with_context(|| format!("cannot read {}", file.display()))?;
        let documents = documents(&text)
            .with_context(|| format!("{} is neither YAML nor JSON", file.display()))?;
        for document in documents {
            take_apart(document, &mut objects);
        }
    }
    Ok(objects)
}

fn text_of(file: &Path) -> anyhow::Result<String> {
    let mut bytes = Vec::new();
    if file.as_os_str() == "-" {
        io::stdin()
            .lock()
            .take(FILE_LIMIT_BYTES)
            .read_to_end(&mut bytes)?;
    } else {
        File::open(file)?
            .take(FILE_LIMIT_BYTES)
            .read_to_end(&mut bytes)?;
    }
    if u64::try_from(bytes.len()).is_ok_and(|bytes| bytes >= FILE_LIMIT_BYTES) {
        bail!("it has {FILE_LIMIT_BYTES} bytes or more");
    }
    Ok(String::from_utf8(bytes)?)
}

/// The documents of a text. JSON is read as such: it is many times faster than as YAML.
fn documents(text: &str) -> anyhow::Result<Vec<Value>> {
    if text.trim_start().starts_with('{') {
        let stream = serde_json::Deserializer::from_str(text).into_iter();
        return Ok(stream.collect::<Result<_, _>>()?);
    }
    // the file is the user's own and its size is bounded: YAML's own budget would refuse a large cluster
    let options = serde_saphyr::options! { budget: None };
    Ok(serde_saphyr::from_multiple_with_options(text, options)?)
}

/// An object, or those of a list.
fn take_apart(document: Value, to: &mut Vec<Value>) {
    match document {
        Value::Object(mut fields) => {
            let is_list = fields
                .get("kind")
                .and_then(Value::as_str)
                .is_some_and(|kind| kind.ends_with("List"));
            match fields.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) if is_list => to.extend(items),
                _ => to.push(Value::Object(fields)),
            }
        }
        Value::Array(items) => {
            for item in items {
                take_apart(item, to);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The objects of one kind, each with its name, taken out of `objects`.
pub(super) fn of_kind<'a>(
    objects: &'a [Value],
    group: &'a str,
    kind: &'a str,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let is_one = move |object: &&Value| {
        let text = |field: &str| {
            object
                .get(field)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let of_group = text("apiVersion")
            .split_once('/')
            .map_or("", |(group, _)| group);
        text("kind") == kind && of_group == group
    };
    objects.iter().filter(is_one).map(|object| {
        let name = object.pointer("/metadata/name").and_then(Value::as_str);
        (name.unwrap_or_default(), object)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let mut objects = Vec::new();
        for document in documents(text).unwrap() {
            take_apart(document, &mut objects);
        }
        let found = of_kind(&objects, "colvin.dev", "Network");
        found.map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn objects_are_found_in_documents_and_in_lists() {
        let network = |name: &str| {
            format!(
                "{{\"apiVersion\": \"colvin.dev/v1alpha1\", \"kind\": \"Network\", \"metadata\": {{\"name\": \"{name}\"}}}}"
            )
        };
        let list = format!(
            "{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{}, {}]}}",
            network("a"),
            network("b")
        );
        assert_eq!(names(&list), ["a", "b"]);
        assert_eq!(
            names(&format!("{list}\n{}", network("c"))),
            ["a", "b", "c"],
            "JSON after JSON"
        );
        let yaml = "---\napiVersion: colvin.dev/v1alpha1\nkind: Network\nmetadata: {name: d}\n---\n---\n\
                    apiVersion: v1\nkind: Node\nmetadata: {name: e}\n";
        assert_eq!(names(yaml), ["d"]);
        assert_eq!(
            names("apiVersion: networking.istio.io/v1\nkind: Network\nmetadata: {name: f}\n"),
            [""; 0]
        );
        assert_eq!(names(""), [""; 0]);
    }

    #[test]
    fn a_text_that_is_none_of_both_is_refused() {
        for text in ["{\"a\": ", "{} x", "a: [", "\u{0}"] {
            assert!(documents(text).is_err(), "{text:?}");
        }
    }
}
