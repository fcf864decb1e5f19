//! Why a pool has no devices: which key leaves none of how many. Left to others: whether it is empty.

use crate::candidate::{Candidate, KeptBack};
use crate::config::{DeviceType, Entry, Selector};
use crate::judge::{Verdict, ask, asked};

/// Says what leaves nothing over, by selector.
pub(super) fn why(entry: &Entry, candidates: &[Candidate<'_>]) -> String {
    let of_type = candidates.iter().filter(|candidate| {
        let is_pf = candidate.kept_back == Some(KeptBack::HasFunctions);
        candidate.device_type == entry.device_type && !is_pf
    });
    let all: Vec<&Candidate<'_>> = of_type.collect();
    let noun = match entry.device_type {
        DeviceType::NetDevice => "network functions",
        DeviceType::Accelerator => "accelerators",
        DeviceType::AuxNetDevice => "subfunctions",
    };
    if all.is_empty() {
        return format!("it has no devices: the node has no {noun}");
    }
    let each: Vec<String> = entry
        .selectors
        .iter()
        .map(|it| of_selector(it, &all))
        .collect();
    format!(
        "it has no devices: of {} {noun} {}",
        all.len(),
        each.join("; or ")
    )
}

fn of_selector(selector: &Selector, all: &[&Candidate<'_>]) -> String {
    let mut left = all.to_vec();
    let mut steps = Vec::new();
    let keys: Vec<_> = all
        .first()
        .map(|first| asked(selector, first).collect())
        .unwrap_or_default();
    for key in keys {
        left.retain(|candidate| ask(key, selector, candidate) == Verdict::Yes);
        steps.push(format!("{} leaves {}", key.as_str(), left.len()));
        if left.is_empty() {
            return steps.join(", ");
        }
    }
    steps.push("those are in pools above, or kept back".to_owned());
    steps.join(", ")
}
