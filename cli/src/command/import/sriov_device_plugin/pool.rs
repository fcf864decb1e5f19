//! What an entry means as a Network: which uplinks, which of their VFs, and what a Network cannot say.
//!
//! A Network's terms are about uplinks; device number and driver in a config file are those of VFs. Left to
//! others: writing the Network.

use colvin_crds::v1alpha1::network::DeviceKind;
use colvin_crds::v1alpha1::network::member::UplinkTerms;
use colvin_model::IfName;
use colvin_model::PciAddress;
use colvin_model::network::{Functions, InvalidFunctions};
use colvin_takeover::{DeviceType, Entry, Functions as Named, Item, Selector};

use super::unsaid;
use crate::config_file::ConfigFile;

/// What the entries of all files mean.
#[derive(Default)]
pub(super) struct Means {
    pub(super) pools: Vec<Pool>,
    /// What a person should know, a line each.
    pub(super) notes: Vec<String>,
    /// What cannot be a Network, a line each.
    pub(super) failures: Vec<String>,
}

/// A Network to be: what entries of one resource have in common that choose the same VFs.
pub(super) struct Pool {
    pub(super) resource: String,
    pub(super) kind: DeviceKind,
    /// VFs by index, or `None` for all.
    pub(super) functions: Option<String>,
    pub(super) pins: Vec<Pin>,
    /// Where the entries stand.
    pub(super) places: Vec<String>,
    /// What the entries say and a Network does not.
    pub(super) unsaid: Vec<String>,
}

/// An uplink that an entry names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pin {
    pub(super) node: Option<String>,
    interface: Option<String>,
    address: Option<String>,
    vendor: Option<String>,
}

impl Pin {
    /// As terms of a member.
    pub(super) fn terms(&self) -> UplinkTerms {
        UplinkTerms {
            node: self.node.clone(),
            interface: self.interface.clone(),
            pci_address: self.address.clone(),
            vendor: self.vendor.clone(),
            ..UplinkTerms::default()
        }
    }

    /// Whether both are the same uplink, as far as they tell. A name and an address may be, and are not judged.
    fn shares_with(&self, other: &Self) -> bool {
        let fits = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
        let alike = self.interface.is_some() == other.interface.is_some();
        alike
            && fits(&self.node, &other.node)
            && self.interface == other.interface
            && self.address == other.address
            && fits(&self.vendor, &other.vendor)
    }

    /// What names it on its node.
    pub(super) fn words(&self) -> String {
        let vendor = self
            .vendor
            .as_ref()
            .map(|vendor| format!("vendor-{vendor}"));
        let named = self.interface.clone().or_else(|| self.address.clone());
        named.or(vendor).unwrap_or_default().to_ascii_lowercase()
    }
}

impl Pool {
    /// The resource without its prefix.
    pub(super) fn name(&self) -> &str {
        self.resource.split_once('/').map_or("", |(_, name)| name)
    }

    /// Whether a device may be in both.
    pub(super) fn shares_with(&self, other: &Self) -> bool {
        let chosen = |pool: &Self| match &pool.functions {
            None => Ok(Functions::all()),
            Some(functions) => functions.parse(),
        };
        let (Ok(own), Ok(others)) = (chosen(self), chosen(other)) else {
            return false;
        };
        let mut pins = self
            .pins
            .iter()
            .flat_map(|a| other.pins.iter().map(move |b| (a, b)));
        self.kind == other.kind
            && !own.shared_with(&others).is_empty()
            && pins.any(|(a, b)| a.shares_with(b))
    }
}

/// Some uplinks and which of their VFs.
struct Part {
    kind: DeviceKind,
    functions: Option<String>,
    pins: Vec<Pin>,
}

impl Means {
    /// Adds an entry of a file.
    pub(super) fn add(&mut self, config: &ConfigFile, entry: &Entry) {
        let place = config.line(entry.line);
        let resource = entry.resource.to_string();
        let what = match entry.device_type {
            DeviceType::NetDevice => None,
            DeviceType::Accelerator => Some("accelerators are on no network"),
            DeviceType::AuxNetDevice => Some("a Network has no subfunctions"),
        };
        if let Some(what) = what {
            self.notes.push(format!(
                "{place}: {resource}: {what}: it is left out; let colvin-agent serve it from the file"
            ));
            return;
        }
        let mut parts = Vec::new();
        let mut unsaid = unsaid::of_entry(entry);
        for selector in &entry.selectors {
            let found = parts_of(selector, config.node.as_deref());
            if found.is_empty() {
                self.failures.push(format!(
                    "{}: {resource}: which uplinks are meant? Device numbers and drivers are those of VFs: write pfNames or rootDevices",
                    config.line(selector.line)
                ));
            }
            parts.extend(found);
            for line in unsaid::of_selector(selector) {
                if !unsaid.contains(&line) {
                    unsaid.push(line);
                }
            }
        }
        for part in parts {
            self.put(&resource, part, &place, &unsaid);
        }
    }

