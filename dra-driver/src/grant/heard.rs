//! What of a claim's parameters reaches whoever attaches, and what is refused since nobody would carry it out.
//!
//! Left to others: reading them (`crate::config`), which word comes first.

use colvin_attach::record::ClaimAttach;
use colvin_model::offer::{DeviceNodes, Kind};

use crate::AttachConfig;
use crate::devices::Device;
use crate::error::ClaimError;

/// What whoever attaches is told. How a network's border is kept (VLAN, trust, rates) is the Network's word alone, and
/// what a device has not cannot be set: what is not done is not promised. Taken apart whole, so that no field is forgotten.
///
/// # Errors
/// [`ClaimError::Unheard`], [`ClaimError::NotOfKind`] for the first word that would be passed over.
pub(super) fn heard(
    config: &AttachConfig,
    device: &Device,
    nodes: &DeviceNodes,
) -> Result<ClaimAttach, ClaimError> {
    let AttachConfig {
        network: _, // it is compared, and nothing has to be done
        vlan,
        trust,
        spoof_check,
        min_tx_rate_mbps,
        max_tx_rate_mbps,
        mtu,
        interface_name,
        routes,
    } = config;
    let kind = device.is.kind;
    let is_vf = kind == Kind::VirtualFunction;
    let has_interface = nodes.vfio.is_none() && nodes.uio.is_none();
    let network = ClaimError::Unheard;
    let of_kind = |word| ClaimError::NotOfKind { word, kind };
    let of_driver = |word| ClaimError::NoInterface {
        word,
        device: device.id.clone(),
    };
    let passed_over = [
        (vlan.is_some(), network("vlan")),
        (trust.is_some(), network("trust")),
        (*spoof_check == Some(false), network("spoofCheck: false")),
        (min_tx_rate_mbps.is_some(), network("minTxRateMbps")),
        (max_tx_rate_mbps.is_some(), network("maxTxRateMbps")),
        (spoof_check.is_some() && !is_vf, of_kind("spoofCheck")),
        (mtu.is_some() && !has_interface, of_driver("mtu")),
        (
            interface_name.is_some() && !has_interface,
            of_driver("interfaceName"),
        ),
        (routes.is_some() && !has_interface, of_driver("routes")),
    ];
    match passed_over.into_iter().find(|(is, _)| *is) {
        Some((_, error)) => Err(error),
        None => Ok(ClaimAttach {
            mtu: *mtu,
            interface_name: interface_name.clone(),
            spoof_check: spoof_check.unwrap_or_default(),
            routes: routes.clone(),
        }),
    }
}
