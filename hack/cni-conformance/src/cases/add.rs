//! ADD: what is there afterwards, what is refused, and that a failure leaves nothing.

use crate::{
    bed::{Bed, IFNAME, NETWORK, Pod, fixed, host_local, recorder, with},
    call::step,
    sight,
    suite::case_list,
    verdict::{Verdict, must},
};
use serde_json::{Value, json};

case_list! {
    "CNI-P1" add_writes_one_json_object_to_standard_output [Link];
    "CNI-ADD-1" the_interface_is_there_up_and_of_its_kind [Link];
    "CNI-ADD-1" an_interface_of_that_name_is_a_clear_error_and_unharmed [Link];
    "CNI-ADD-1" without_an_address_plugin_the_interface_has_no_address [Link];
    "CNI-ADD-1" the_mtu_of_the_configuration_is_that_of_the_interface [Link, Mtu];
    "CNI-ADD-2" what_others_attached_is_in_the_result [Link];
    "CNI-ADD-3" an_address_plugin_that_fails_leaves_nothing [Link];
    "CNI-ADD-3" an_address_plugin_that_fails_is_told_to_give_back [Link];
    "CNI-ADD-3" an_answer_that_is_no_json_leaves_nothing [Link];
    "CNI-ADD-3" an_address_plugin_that_is_nowhere_leaves_nothing [Link];
    "CNI-ADD-3" a_route_that_the_kernel_refuses_leaves_nothing [Link];
    "CNI-ADD-3" a_route_that_the_kernel_refuses_gives_the_address_back [Link];
    "CNI-ADD-3" a_missing_parent_takes_no_address [Parent];
    "CNI-ADD-4" del_after_a_failed_add_ends_clean [Link];
    "CNI-ADD-5" a_second_add_is_refused_and_the_first_unharmed [Link];
    "CNI-ADD-5" a_device_that_another_pod_holds_is_code_11 [Link, Exclusive];
    "CNI-ADD-5" a_device_that_another_pod_holds_stays_with_it [Link, Exclusive];
}

/// ADD of the pod with these keys laid over its configuration must succeed: its result.
pub(super) fn attached(bed: &Bed<'_>, pod: &Pod, keys: &Value) -> Verdict<Value> {
    let call = bed.call("ADD", pod).config(&with(&bed.config(pod), keys));
    step("attaching a pod", call.run()?.result())
}

/// The same with an address of the suite's own address plugin.
fn attached_with_address(bed: &Bed<'_>, pod: &Pod) -> Verdict<Value> {
    attached(bed, pod, &json!({"ipam": recorder(&json!({}))}))
}

fn add_writes_one_json_object_to_standard_output(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let result = attached_with_address(bed, &pod)?;
    must!(
        result["cniVersion"] == "1.1.0",
        "cniVersion is {}",
        result["cniVersion"]
    );
    Ok(())
}

fn the_interface_is_there_up_and_of_its_kind(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    attached_with_address(bed, &pod)?;
    let Some(link) = sight::link(&pod.netns, IFNAME)? else {
        return crate::verdict::fails(format!("the pod has no {IFNAME}"));
    };
    must!(link.up, "{link} is not up");
    must!(
        link.kind == bed.kind().link_kind(),
        "{link} is of another kind"
    );
    let addresses = pod.addresses(IFNAME)?;
    must!(
        addresses == ["10.99.0.10/24"],
        "its addresses are {addresses:?}"
    );
    Ok(())
}

fn an_interface_of_that_name_is_a_clear_error_and_unharmed(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    pod.netns
        .ip(&format!("link add {IFNAME} type veth peer name other"))?;
    let before = bed.see(&[&pod])?;
    let config = with(&bed.config(&pod), &json!({"ipam": host_local()}));
    let refusal = bed.call("ADD", &pod).config(&config).run()?.refused()?;
    must!(refusal.code != 999, "code 999: {}", refusal.text);
    must!(
        refusal.text.contains(IFNAME),
        "`{}` does not name {IFNAME}",
        refusal.text
    );
    bed.unchanged_since(&before, &[&pod], "after the refusal")
}