    fn put(&mut self, resource: &str, part: Part, place: &str, unsaid: &[String]) {
        let same = |pool: &&mut Pool| {
            pool.resource == resource && pool.kind == part.kind && pool.functions == part.functions
        };
        if let Some(pool) = self.pools.iter_mut().find(same) {
            add_all(&mut pool.pins, part.pins);
            add_all(&mut pool.places, [place.to_owned()]);
            add_all(&mut pool.unsaid, unsaid.iter().cloned());
        } else {
            self.pools.push(Pool {
                resource: resource.to_owned(),
                kind: part.kind,
                functions: part.functions,
                pins: part.pins,
                places: vec![place.to_owned()],
                unsaid: unsaid.to_vec(),
            });
        }
    }
}

fn add_all<T: PartialEq>(all: &mut Vec<T>, more: impl IntoIterator<Item = T>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

/// The uplinks that a selector names, by the VFs that it chooses of them.
fn parts_of(selector: &Selector, node: Option<&str>) -> Vec<Part> {
    let pin = Pin {
        node: node.map(str::to_owned),
        vendor: match selector.vendors.as_slice() {
            [only] => Some(only.text.clone()),
            _ => None,
        },
        ..Pin::default()
    };
    let named = if selector.root_devices.is_empty() {
        &selector.pf_names
    } else {
        &selector.root_devices
    };
    let mut parts: Vec<Part> = Vec::new();
    for function in named {
        let (Some(uplink), Ok(functions)) = (uplink(function, &pin), functions(function)) else {
            continue;
        };
        match parts.iter_mut().find(|part| part.functions == functions) {
            Some(part) => add_all(&mut part.pins, [uplink]),
            None => parts.push(Part {
                kind: DeviceKind::VirtualFunction,
                functions,
                pins: vec![uplink],
            }),
        }
    }
    if !named.is_empty() {
        return parts;
    }
    let (kind, pins) = if selector.pci_addresses.is_empty() {
        (DeviceKind::VirtualFunction, vendors(selector, &pin))
    } else {
        (DeviceKind::PhysicalFunction, addresses(selector, &pin))
    };
    let part = Part {
        kind,
        functions: None,
        pins,
    };
    Some(part)
        .filter(|part| !part.pins.is_empty())
        .into_iter()
        .collect()
}

/// The uplink of an item of `pfNames` or `rootDevices`.
fn uplink(named: &Named, pin: &Pin) -> Option<Pin> {
    if let Ok(address) = named.pf.parse::<PciAddress>() {
        return Some(Pin {
            address: Some(address.to_string()),
            ..pin.clone()
        });
    }
    let name: Option<IfName> = named.pf.parse().ok();
    name.filter(|name| !name.as_str().contains(['*', '?']))
        .map(|name| Pin {
            interface: Some(name.to_string()),
            ..pin.clone()
        })
}

/// The indexes as a Network writes them, `None` for all; an error for a list of which nothing is left.
fn functions(named: &Named) -> Result<Option<String>, InvalidFunctions> {
    let Some(ranges) = &named.ranges else {
        return Ok(None);
    };
    let most = u32::from(u16::MAX);
    let ranges = ranges.iter().filter(|(first, _)| *first <= most);
    let ranges: Vec<String> = ranges
        .map(|(first, last)| format!("{first}-{}", last.min(&most)))
        .collect();
    let functions: Functions = ranges.join(",").parse()?;
    Ok(Some(functions.to_string()))
}

/// All uplinks of the vendors, where nothing else names any.
fn vendors(selector: &Selector, pin: &Pin) -> Vec<Pin> {
    let vendor = |item: &Item| Pin {
        vendor: Some(item.text.clone()),
        ..pin.clone()
    };
    selector.vendors.iter().map(vendor).collect()
}

/// The functions themselves, as a virtual machine has them.
fn addresses(selector: &Selector, pin: &Pin) -> Vec<Pin> {
    let address = |item: &Item| {
        let address: PciAddress = item.text.parse().ok()?;
        Some(Pin {
            address: Some(address.to_string()),
            ..pin.clone()
        })
    };
    selector.pci_addresses.iter().filter_map(address).collect()
}
