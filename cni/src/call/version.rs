//! VERSION: which versions of the protocol are spoken. Needs no standard input.

use serde::Serialize;

use crate::json::{self, Document};
use crate::key::Key;
use crate::version::Version;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Form {
    cni_version: String,
    supported_versions: [Version; 5],
}

/// The answer; `cniVersion` is said back where it was given.
pub(super) fn answer(bytes: &[u8]) -> String {
    let given = Document::parse(bytes).ok().and_then(|document| {
        let value = document.object.get(Key::CniVersion.name())?;
        let text: String = serde_json::from_str(value.get()).ok()?;
        (!text.is_empty() && json::shown(value) == value.get()).then_some(text)
    });
    let form = Form {
        cni_version: given.unwrap_or_else(|| Version::default().to_string()),
        supported_versions: Version::ALL,
    };
    serde_json::to_string(&form).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn cni_version_1_versions_are_listed_and_the_asked_one_is_said_back() {
        let supported = json!(["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"]);
        for (input, said) in [
            ("", "1.1.0"),
            ("no json", "1.1.0"),
            (r#"{"cniVersion": "0.3.1"}"#, "0.3.1"),
            (r#"{"cniVersion": "0.2.0"}"#, "0.2.0"),
            (r#"{"cniVersion": 7}"#, "1.1.0"),
            (r#"{"cniVersion": ""}"#, "1.1.0"),
        ] {
            let answer: Value = serde_json::from_str(&answer(input.as_bytes())).unwrap();
            let wanted = json!({"cniVersion": said, "supportedVersions": supported});
            assert_eq!(answer, wanted, "{input}");
        }
    }
}
