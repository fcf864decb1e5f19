//! A `Network` compiled to what the mapping understands. What the API server's schema refuses is
//! refused here too: a file that is linted has met no API server.
//!
//! Left to others: who is on the network (`colvin_model::network`).

use std::collections::BTreeMap;
use std::time::Duration;

use colvin_model::network::{self as model, Functions, Pattern, Shares, Subnet, Term};
use colvin_model::{NetworkName, Symbol, offer as model_offer};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::member::{Member, NeighborTerms, UplinkTerms};
use super::{Advertise, DeviceKind, Devices, LinkDown, MembershipLost, Network, Placement, Policy};

/// How many pods of a node share one uplink where the Network does not say.
pub const DEFAULT_SHARES: u16 = 64;

/// A `Network` that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct InvalidNetwork {
    /// The field, as `spec.members[0].neighbor.vlan`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

fn invalid(path: impl Into<String>, message: &(impl ToString + ?Sized)) -> InvalidNetwork {
    InvalidNetwork {
        path: path.into(),
        message: message.to_string(),
    }
}

impl TryFrom<&Network> for model::NetworkSpec {
    type Error = InvalidNetwork;

    fn try_from(network: &Network) -> Result<Self, InvalidNetwork> {
        let name = network.metadata.name.as_deref().unwrap_or_default();
        let name: NetworkName = name
            .parse()
            .map_err(|error| invalid("metadata.name", &error))?;
        let created = network.metadata.creation_timestamp.as_ref();
        // what was never created is the youngest
        let created = created.map_or(i64::MAX, |time| time.0.as_second());
        let members = network.spec.members.iter().enumerate();
        let members: Result<Vec<_>, _> = members
            .map(|(place, each)| member(each, &format!("spec.members[{place}]")))
            .collect();
        let devices = &network.spec.devices;
        Self::new(
            name,
            created,
            kind(devices)?,
            devices.exclusive_uplink,
            members?,
        )
        .map(|compiled| {
            compiled.offered(
                advertise(network.spec.advertise),
                policy(&network.spec.policy),
            )
        })
        .map_err(|error| invalid("spec.members", &error))
    }
}

const fn advertise(advertise: Advertise) -> model::Advertise {
    match advertise {
        Advertise::DevicePlugin => model::Advertise::DevicePlugin,
        Advertise::Dra => model::Advertise::Dra,
    }
}

fn policy(policy: &Policy) -> model::Policy {
    let usual = model::Policy::default();
    model::Policy {
        link_down: match policy.link_down {
            None => usual.link_down,
            Some(LinkDown::Report) => model::Effect::Report,
            Some(LinkDown::NoSchedule) => model::Effect::NoSchedule,
            Some(LinkDown::NoExecute) => model::Effect::NoExecute,
        },
        membership_lost: match policy.membership_lost {
            None => usual.membership_lost,
            Some(MembershipLost::NoSchedule) => model::Effect::NoSchedule,
            Some(MembershipLost::NoExecute) => model::Effect::NoExecute,
        },
        hold_down: policy.hold_down_seconds.map_or(usual.hold_down, |seconds| {
            Duration::from_secs(seconds.into())
        }),
        placement: match policy.placement {
            None => usual.placement,
            Some(Placement::Packed) => model_offer::Placement::Packed,
            Some(Placement::Spread) => model_offer::Placement::Spread,
        },
    }
}

fn kind(devices: &Devices) -> Result<model::Devices, InvalidNetwork> {
    let path = "spec.devices";
    if devices.functions.is_some() && devices.kind != DeviceKind::VirtualFunction {
        let message = "functions chooses VFs: it needs kind VirtualFunction";
        return Err(invalid(format!("{path}.functions"), message));
    }
    let is_shared = matches!(
        devices.kind,
        DeviceKind::Macvlan | DeviceKind::Ipvlan | DeviceKind::Vlan
    );
    if devices.shares.is_some() && !is_shared {
        let message = "shares counts what is shared: it needs kind Macvlan, Ipvlan or Vlan";
        return Err(invalid(format!("{path}.shares"), message));
    }
    let shares = || {
        Shares::new(devices.shares.unwrap_or(DEFAULT_SHARES))
            .map_err(|error| invalid(format!("{path}.shares"), &error))
    };
    Ok(match devices.kind {
        DeviceKind::VirtualFunction => {
            let functions = devices.functions.as_deref().map(str::parse::<Functions>);
            let functions = functions
                .transpose()
                .map_err(|error| invalid(format!("{path}.functions"), &error))?;
            model::Devices::VirtualFunction(functions.unwrap_or_else(Functions::all))
        }
        DeviceKind::PhysicalFunction => model::Devices::PhysicalFunction,
        DeviceKind::Macvlan => model::Devices::Macvlan(shares()?),
        DeviceKind::Ipvlan => model::Devices::Ipvlan(shares()?),
        DeviceKind::Vlan => model::Devices::Vlan(shares()?),
    })
}

fn member(member: &Member, path: &str) -> Result<model::Member, InvalidNetwork> {
    let mut terms = Terms {
        path,
        read: Vec::new(),
        grips: false,
    };
    if let Some(neighbor) = &member.neighbor {
        terms.of_neighbor(neighbor)?;
    }
    if let Some(subnet) = &member.subnet {
        terms.subnet(subnet)?;
    }
    if let Some(uplink) = &member.uplink {
        terms.of_uplink(uplink)?;
    }
    if !terms.grips {
        let message = "it says nothing of the uplink itself, so it would take every uplink of the nodes \
                       it chooses: add a term of neighbor or uplink that is more than *, or a subnet";
        return Err(invalid(path, message));
    }
    model::Member::new(Symbol::from(member.name.as_str()), terms.read)
        .map_err(|error| invalid(path, &error))
}

