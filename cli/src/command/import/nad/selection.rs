//! What a pod's annotation `k8s.v1.cni.cncf.io/networks` asks for: `name`, `namespace/name@interface`, several with
//! commas between, or a JSON list (Network Plumbing Working Group, version 1.3, section 4.1).
//!
//! Left to others: which of them are imported.

use serde_json::{Map, Value};

/// A definition that a pod asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selection {
    /// The definition's namespace, where it is said.
    pub(super) namespace: Option<String>,
    /// Its name.
    pub(super) name: String,
    /// What the interface is called in the pod, where it is said.
    pub(super) interface: Option<String>,
    /// What else is wished of it, as it is written.
    pub(super) wishes: Vec<String>,
}

/// What an annotation asks for, in its order.
///
/// # Errors
/// What is wrong with it.
pub(super) fn selections(text: &str) -> Result<Vec<Selection>, String> {
    let text = text.trim();
    if text.starts_with('[') {
        let list: Vec<Map<String, Value>> =
            serde_json::from_str(text).map_err(|error| format!("it is no JSON list: {error}"))?;
        return list.into_iter().map(of_object).collect();
    }
    let parts = text.split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).map(of_word).collect()
}

fn of_word(word: &str) -> Result<Selection, String> {
    let (place, interface) = match word.split_once('@') {
        Some((place, interface)) => (place, Some(interface)),
        None => (word, None),
    };
    let (namespace, name) = match place.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, place),
    };
    let parts = [Some(name), namespace, interface];
    let odd = |part: &str| part.is_empty() || part.contains(['/', '@', ' ']);
    if parts.into_iter().flatten().any(odd) {
        return Err(format!(
            "{word:?} is none of NAME, NAMESPACE/NAME@INTERFACE"
        ));
    }
    Ok(Selection {
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
        interface: interface.map(str::to_owned),
        wishes: Vec::new(),
    })
}

fn of_object(mut fields: Map<String, Value>) -> Result<Selection, String> {
    let mut text = |key: &str| match fields.remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(format!("{key} is {other}, and text is wanted")),
    };
    let name = text("name")?.ok_or("an entry without name")?;
    let (namespace, interface) = (text("namespace")?, text("interface")?);
    let wishes = fields.into_iter().filter(|(_, value)| !value.is_null());
    Ok(Selection {
        namespace,
        name,
        interface,
        wishes: wishes
            .map(|(key, value)| format!("{key} {value}"))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(namespace: Option<&str>, name: &str, interface: Option<&str>) -> Selection {
        Selection {
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
            interface: interface.map(str::to_owned),
            wishes: Vec::new(),
        }
    }

    #[test]
    fn every_form_of_the_annotation_is_read() {
        assert_eq!(selections(" green ").unwrap(), [plain(None, "green", None)]);
        assert_eq!(
            selections("green, ns/blue@eth5").unwrap(),
            [
                plain(None, "green", None),
                plain(Some("ns"), "blue", Some("eth5"))
            ]
        );
        let json = r#"[{"name": "green", "namespace": "", "interface": "a0"}, {"name": "blue", "ips": ["10.0.0.7/24"], "mac": null}]"#;
        let blue = Selection {
            wishes: vec![r#"ips ["10.0.0.7/24"]"#.to_owned()],
            ..plain(None, "blue", None)
        };
        assert_eq!(
            selections(json).unwrap(),
            [plain(None, "green", Some("a0")), blue]
        );
        assert_eq!(selections("").unwrap(), []);
    }

    #[test]
    fn what_is_no_selection_is_refused() {
        for text in [
            "a/b/c",
            "@x",
            "a@",
            "/a",
            "[{}]",
            "[{\"name\": 7}]",
            "[",
            "a b",
        ] {
            assert!(selections(text).is_err(), "{text:?}");
        }
    }
}
