//! The verdict: why a pod is pending, in a line. Left to others: what is below it.

use super::{Ask, Candidate, Explanation, Meaning, Obstacle, State};

/// How many names stand in a line before the rest is counted.
const SHOWN: usize = 4;

/// Names with commas between, the first few of them and how many more there are; all where `all` says so.
pub(crate) fn names(names: &[impl AsRef<str>], all: bool) -> String {
    let texts: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match texts.get(..SHOWN) {
        Some(first) if !all && texts.len() > SHOWN + 1 => {
            format!("{} and {} more", first.join(", "), texts.len() - SHOWN)
        }
        _ => texts.join(", "),
    }
}

/// `a`, `a and b`, `a, b and c`; of many the first few.
fn listed(texts: &[String]) -> String {
    match texts {
        [] => String::new(),
        [one] => one.clone(),
        many if many.len() > SHOWN + 1 => names(many, false),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// The answer in a line.
pub(crate) fn verdict(explanation: &Explanation) -> String {
    let pod = &explanation.pod;
    match &explanation.state {
        State::Pending { nominated } => {
            match nominated.as_deref().filter(|node| !node.is_empty()) {
                Some(node) => {
                    format!(
                        "the scheduler makes room for {pod} on {node}: it evicts pods there that matter less"
                    )
                }
                None => pending(explanation),
            }
        }
        State::Gated(gates) => {
            let gates = names(gates, true);
            format!(
                "{pod} has scheduling gates ({gates}): no node is sought before who set them takes them away"
            )
        }
        State::Placed { node, waiting } => {
            let waiting = waiting
                .as_deref()
                .unwrap_or("its containers have not started");
            format!("{pod} has its node, {node}, and waits for the kubelet there: {waiting}")
        }
        State::Runs { node } => format!("{pod} is not pending: it is on {node}"),
        State::Over { node, failed, why } => {
            let how = if *failed { "failed" } else { "ended" };
            let place = node
                .as_deref()
                .map_or_else(String::new, |node| format!(" on {node}"));
            let why = why
                .as_deref()
                .map_or_else(String::new, |why| format!(": {why}"));
            let again = if *failed {
                "; a pod that failed is not scheduled again"
            } else {
                ""
            };
            format!("{pod} is not pending: it {how}{place}{why}{again}")
        }
        State::Leaving => format!("{pod} is being deleted"),
    }
}

/// The verdict for a pod that waits for the scheduler.
fn pending(explanation: &Explanation) -> String {
    let nothing = explanation.asks.iter().find_map(|ask| match &ask.meaning {
        Meaning::Nothing(why) => Some(why),
        Meaning::Network(_) | Meaning::Claimed(_) | Meaning::Elsewhere => None,
    });
    if let Some(why) = nothing {
        return why.clone();
    }
    let unreached = |(at, ask): (usize, &Ask)| {
        let by = explanation.nodes.iter().any(|node| reaches(node, at));
        (!by).then(|| nobody(ask))
    };
    if let Some(none) = explanation.asks.iter().enumerate().find_map(unreached) {
        return none;
    }
    if explanation.asks.is_empty() {
        return without_devices(explanation);
    }
    let together: Vec<&Candidate> = explanation
        .nodes
        .iter()
        .filter(|node| node.reaches_all())
        .collect();
    if together.is_empty() {
        return apart(explanation);
    }
    reached(explanation, &together)
}

fn reaches(node: &Candidate, at: usize) -> bool {
    node.devices.get(at).is_some_and(|devices| devices.reached)
}

fn nobody(ask: &Ask) -> String {
    match ask.network() {
        Some(network) => format!("no node reaches {network}: colvin why NODE {network} says why"),
        None => format!(
            "no node has {}: kubectl describe nodes lists what they have",
            ask.resource
        ),
    }
}

/// The verdict for a pod that asks for no device.
fn without_devices(explanation: &Explanation) -> String {
    let pod = &explanation.pod;
    let fitting: Vec<&str> = explanation
        .fitting()
        .map(|node| node.node.as_str())
        .collect();
    match fitting.as_slice() {
        [] if explanation.nodes.is_empty() => {
            format!("{pod} asks for no network, and no node is known")
        }
        [] => format!("{pod} asks for no network, and something else keeps it from every node"),
        some => format!(
            "{pod} asks for no network, and fits on {}",
            names(some, false)
        ),
    }
}

/// The verdict where each network has its nodes, and no node has all.
fn apart(explanation: &Explanation) -> String {
    let each = explanation.asks.iter().enumerate().map(|(at, ask)| {
        let nodes = explanation.nodes.iter().filter(|node| reaches(node, at));
        let nodes: Vec<&str> = nodes.map(|node| node.node.as_str()).collect();
        format!("{} by {}", ask.called(), names(&nodes, false))
    });
    let each: Vec<String> = each.collect();
    let asked: Vec<String> = explanation
        .asks
        .iter()
        .map(|ask| ask.called().to_owned())
        .collect();
    let all = if asked.len() == 2 { "both " } else { "all of " };
    format!(
        "no node reaches {all}{}: {}",
        listed(&asked),
        each.join("; ")
    )
}

/// The verdict where nodes have all networks that are asked for.
fn reached(explanation: &Explanation, together: &[&Candidate]) -> String {
    let asked: Vec<String> = explanation
        .asks
        .iter()
        .map(|ask| ask.called().to_owned())
        .collect();
    let several = asked.len() > 1;
    let are = if several { "are" } else { "is" };
    let networks = explanation.asks.iter().any(|ask| ask.network().is_some());
    let how = if networks { "reached" } else { "offered" };
    let free: Vec<&str> = together
        .iter()
        .filter(|node| node.obstacles.is_empty())
        .map(|node| node.node.as_str())
        .collect();
    if !free.is_empty() {
        let fit = names(&free, false);
        return format!(
            "{} {are} {how} by {fit}, and nothing is seen that keeps the pod away there",
            listed(&asked)
        );
    }
    let only = if together.len() == 1 { " only" } else { "" };
    let nodes: Vec<String> = together
        .iter()
        .map(|node| {
            format!(
                "{}{only} ({})",
                node.node,
                obstacles(&node.obstacles, several)
            )
        })
        .collect();
    format!("{} {are} {how} by {}", listed(&asked), listed(&nodes))
}

/// All that keeps a pod from a node.
pub(crate) fn obstacles(obstacles: &[Obstacle], named: bool) -> String {
    let told: Vec<String> = obstacles.iter().map(|one| one.told(named)).collect();
    told.join("; ")
}
