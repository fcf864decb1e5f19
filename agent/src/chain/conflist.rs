//! The text of a CNI configuration list with our plugin behind the others, or without it. Every other byte stays as it
//! is: what the cluster's network wrote is not ours to put in order.
//!
//! Source: CNI specification, "Configuration format". Left to others: files (`folder`).

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

/// What stands in the list for our plugin. One with more in it was written by somebody, and is his.
pub(crate) const ENTRY: &str = r#"{"type": "colvin-cni"}"#;

const PLUGIN: &str = "colvin-cni";

/// Versions of the protocol in which a plugin is told of the one before it, and that ours speaks.
const VERSIONS: [&str; 5] = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

/// Why our plugin cannot stand in a configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConflistError {
    #[error("it is no configuration list")]
    Malformed(#[from] serde_json::Error),
    #[error(
        "it is one plugin's configuration, behind which no other can stand: write a .conflist with it in `plugins`"
    )]
    OnePlugin,
    #[error("it has no plugin that makes the pod's own interface")]
    Empty,
    #[error("its cniVersion is {version:?}, and colvin-cni speaks {}", VERSIONS.join(", "))]
    Version { version: String },
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(rename = "cniVersion", default)]
    version: String,
    #[serde(borrow)]
    plugins: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Plugin {
    #[serde(rename = "type", default)]
    kind: String,
}

/// The list with our plugin as the last; `None` when it is in it.
///
/// # Errors
/// [`ConflistError`].
pub(crate) fn with(text: &str) -> Result<Option<String>, ConflistError> {
    let (list, plugins) = parse(text)?;
    for plugin in &plugins {
        if serde_json::from_str::<Plugin>(plugin.get())?.kind == PLUGIN {
            return Ok(None);
        }
    }
    if !VERSIONS.contains(&list.version.as_str()) {
        return Err(ConflistError::Version {
            version: list.version,
        });
    }
    let end_of = plugins.last().ok_or(ConflistError::Empty)?;
    let Range { start, end } = place(text, end_of);
    let (before, after) = (
        text.get(..end).unwrap_or_default(),
        text.get(end..).unwrap_or_default(),
    );
    // in the same column as the one before
    let lead = text.get(..start).unwrap_or_default();
    let space = lead
        .get(lead.trim_end().len()..)
        .filter(|space| !space.is_empty());
    Ok(Some(format!(
        "{before},{}{ENTRY}{after}",
        space.unwrap_or(" ")
    )))
}

/// The list without what [`with`] put into it; `None` when that is not in it.
///
/// # Errors
/// [`ConflistError::Malformed`] and [`ConflistError::OnePlugin`].
pub(crate) fn without(text: &str) -> Result<Option<String>, ConflistError> {
    let (_, plugins) = parse(text)?;
    let ours: serde_json::Value = serde_json::from_str(ENTRY)?;
    let mut before: Option<&RawValue> = None;
    for plugin in &plugins {
        if serde_json::from_str::<serde_json::Value>(plugin.get())? == ours
            && let Some(before) = before
        {
            let (from, to) = (place(text, before).end, place(text, plugin).end);
            let kept = [text.get(..from), text.get(to..)];
            return Ok(Some(kept.into_iter().flatten().collect()));
        }
        before = Some(plugin);
    }
    Ok(None)
}

fn parse(text: &str) -> Result<(List<'_>, Vec<&RawValue>), ConflistError> {
    let list: List<'_> = serde_json::from_str(text)?;
    let plugins = list.plugins.ok_or(ConflistError::OnePlugin)?;
    let plugins = serde_json::from_str(plugins.get())?;
    Ok((list, plugins))
}

/// Where in the text a value is that was read of it.
fn place(text: &str, part: &RawValue) -> Range<usize> {
    let start = part
        .get()
        .as_ptr()
        .addr()
        .saturating_sub(text.as_ptr().addr());
    start..start.saturating_add(part.get().len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KINDNET: &str = "{\n\t\"cniVersion\": \"0.3.1\",\n\t\"name\": \"kindnet\",\n\t\"plugins\": [\n\t{\n\t\t\"type\": \"ptp\", \"x\": 1.0 \n\t},\n\t{ \"type\": \"portmap\" }\n\t]\n}\n";

    #[test]
    fn ours_is_put_behind_the_others_and_taken_away_to_the_byte() {
        let chained = with(KINDNET).unwrap().unwrap();
        let wanted = KINDNET.replace(
            "{ \"type\": \"portmap\" }",
            "{ \"type\": \"portmap\" },\n\t{\"type\": \"colvin-cni\"}",
        );
        assert_eq!(chained, wanted);
        assert_eq!(with(&chained).unwrap(), None);
        assert_eq!(without(&chained).unwrap().unwrap(), KINDNET);
        assert_eq!(without(KINDNET).unwrap(), None);
    }

    #[test]
    fn an_entry_that_somebody_wrote_is_his() {
        let own = r#"{"cniVersion": "1.0.0", "plugins": [{"type": "bridge"}, {"type": "colvin-cni", "network": "green"}]}"#;
        assert_eq!(with(own).unwrap(), None);
        assert_eq!(without(own).unwrap(), None);
    }

    #[test]
    fn what_ours_cannot_stand_in_is_said() {
        for (text, said) in [
            ("", "it is no configuration list"),
            (
                r#"{"cniVersion": "1.0.0", "plugins": [{"type""#,
                "it is no configuration list",
            ),
            (
                r#"{"cniVersion": "1.0.0", "plugins": {}}"#,
                "it is no configuration list",
            ),
            (
                r#"{"cniVersion": "1.0.0", "type": "bridge"}"#,
                "it is one plugin's configuration",
            ),
            (
                r#"{"cniVersion": "1.0.0", "plugins": []}"#,
                "it has no plugin",
            ),
            (
                r#"{"cniVersion": "0.2.0", "plugins": [{"type": "bridge"}]}"#,
                "its cniVersion is \"0.2.0\"",
            ),
            (
                r#"{"plugins": [{"type": "bridge"}]}"#,
                "its cniVersion is \"\"",
            ),
        ] {
            let error = with(text).unwrap_err().to_string();
            assert!(error.starts_with(said), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn nothing_else_changes_whatever_is_in_the_list(
            spaces in prop::collection::vec("[ \t\n]{0,3}", 4),
            names in prop::collection::vec("[a-z\"\\\\{}\\[\\],é]{1,8}", 1..4),
        ) {
            let plugins: Vec<String> = names
                .iter()
                .map(|name| serde_json::json!({"type": name, "plugins": [name]}).to_string())
                .collect();
            let [a, b, c, d] = &spaces[..] else { unreachable!() };
            let inner = plugins.join(&format!("{a},{b}"));
            let text = format!(r#"{{"cniVersion":"1.1.0",{c}"plugins":{a}[{b}{inner}{c}]{d}}}"#);
            let chained = with(&text).unwrap().unwrap();
            prop_assert_eq!(with(&chained).unwrap(), None);
            prop_assert_eq!(without(&chained).unwrap().unwrap(), text);
        }
    }
}
