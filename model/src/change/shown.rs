//! A change as one line of plain text. Left to others: what is a change, when it was.

use std::fmt;

use super::{Change, UplinkLabel, VfCount, VfState};
use crate::inventory::UplinkId;
use crate::observation::Neighbor;

impl fmt::Display for UplinkLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.id, &self.name) {
            (UplinkId::Function(address), Some(name)) => write!(f, "{address} {name}"),
            (id, _) => id.fmt(f),
        }
    }
}

impl fmt::Display for VfCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if usize::from(self.configured) == self.present {
            write!(f, "{}", self.present)
        } else {
            write!(f, "{} of {}", self.present, self.configured)
        }
    }
}

impl fmt::Display for VfState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.driver, &self.netdev) {
            (Some(driver), Some(netdev)) => {
                write!(f, "{} ({driver}, {netdev})", self.usage.as_str())
            }
            (Some(driver), None) => write!(f, "{} ({driver})", self.usage.as_str()),
            (None, _) => f.write_str(self.usage.as_str()),
        }
    }
}

/// A neighbour in few words: system, port, description, VLAN.
struct Brief<'a>(&'a Neighbor);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(neighbor) = self;
        let system = neighbor
            .system_name
            .as_ref()
            .unwrap_or(&neighbor.chassis_id);
        write!(f, "{} port {}", system.cut(64), neighbor.port_id.cut(64))?;
        if let Some(description) = &neighbor.port_description {
            write!(f, " ({})", description.cut(64))?;
        }
        match neighbor.vlan {
            Some(vlan) => write!(f, " vlan {vlan}"),
            None => Ok(()),
        }
    }
}

fn or_none<T: fmt::Display>(value: Option<&T>) -> String {
    value.map_or_else(|| "none".to_owned(), ToString::to_string)
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UplinkAppeared(uplink) => write!(f, "{uplink}: uplink appeared"),
            Self::UplinkGone(uplink) => write!(f, "{uplink}: uplink gone"),
            Self::NetdevChanged { uplink, before } => {
                write!(
                    f,
                    "{uplink}: netdev {} -> {}",
                    or_none(before.as_ref()),
                    or_none(uplink.name.as_ref())
                )
            }
            Self::LinkChanged {
                uplink,
                before,
                after,
            } => {
                write!(
                    f,
                    "{uplink}: link {} -> {}",
                    before.as_str(),
                    after.as_str()
                )
            }
            Self::DriverChanged {
                uplink,
                before,
                after,
            } => {
                write!(
                    f,
                    "{uplink}: driver {} -> {}",
                    or_none(before.as_ref()),
                    or_none(after.as_ref())
                )
            }
            Self::MtuChanged {
                uplink,
                before_bytes,
                after_bytes,
            } => {
                write!(f, "{uplink}: MTU {before_bytes} -> {after_bytes}")
            }
            Self::VfsChanged {
                uplink,
                before,
                after,
            } => {
                write!(f, "{uplink}: VFs {before} -> {after}")
            }
            Self::VfChanged {
                uplink,
                index,
                address,
                before,
                after,
            } => {
                write!(f, "{uplink}: VF {index} {address} {before} -> {after}")
            }
            Self::ProtectionChanged { uplink, after } if after.is_empty() => {
                write!(f, "{uplink}: protected no more")
            }
            Self::ProtectionChanged { uplink, after } => {
                let reasons: Vec<_> = after.iter().map(|reason| reason.as_str()).collect();
                write!(f, "{uplink}: protected by {}", reasons.join(", "))
            }
            Self::NeighborAppeared { uplink, neighbor } => {
                write!(f, "{uplink}: neighbor appeared: {}", Brief(neighbor))
            }
            Self::NeighborGone { uplink, neighbor } => {
                write!(f, "{uplink}: neighbor gone: {}", Brief(neighbor))
            }
            Self::NeighborChanged {
                uplink,
                before,
                after,
            } => {
                write!(
                    f,
                    "{uplink}: neighbor changed: {} -> {}",
                    Brief(before),
                    Brief(after)
                )
            }
            Self::FindingAppeared(finding) => {
                write!(
                    f,
                    "{}: {}: {}",
                    finding.subject, finding.reason, finding.message
                )
            }
            Self::FindingGone(finding) => {
                write!(f, "{}: {} no more", finding.subject, finding.reason)
            }
        }
    }
}
