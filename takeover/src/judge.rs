//! Whether a selector selects a device. Left to others: which of several entries gets it.

use colvin_model::Symbol;

use crate::candidate::{Candidate, Known};
use crate::config::{Functions, Item, Selector};
use crate::key::Key;

/// What a selector says of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It selects it.
    Yes,
    /// It does not.
    No,
    /// The kernel does not tell now what this key asks: a driver while none is bound, RDMA of a VF in a pod.
    Hidden(Key),
}

/// Asks a device all that the selector asks. One no is enough.
pub(crate) fn judge(selector: &Selector, candidate: &Candidate<'_>) -> Verdict {
    let mut verdict = Verdict::Yes;
    for key in asked(selector, candidate) {
        match ask(key, selector, candidate) {
            Verdict::No => return Verdict::No,
            Verdict::Hidden(key) => verdict = Verdict::Hidden(key),
            Verdict::Yes => {}
        }
    }
    verdict
}

/// The keys that count.
pub(crate) fn asked<'a>(
    selector: &'a Selector,
    candidate: &'a Candidate<'_>,
) -> impl Iterator<Item = Key> + 'a {
    let asked = |key: &Key| key.is_for(candidate.device_type) && key.is_asked(selector);
    Key::ALL.into_iter().filter(asked)
}

/// Asks a device one thing.
pub(crate) fn ask(key: Key, selector: &Selector, candidate: &Candidate<'_>) -> Verdict {
    match key {
        Key::Vendors => any(key, &selector.vendors, candidate.vendor.as_deref(), false),
        Key::Devices => any(key, &selector.devices, candidate.device.as_deref(), false),
        Key::Drivers => {
            let driver = candidate.driver.map(Symbol::as_str);
            any(key, &selector.drivers, driver, false)
        }
        Key::PciAddresses => any(key, &selector.pci_addresses, Some(&candidate.id), false),
        Key::PfNames => match candidate.pf_name {
            None => Verdict::Hidden(key),
            Some(name) => functions(&selector.pf_names, name.as_str(), candidate.index),
        },
        Key::RootDevices => {
            let pf = candidate.pf.to_string();
            functions(&selector.root_devices, &pf, candidate.index)
        }
        Key::LinkTypes => match candidate.link_type {
            Known::Is(known) => any(key, &selector.link_types, Some(known.as_str()), false),
            Known::None => Verdict::No,
            Known::Hidden => Verdict::Hidden(key),
        },
        Key::IsRdma => match candidate.rdma {
            Known::Is(()) => Verdict::Yes,
            Known::None => Verdict::No,
            Known::Hidden => Verdict::Hidden(key),
        },
        Key::AcpiIndexes | Key::DdpProfiles | Key::PKeys | Key::VdpaType => {
            ask_facts(key, selector, candidate)
        }
        Key::AuxTypes | Key::NeedVhostNet => Verdict::Yes,
    }
}

/// Asks one thing that no inventory has.
fn ask_facts(key: Key, selector: &Selector, candidate: &Candidate<'_>) -> Verdict {
    let facts = candidate.facts;
    match key {
        Key::AcpiIndexes => {
            let index = facts.and_then(|facts| facts.acpi_index);
            let index = index.map(|index| index.to_string());
            any(
                key,
                &selector.acpi_indexes,
                index.as_deref(),
                facts.is_some(),
            )
        }
        Key::DdpProfiles => {
            let own = facts.and_then(|facts| facts.ddp_profile.as_ref());
            let profile = own.or_else(|| candidate.pf_facts?.ddp_profile.as_ref());
            let told = facts.is_some() || candidate.pf_facts.is_some();
            any(
                key,
                &selector.ddp_profiles,
                profile.map(Symbol::as_str),
                told,
            )
        }
        Key::PKeys => {
            let pkey = facts.and_then(|facts| facts.pkey);
            let pkey = pkey.map(|pkey| format!("{pkey:#06x}"));
            let told = facts.is_some() && !candidate.hidden;
            any(key, &selector.pkeys, pkey.as_deref(), told)
        }
        _ => facts.map_or(Verdict::Hidden(key), |facts| {
            yes(facts.vdpa == selector.vdpa_type)
        }),
    }
}

/// Whether one of the items is this text. What is not told is hidden, unless it is known that there is none.
fn any(key: Key, items: &[Item], text: Option<&str>, is_none: bool) -> Verdict {
    match text {
        Some(text) => yes(items.iter().any(|item| item.text == text)),
        None if is_none => Verdict::No,
        None => Verdict::Hidden(key),
    }
}

fn yes(truth: bool) -> Verdict {
    if truth { Verdict::Yes } else { Verdict::No }
}

/// Every item counts, not the first alone (SDP-11).
fn functions(items: &[Functions], pf: &str, index: Option<u32>) -> Verdict {
    let mut items = items.iter();
    yes(items.any(|item| item.pf.eq_ignore_ascii_case(pf) && item.contains(index)))
}
