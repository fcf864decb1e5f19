//! A Network as the plugin reads it: `spec.attach` with typed values, and with what it leaves out.
//!
//! Pure. What the API server's schema refuses is refused here too. Left to others: the file.

use colvin_attach::record::{
    Cidr, InterfaceBase, NetworkAttach, NetworkIpam, NetworkRecord, NetworkRoute, Reconfigure,
    VERSION,
};
use colvin_crds::v1alpha1::network::attach::{self, Attach, Ipam, IpamType, Route};
use colvin_crds::v1alpha1::network::{DeviceKind, Network};
use colvin_model::offer::Kind;
use colvin_model::{NetworkName, VlanId};

/// The least and the most bytes that a packet may have.
const MTUS: std::ops::RangeInclusive<u32> = 68..=65535;

/// Something in `spec.attach` that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("spec.attach.{field}: {message}")]
pub(crate) struct InvalidAttach {
    field: String,
    message: String,
}

fn invalid(field: impl Into<String>, message: &(impl ToString + ?Sized)) -> InvalidAttach {
    InvalidAttach {
        field: field.into(),
        message: message.to_string(),
    }
}

/// How a Network's pods are attached.
///
/// # Errors
/// [`InvalidAttach`] for the first field that means nothing.
pub(crate) fn of(name: &NetworkName, network: &Network) -> Result<NetworkRecord, InvalidAttach> {
    let said = network.spec.attach.clone().unwrap_or_default();
    let Attach {
        vlan,
        mtu,
        trust,
        spoof_check,
        interface_name,
        reconfigure,
        ipam,
        routes,
        // who may name the Network to Multus: the controller's
        definitions: _,
    } = said;
    let vlan = vlan.map(VlanId::try_from).transpose();
    if let Some(mtu) = mtu.filter(|mtu| !MTUS.contains(mtu)) {
        return Err(invalid("mtu", &format!("{mtu} is not within 68 to 65535")));
    }
    let base = match interface_name {
        None => InterfaceBase::of_network(name),
        Some(said) => said
            .parse()
            .map_err(|error| invalid("interfaceName", &error))?,
    };
    let routes = routes.iter().enumerate();
    let routes = routes.map(|(place, each)| route(each, &format!("routes[{place}]")));
    let attach = NetworkAttach {
        vlan: vlan.map_err(|error| invalid("vlan", &error))?,
        mtu,
        trust: trust.unwrap_or(false),
        spoof_check: spoof_check.unwrap_or(true),
        interface_name: base,
        reconfigure: match reconfigure {
            None | Some(attach::Reconfigure::Never) => Reconfigure::Never,
            Some(attach::Reconfigure::InPlace) => Reconfigure::InPlace,
        },
        ipam: ipam.as_ref().map(addresses).transpose()?,
        routes: routes.collect::<Result<_, _>>()?,
    };
    Ok(NetworkRecord {
        version: VERSION,
        network: name.clone(),
        kind: kind(network.spec.devices.kind),
        attach,
        blocks: Vec::new(),
    })
}

const fn kind(kind: DeviceKind) -> Kind {
    match kind {
        DeviceKind::VirtualFunction => Kind::VirtualFunction,
        DeviceKind::PhysicalFunction => Kind::PhysicalFunction,
        DeviceKind::Macvlan => Kind::Macvlan,
        DeviceKind::Ipvlan => Kind::Ipvlan,
        DeviceKind::Vlan => Kind::Vlan,
    }
}

fn addresses(said: &Ipam) -> Result<NetworkIpam, InvalidAttach> {
    let Ipam {
        kind,
        ranges,
        block_size,
        exclude,
    } = said;
    let is_pool = *kind == IpamType::Pool;
    if is_pool == ranges.is_empty() {
        let message = "ranges belong to type: pool, which needs at least one";
        return Err(invalid("ipam.ranges", message));
    }
    if !is_pool && (block_size.is_some() || !exclude.is_empty()) {
        let message = "blockSize and exclude belong to type: pool";
        return Err(invalid("ipam", message));
    }
    Ok(match kind {
        IpamType::Pool => NetworkIpam::Pool {
            ranges: subnets(ranges, "ipam.ranges")?,
            block_size: *block_size,
            exclude: subnets(exclude, "ipam.exclude")?,
        },
        IpamType::Slaac => NetworkIpam::Slaac,
        IpamType::Dhcp => NetworkIpam::Dhcp,
    })
}