fn without_an_address_plugin_the_interface_has_no_address(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let result = attached(bed, &pod, &json!({}))?;
    let ips = result["ips"].as_array().map(Vec::len).unwrap_or_default();
    must!(ips == 0, "the result has addresses: {result}");
    let addresses = pod.addresses(IFNAME)?;
    must!(addresses.is_empty(), "its addresses are {addresses:?}");
    Ok(())
}

fn the_mtu_of_the_configuration_is_that_of_the_interface(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    attached(bed, &pod, &json!({"mtu": 1400}))?;
    let mtu = sight::link(&pod.netns, IFNAME)?.map(|link| link.mtu);
    must!(
        mtu == Some(1400),
        "the MTU of {IFNAME} is {mtu:?}, not 1400"
    );
    Ok(())
}

/// A result as a plugin before this one would have it.
pub(super) fn earlier(pod: &Pod) -> Value {
    json!({
        "cniVersion": "1.1.0",
        "interfaces": [
            {"name": "veth-host", "mac": "02:00:00:00:00:0a"},
            {"name": "eth0", "mac": "02:00:00:00:00:0b", "sandbox": pod.path},
        ],
        "ips": [{"address": "10.77.0.5/24", "gateway": "10.77.0.1", "interface": 1}],
        "routes": [{"dst": "0.0.0.0/0", "gw": "10.77.0.1"}],
        "dns": {"nameservers": ["10.77.0.2"]},
    })
}

fn what_others_attached_is_in_the_result(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let keys = json!({"prevResult": earlier(&pod), "ipam": recorder(&json!({}))});
    let result = attached(bed, &pod, &keys)?;
    let names = texts(&result, "interfaces", "name");
    for name in ["veth-host", "eth0", IFNAME] {
        must!(
            names.iter().any(|it| it == name),
            "{name} is not among {names:?}"
        );
    }
    let ips = texts(&result, "ips", "address");
    for ip in ["10.77.0.5/24", "10.99.0.10/24"] {
        must!(ips.iter().any(|it| it == ip), "{ip} is not among {ips:?}");
    }
    let routes = texts(&result, "routes", "dst");
    must!(
        routes.iter().any(|it| it == "0.0.0.0/0"),
        "the route is lost: {result}"
    );
    Ok(())
}

/// This member of each entry of a list of a result.
pub(super) fn texts(result: &Value, list: &str, member: &str) -> Vec<String> {
    let entries = result[list].as_array().into_iter().flatten();
    let texts = entries.filter_map(|entry| entry[member].as_str());
    texts.map(str::to_owned).collect()
}

/// ADD with these keys fails and leaves host and pod as they were.
fn leaves_nothing(bed: &Bed<'_>, keys: &Value) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    let call = bed.call("ADD", &pod).config(&with(&bed.config(&pod), keys));
    step("ADD must fail", call.run()?.refused())?;
    bed.unchanged_since(&before, &[&pod], "after the failure")
}

fn failing() -> Value {
    json!({"ipam": recorder(&json!({"fail": ["ADD"]}))})
}

fn an_address_plugin_that_fails_leaves_nothing(bed: &Bed<'_>) -> Verdict {
    leaves_nothing(bed, &failing())
}

fn an_address_plugin_that_fails_is_told_to_give_back(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let call = bed
        .call("ADD", &pod)
        .config(&with(&bed.config(&pod), &failing()));
    call.run()?.refused()?;
    told_to_give_back(bed)
}

