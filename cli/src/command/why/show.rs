//! The answer for people. Left to others: the answer.

use std::borrow::Cow;

use colvin_crds::v1alpha1::NodeTopology;
use colvin_model::network::{Belonging, Found, NearMiss, Why as Reason};

use crate::args::cluster::Why;
use crate::output::{Output, Tone};
use crate::ports::count;
use crate::reach::{Answer, Published};

/// Shows the answer in a line, then each uplink with its reasons.
///
/// # Errors
/// When it cannot be written.
pub(super) fn show(
    output: &mut Output<'_>,
    args: &Why,
    answers: &[Answer<'_>],
    topology: &NodeTopology,
) -> anyhow::Result<()> {
    output.line(&head(args, answers))?;
    for answer in answers {
        let (tone, mark) = match answer.why() {
            _ if answer.is_on() => (Tone::Good, "+"),
            Some(Reason::On(_) | Reason::Refused(_)) | None => (Tone::Odd, "!"),
            Some(Reason::NoMatch(_) | Reason::NoMembers) => (Tone::Aside, "-"),
        };
        let (line, reasons) = told(answer, &args.network, topology);
        output.marked(tone, mark, &line)?;
        for reason in reasons {
            output.line(&format!("    {reason}"))?;
        }
        if let Some(difference) = answer.difference() {
            output.marked(Tone::Odd, "  !", &difference)?;
        }
    }
    Ok(())
}

fn head(args: &Why, answers: &[Answer<'_>]) -> String {
    let on: Vec<&str> = answers
        .iter()
        .filter(|answer| answer.is_on())
        .map(Answer::called)
        .collect();
    let (node, network) = (&args.node, &args.network);
    match (on.as_slice(), answers.len()) {
        ([], 0) => format!("{node} does not reach {network}: it has no uplink"),
        ([], 1) => format!("{node} does not reach {network}: its one uplink is not on it"),
        ([], all) => format!(
            "{node} does not reach {network}: none of its {} is on it",
            count(all, "uplink")
        ),
        (some, _) => format!("{node} reaches {network} by {}", some.join(" and ")),
    }
}

/// What is said of an uplink, and the reasons below it.
fn told(answer: &Answer<'_>, network: &str, topology: &NodeTopology) -> (String, Vec<String>) {
    let uplink = answer.uplink;
    let called: Cow<'_, str> = match &uplink.name {
        Some(name) if *name != uplink.id => format!("{name} ({})", uplink.id).into(),
        _ => uplink.id.as_str().into(),
    };
    let is_not = if answer.is_on() {
        "is by these objects not"
    } else {
        "is not"
    };
    match answer.why() {
        Some(Reason::On(belonging)) => {
            let member = &belonging.evidence.member;
            let line = if answer.is_on() {
                format!("{called} is on {network} by the member {member}:")
            } else {
                format!("{called} is not on {network} yet, though the member {member} matches:")
            };
            (line, evidence(belonging, &answer.published))
        }
        Some(Reason::Refused(refusal)) => {
            let line =
                format!("{called} {is_not} on {network}, though a member matches: {refusal}");
            (line, findings(topology, &uplink.id).collect())
        }
        Some(Reason::NoMatch(miss)) => {
            let mut reasons = vec![words(miss)];
            if miss.found == Found::NoNeighbor {
                reasons.push(format!("its link is {}", uplink.link));
                reasons.extend(findings(topology, &uplink.id));
            }
            let NearMiss {
                member,
                holding,
                terms,
                ..
            } = miss;
            let hold = match (holding, terms) {
                (_, 1) => "its one term does not hold".to_owned(),
                (0, terms) => format!("none of its {terms} terms holds"),
                (1, terms) => format!("1 of its {terms} terms holds"),
                (holding, terms) => format!("{holding} of its {terms} terms hold"),
            };
            (
                format!(
                    "{called} {is_not} on {network}: the member {member} comes nearest, {hold}"
                ),
                reasons,
            )
        }
        Some(Reason::NoMembers) => (
            format!("{called} {is_not} on {network}: the Network has no members"),
            Vec::new(),
        ),
        None => (
            format!("{called} has an id that is neither a PCI address nor a name"),
            Vec::new(),
        ),
    }
}

/// The terms that hold, and what the Network has there.
fn evidence(belonging: &Belonging, published: &Published<'_>) -> Vec<String> {
    let matches = belonging.evidence.matches.iter();
    let mut reasons: Vec<String> = matches
        .map(|found| {
            let (name, value, wanted) = (found.term.name(), &found.value, found.term.wanted());
            if wanted == *value {
                format!("{name} is {value}, as wanted")
            } else {
                format!("{name} is {value}, wanted {wanted}")
            }
        })
        .collect();
    // the agent knows which VFs there are, the object only how many there can be
    let functions = match published {
        Published::On(on) => on.functions.clone(),
        Published::Refused(_) | Published::Not | Published::NoAgent => {
            (!belonging.functions.is_empty()).then(|| belonging.functions.to_string())
        }
    };
    reasons.extend(functions.map(|functions| format!("it has the VFs {functions} there")));
    reasons.extend(
        belonging
            .overlaps
            .iter()
            .map(|overlap| format!("{overlap}, which is older")),
    );
    reasons
}

/// What is there in place of what was wanted.
fn words(NearMiss { term, found, .. }: &NearMiss) -> String {
    let (name, wanted) = (term.name(), term.wanted());
    match found {
        Found::NoNeighbor => {
            format!("nobody is heard at the other end: {name} is wanted to be {wanted}")
        }
        Found::Absent if name == "subnet" => {
            format!("it has no address: one in {wanted} is wanted")
        }
        Found::Absent => format!("it has no {name}: {wanted} is wanted"),
        Found::Unread | Found::Values(_) => format!("{name} is {found}, wanted {wanted}"),
    }
}

/// What is odd about an uplink.
fn findings<'a>(topology: &'a NodeTopology, uplink: &'a str) -> impl Iterator<Item = String> + 'a {
    let findings = topology.status.findings.iter();
    let about = findings.filter(move |finding| finding.uplink.as_deref() == Some(uplink));
    about.map(|finding| format!("{} [{}]", finding.message, finding.reason))
}