fn subnets(said: &[attach::Cidr], field: &str) -> Result<Vec<Cidr>, InvalidAttach> {
    let each = said.iter().enumerate();
    each.map(|(place, subnet)| cidr(subnet, || format!("{field}[{place}]")))
        .collect()
}

fn cidr(said: &attach::Cidr, field: impl Fn() -> String) -> Result<Cidr, InvalidAttach> {
    said.0.parse().map_err(|error| invalid(field(), &error))
}

fn route(said: &Route, field: &str) -> Result<NetworkRoute, InvalidAttach> {
    let dst = cidr(&said.dst, || format!("{field}.dst"))?;
    let gw = said.gw.as_deref().map(str::parse).transpose();
    let gw = gw.map_err(|_no_address| {
        invalid(
            format!("{field}.gw"),
            "write an IP address such as 10.20.4.1",
        )
    })?;
    Ok(NetworkRoute { dst, gw })
}

#[cfg(test)]
mod tests {
    use colvin_attach::record::Record as _;
    use serde_json::{Value, json};

    use super::*;

    fn record(spec: Value) -> Result<NetworkRecord, InvalidAttach> {
        let mut object = json!({"apiVersion": "colvin.dev/v1alpha1", "kind": "Network", "metadata": {"name": "green"}});
        object["spec"] = spec;
        let network: Network = serde_json::from_value(object).unwrap();
        of(&"green".parse().unwrap(), &network)
    }

    #[test]
    fn what_a_network_leaves_out_is_said() {
        let record = record(json!({})).unwrap();
        assert_eq!(
            serde_json::to_value(&record).unwrap(),
            json!({"version": 1, "network": "green", "kind": "VirtualFunction", "attach": {
                "trust": false, "spoofCheck": true, "interfaceName": "green", "reconfigure": "Never"}})
        );
        assert_eq!(record.file_name(), "green.json");
    }

    #[test]
    fn all_that_a_network_says_is_in_it_in_the_same_words() {
        let attach = json!({
            "vlan": 110, "mtu": 9000, "trust": true, "spoofCheck": false, "interfaceName": "data",
            "reconfigure": "InPlace",
            "ipam": {"type": "pool", "ranges": ["10.20.4.0/22", "2001:db8:4::/64"], "blockSize": 28,
                "exclude": ["10.20.4.1/32"]},
            "routes": [{"dst": "0.0.0.0/0", "gw": "10.20.4.1"}, {"dst": "2001:db8::/32"}],
        });
        let record = record(json!({"devices": {"kind": "Macvlan"}, "attach": attach})).unwrap();
        let written = serde_json::to_value(&record).unwrap();
        assert_eq!(written["attach"], attach);
        assert_eq!(written["kind"], "Macvlan");
    }

    #[test]
    fn what_means_nothing_is_refused_by_the_name_of_its_field() {
        for (attach, wrong) in [
            (json!({"vlan": 4095}), "vlan"),
            (json!({"mtu": 67}), "mtu"),
            (json!({"interfaceName": "a-name-too-long"}), "interfaceName"),
            (json!({"ipam": {"type": "pool"}}), "ipam.ranges"),
            (
                json!({"ipam": {"type": "slaac", "ranges": ["10.0.0.0/8"]}}),
                "ipam.ranges",
            ),
            (json!({"ipam": {"type": "dhcp", "blockSize": 28}}), "ipam"),
            (
                json!({"ipam": {"type": "pool", "ranges": ["10.0.0.1/8"]}}),
                "ipam.ranges[0]",
            ),
            (
                json!({"routes": [{"dst": "10.0.0.0/8"}, {"dst": "10.0.0.0"}]}),
                "routes[1].dst",
            ),
            (
                json!({"routes": [{"dst": "10.0.0.0/8", "gw": "router"}]}),
                "routes[0].gw",
            ),
        ] {
            let error = record(json!({"attach": attach})).unwrap_err();
            assert_eq!(error.field, wrong, "{attach}");
        }
    }
}
