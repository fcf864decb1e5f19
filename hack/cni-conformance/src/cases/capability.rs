//! What a runtime or a pod asks for besides the configuration: MAC and addresses, and which word wins.

use super::add::attached;
use crate::{
    bed::{Bed, IFNAME, Pod, fixed, with},
    sight,
    suite::case_list,
    verdict::{Verdict, must},
};
use serde_json::{Value, json};

case_list! {
    "CAP-1" the_mac_of_the_runtime_is_the_interfaces [Link, Mac];
    "CAP-2" the_mac_of_the_arguments_is_the_interfaces [Link, Mac];
    "CAP-2" the_mac_of_the_configuration_is_the_interfaces [Link, MacKey];
    "CAP-2" the_runtimes_mac_wins_over_arguments_and_configuration [Link, MacKey];
    "CAP-2" the_arguments_mac_wins_over_the_configuration [Link, MacKey];
    "CAP-1" a_mac_that_is_none_is_refused_and_leaves_nothing [Link, Mac];
    "CAP-1" the_addresses_of_the_runtime_are_the_interfaces [Link];
    "CAP-2" the_address_of_the_arguments_is_the_interfaces [Link];
    "CAP-2" addresses_in_args_cni_win_over_the_arguments [Link];
    "CAP-2" the_runtimes_addresses_win_over_args_cni [Link];
}

const RUNTIME: &str = "02:00:00:00:aa:01";
const ARGUMENTS: &str = "02:00:00:00:aa:02";
const CONFIGURED: &str = "02:00:00:00:aa:03";

fn runtime_mac() -> Value {
    json!({"capabilities": {"mac": true}, "runtimeConfig": {"mac": RUNTIME}})
}

/// ADD with these keys and `CNI_ARGS` must succeed.
fn add(bed: &Bed<'_>, pod: &Pod, keys: &Value, arguments: &str) -> Verdict {
    let call = bed.call("ADD", pod).config(&with(&bed.config(pod), keys));
    match arguments {
        "" => call,
        text => call.env("CNI_ARGS", text),
    }
    .run()?
    .succeeded()
}

/// ADD with these gives an interface with this MAC.
fn gives_mac(bed: &Bed<'_>, keys: &Value, arguments: &str, wanted: &str) -> Verdict {
    let pod = bed.pod(0)?;
    add(bed, &pod, keys, arguments)?;
    let mac = sight::link(&pod.netns, IFNAME)?
        .map(|link| link.mac)
        .unwrap_or_default();
    must!(mac == wanted, "the MAC is {mac}, not {wanted}");
    Ok(())
}

fn the_mac_of_the_runtime_is_the_interfaces(bed: &Bed<'_>) -> Verdict {
    gives_mac(bed, &runtime_mac(), "", RUNTIME)
}

fn the_mac_of_the_arguments_is_the_interfaces(bed: &Bed<'_>) -> Verdict {
    gives_mac(bed, &json!({}), &format!("MAC={ARGUMENTS}"), ARGUMENTS)
}

fn the_mac_of_the_configuration_is_the_interfaces(bed: &Bed<'_>) -> Verdict {
    gives_mac(bed, &json!({"mac": CONFIGURED}), "", CONFIGURED)
}

fn the_runtimes_mac_wins_over_arguments_and_configuration(bed: &Bed<'_>) -> Verdict {
    let keys = with(&runtime_mac(), &json!({"mac": CONFIGURED}));
    gives_mac(bed, &keys, &format!("MAC={ARGUMENTS}"), RUNTIME)
}

fn the_arguments_mac_wins_over_the_configuration(bed: &Bed<'_>) -> Verdict {
    gives_mac(
        bed,
        &json!({"mac": CONFIGURED}),
        &format!("MAC={ARGUMENTS}"),
        ARGUMENTS,
    )
}

fn a_mac_that_is_none_is_refused_and_leaves_nothing(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    for mac in ["02:00:00:00:aa", "zz:00:00:00:aa:01", "01:00:5e:00:00:01"] {
        let keys = with(&runtime_mac(), &json!({"runtimeConfig": {"mac": mac}}));
        let answer = bed
            .call("ADD", &pod)
            .config(&with(&bed.config(&pod), &keys))
            .run()?;
        if answer.refused().is_err() {
            return crate::verdict::fails(format!("{mac} is not refused"));
        }
        bed.unchanged_since(&before, &[&pod], mac)?;
    }
    Ok(())
}

/// Addresses by the runtime, by `args.cni` and by the configuration; the one from `CNI_ARGS` stands beside.
fn by_runtime() -> Value {
    json!({"capabilities": {"ips": true}, "runtimeConfig": {"ips": ["10.99.0.21/24"]}})
}

fn by_args_cni() -> Value {
    json!({"args": {"cni": {"ips": ["10.99.0.22/24"]}}})
}

const IP: &str = "IP=10.99.0.23/24";

fn gives_address(bed: &Bed<'_>, keys: &Value, arguments: &str, wanted: &str) -> Verdict {
    let pod = bed.pod(0)?;
    let keys = with(&json!({"ipam": {"type": "static"}}), keys);
    add(bed, &pod, &keys, arguments)?;
    let addresses = pod.addresses(IFNAME)?;
    must!(
        addresses == [wanted],
        "the addresses are {addresses:?}, not {wanted}"
    );
    Ok(())
}

fn the_addresses_of_the_runtime_are_the_interfaces(bed: &Bed<'_>) -> Verdict {
    gives_address(bed, &by_runtime(), "", "10.99.0.21/24")
}

fn the_address_of_the_arguments_is_the_interfaces(bed: &Bed<'_>) -> Verdict {
    // a plugin of today may know neither the key nor the word: the runtime lets it
    gives_address(
        bed,
        &json!({}),
        &format!("IgnoreUnknown=1;{IP}"),
        "10.99.0.23/24",
    )
}

fn addresses_in_args_cni_win_over_the_arguments(bed: &Bed<'_>) -> Verdict {
    gives_address(
        bed,
        &by_args_cni(),
        &format!("IgnoreUnknown=1;{IP}"),
        "10.99.0.22/24",
    )
}

fn the_runtimes_addresses_win_over_args_cni(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let keys = with(&by_args_cni(), &by_runtime());
    let configured = fixed(&json!([{"address": "10.99.0.24/24"}]));
    attached(bed, &pod, &with(&keys, &json!({"ipam": configured})))?;
    let addresses = pod.addresses(IFNAME)?;
    must!(
        addresses == ["10.99.0.21/24"],
        "the addresses are {addresses:?}"
    );
    Ok(())
}