/// The terms of a member while they are read.
struct Terms<'a> {
    path: &'a str,
    read: Vec<Term>,
    /// Whether one of them says something of the uplink itself.
    grips: bool,
}

impl Terms<'_> {
    fn of_neighbor(&mut self, terms: &NeighborTerms) -> Result<(), InvalidNetwork> {
        let NeighborTerms {
            system_name,
            chassis_id,
            port_id,
            port_description,
            vlan,
            vlan_name,
        } = terms;
        self.text(
            "neighbor.systemName",
            "neighbor.systemName",
            system_name.as_ref(),
        )?;
        self.text(
            "neighbor.chassisId",
            "neighbor.chassisId",
            chassis_id.as_ref(),
        )?;
        self.text("neighbor.portId", "neighbor.portId", port_id.as_ref())?;
        let description = "neighbor.portDescription";
        self.text(description, description, port_description.as_ref())?;
        self.text("neighbor.vlanName", "neighbor.vlanName", vlan_name.as_ref())?;
        if let Some(vlan) = vlan {
            let path = format!("{}.neighbor.vlan", self.path);
            let numbers = vlans(vlan).map_err(|message| invalid(&path, &message))?;
            let term = Term::number("neighbor.vlan", numbers);
            self.read
                .push(term.map_err(|error| invalid(&path, &error))?);
            self.grips = true;
        }
        Ok(())
    }

    fn of_uplink(&mut self, terms: &UplinkTerms) -> Result<(), InvalidNetwork> {
        let UplinkTerms {
            node,
            node_selector,
            interface,
            alt_name,
            pci_address,
            mac,
            driver,
            vendor,
            device,
        } = terms;
        if let Some(node) = node {
            let path = format!("{}.uplink.node", self.path);
            let term = Term::node([pattern(node, &path)?]);
            self.read
                .push(term.map_err(|error| invalid(&path, &error))?);
        }
        self.labels(node_selector)?;
        self.text("interface", "uplink.interface", interface.as_ref())?;
        self.text("altName", "uplink.altName", alt_name.as_ref())?;
        self.text("pciAddress", "uplink.pciAddress", pci_address.as_ref())?;
        self.text("mac", "uplink.mac", mac.as_ref())?;
        self.text("driver", "uplink.driver", driver.as_ref())?;
        self.text("vendor", "uplink.vendor", vendor.as_ref())?;
        self.text("device", "uplink.device", device.as_ref())
    }

    fn labels(
        &mut self,
        labels: &BTreeMap<String, super::LabelValue>,
    ) -> Result<(), InvalidNetwork> {
        for (key, value) in labels {
            let value = Symbol::from(value.0.as_str());
            let term = Term::node_label(Symbol::from(key.as_str()), [value]);
            let path = || format!("{}.uplink.nodeSelector", self.path);
            self.read
                .push(term.map_err(|error| invalid(path(), &error))?);
        }
        Ok(())
    }

    fn subnet(&mut self, subnet: &str) -> Result<(), InvalidNetwork> {
        let path = format!("{}.subnet", self.path);
        let subnet: Subnet = subnet.parse().map_err(|error| invalid(&path, &error))?;
        let term = Term::subnet([subnet]);
        self.read
            .push(term.map_err(|error| invalid(&path, &error))?);
        self.grips = true;
        Ok(())
    }

    /// A pattern for an attribute of the table, at this place of the member.
    fn text(
        &mut self,
        attribute: &str,
        at: &str,
        wanted: Option<&String>,
    ) -> Result<(), InvalidNetwork> {
        let Some(wanted) = wanted else { return Ok(()) };
        let path = format!("{}.{at}", self.path);
        let term = Term::text(attribute, [pattern(wanted, &path)?]);
        self.read
            .push(term.map_err(|error| invalid(&path, &error))?);
        self.grips |= wanted.contains(|letter| !matches!(letter, '*' | '?'));
        Ok(())
    }
}

fn pattern(text: &str, path: &str) -> Result<Pattern, InvalidNetwork> {
    text.parse().map_err(|error| invalid(path, &error))
}

/// The VLANs of a number or of a set such as `110,120-129`.
fn vlans(wanted: &IntOrString) -> Result<Vec<u64>, String> {
    let wrong = || {
        format!(
            "{} is no VLAN from 1 to 4094 and no set such as \"110,120-129\"",
            shown(wanted)
        )
    };
    let valid = |number: u64| {
        (1..=4094)
            .contains(&number)
            .then_some(number)
            .ok_or_else(wrong)
    };
    match wanted {
        IntOrString::Int(number) => {
            let number = u64::try_from(*number).map_err(|_negative| wrong())?;
            Ok(vec![valid(number)?])
        }
        IntOrString::String(text) => {
            let number = |digits: &str| {
                let clean = digits.bytes().all(|byte| byte.is_ascii_digit());
                let number = clean.then(|| digits.parse::<u64>().ok()).flatten();
                number.ok_or_else(wrong).and_then(valid)
            };
            let mut vlans = Vec::new();
            for part in text.split(',') {
                let (first, last) = part.split_once('-').unwrap_or((part, part));
                let (first, last) = (number(first)?, number(last)?);
                if first > last {
                    return Err(wrong());
                }
                vlans.extend(first..=last);
            }
            Ok(vlans)
        }
    }
}

fn shown(wanted: &IntOrString) -> String {
    match wanted {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => format!("{:?}", text.chars().take(64).collect::<String>()),
    }
}

#[cfg(test)]
mod tests;
