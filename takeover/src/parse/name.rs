//! The name of an entry's resource. Left to others: whether another entry has it.

use colvin_model::offer::ResourceName;

use super::entry::Members;
use super::fields;
use crate::json::Node;
use crate::problem::{Problem, Reason};

/// What became of a name.
pub(super) enum Resource {
    /// A resource that can be served.
    Good(ResourceName),
    /// None, with what people may know it by.
    Bad(Option<String>),
}

/// The resource's name: the file's rule first (SDP-02), then the kubelet's (DP-02).
pub(super) fn read(
    entry: &Node,
    members: &Members<'_>,
    default_prefix: &str,
    problems: &mut Vec<Problem>,
) -> Resource {
    let (name, prefix) = match texts(members, problems) {
        Ok(texts) => texts,
        Err(name) => return Resource::Bad(name),
    };
    let line = members
        .get("resourceName")
        .map_or(entry.line, |node| node.line);
    let clean = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    if name.is_empty() || !name.chars().all(clean) {
        let message = if name.is_empty() {
            "it has no resourceName: it is not served".to_owned()
        } else {
            format!(
                "resourceName {name:?} has other letters than a-z, A-Z, 0-9, - and _: it is not served"
            )
        };
        problems.push(Problem::new(
            Reason::BadName,
            line,
            message,
            "give it a name of these letters",
        ));
        return Resource::Bad((!name.is_empty()).then_some(name));
    }
    let prefix = if prefix.is_empty() {
        default_prefix
    } else {
        &prefix
    };
    let full = format!("{prefix}/{name}");
    let Ok(resource) = full.parse::<ResourceName>() else {
        let message = format!("the kubelet takes no resource {full:?}: it is not served");
        let advice = "begin and end the name with a letter or digit, in at most 63, and make the prefix a domain in lower case";
        problems.push(Problem::new(Reason::NotForKubelet, line, message, advice));
        return Resource::Bad(Some(full));
    };
    problems.extend(odd_name(&name, line));
    Resource::Good(resource)
}

/// The name and its prefix, or what is known of the name.
fn texts(
    members: &Members<'_>,
    problems: &mut Vec<Problem>,
) -> Result<(String, String), Option<String>> {
    let mut text = |key| {
        let node = members.get(key);
        let text = node.map_or(Ok(String::new()), |node| fields::text(key, node));
        let wrong = |wrong: fields::Wrong| problems.push(wrong.problem(Reason::BadEntry));
        text.map_err(wrong).ok()
    };
    match (text("resourceName"), text("resourcePrefix")) {
        (Some(name), Some(prefix)) => Ok((name, prefix)),
        (name, _) => Err(name),
    }
}

/// Accepted here, and not by everyone.
fn odd_name(name: &str, line: usize) -> Option<Problem> {
    let message = match (name.contains('-'), name.contains('_')) {
        (true, _) => format!(
            "{name:?} has a -: the environment variable of that name is none that a shell reads, and older SR-IOV network device plugins refuse it"
        ),
        (false, true) => format!("{name:?} has a _, which the SR-IOV network operator refuses"),
        (false, false) => return None,
    };
    let advice = "nothing need be done while pods ask for it by this name";
    Some(Problem::new(Reason::OddName, line, message, advice))
}