/// The suite's address plugin was called with ADD, then with DEL.
fn told_to_give_back(bed: &Bed<'_>) -> Verdict {
    let verbs: Vec<String> = bed.told()?.into_iter().map(|call| call.verb).collect();
    must!(
        verbs.first().is_some_and(|verb| verb == "ADD"),
        "it was called with {verbs:?}"
    );
    must!(
        verbs.iter().any(|verb| verb == "DEL"),
        "it was called with {verbs:?}, never DEL"
    );
    Ok(())
}

fn an_answer_that_is_no_json_leaves_nothing(bed: &Bed<'_>) -> Verdict {
    leaves_nothing(
        bed,
        &json!({"ipam": recorder(&json!({"garbage": ["ADD"]}))}),
    )
}

fn an_address_plugin_that_is_nowhere_leaves_nothing(bed: &Bed<'_>) -> Verdict {
    leaves_nothing(bed, &json!({"ipam": {"type": "conformance-nowhere"}}))
}

/// An address with a route through a gateway that cannot be reached.
fn unreachable() -> Value {
    json!({
        "ips": [{"address": "10.99.0.10/24"}],
        "routes": [{"dst": "198.51.100.0/24", "gw": "203.0.113.9"}],
    })
}

fn a_route_that_the_kernel_refuses_leaves_nothing(bed: &Bed<'_>) -> Verdict {
    let mut addresses = host_local();
    addresses["routes"] = unreachable()["routes"].clone();
    leaves_nothing(bed, &json!({"ipam": addresses}))
}

fn a_route_that_the_kernel_refuses_gives_the_address_back(bed: &Bed<'_>) -> Verdict {
    leaves_nothing(
        bed,
        &json!({"ipam": recorder(&json!({"answer": unreachable()}))}),
    )?;
    told_to_give_back(bed)
}

fn a_missing_parent_takes_no_address(bed: &Bed<'_>) -> Verdict {
    let missing = json!({bed.kind().parent_key(): "nowhere0", "ipam": host_local()});
    leaves_nothing(bed, &missing)
}

fn del_after_a_failed_add_ends_clean(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    let config = with(&bed.config(&pod), &failing());
    bed.call("ADD", &pod).config(&config).run()?.refused()?;
    bed.call("DEL", &pod).config(&config).run()?.succeeded()?;
    bed.undone_since(&before, &[&pod], "after DEL")
}

fn a_second_add_is_refused_and_the_first_unharmed(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let keys = json!({"ipam": host_local()});
    attached(bed, &pod, &keys)?;
    let (before, addresses) = (bed.see(&[&pod])?, pod.addresses(IFNAME)?);
    let call = bed
        .call("ADD", &pod)
        .config(&with(&bed.config(&pod), &keys));
    call.run()?.refused()?;
    bed.unchanged_since(&before, &[&pod], "after the refusal")?;
    let now = pod.addresses(IFNAME)?;
    must!(
        now == addresses,
        "the addresses were {addresses:?} and are {now:?}"
    );
    Ok(())
}

/// ADD of a second pod with the first one's device, which is refused.
fn taken(bed: &Bed<'_>, codes: &[u64]) -> Verdict {
    let (first, second) = (bed.pod(0)?, bed.pod(1)?);
    let address = json!([{"address": "10.99.0.7/24"}]);
    attached(bed, &first, &json!({"ipam": fixed(&address)}))?;
    let before = bed.see(&[&first, &second])?;
    let config = with(
        &bed.config(&first),
        &json!({"ipam": host_local(), "name": NETWORK}),
    );
    let answer = bed.call("ADD", &second).config(&config).run()?;
    match codes {
        [] => answer.refused()?,
        codes => answer.refused_with(codes)?,
    };
    bed.unchanged_since(&before, &[&first, &second], "after the refusal")
}

fn a_device_that_another_pod_holds_is_code_11(bed: &Bed<'_>) -> Verdict {
    taken(bed, &[11])
}

fn a_device_that_another_pod_holds_stays_with_it(bed: &Bed<'_>) -> Verdict {
    taken(bed, &[])
}
