//! CHECK: passes for what ADD has made, and tells what is missing.

use super::add::attached;
use crate::{
    bed::{Bed, IFNAME, NETWORK, Pod, host_local, recorder, with},
    call::{Answer, step},
    suite::case_list,
    verdict::{Verdict, must},
};
use serde_json::{Value, json};

case_list! {
    "CNI-CHECK-1" check_of_a_version_before_0_4_is_code_1 [];
    "CNI-CHECK-1" check_without_the_result_of_add_is_refused [Link];
    "CNI-CHECK-3" check_right_after_add_passes [Link];
    "CNI-CHECK-2" check_misses_an_interface_that_is_gone [Link];
    "CNI-CHECK-2" check_misses_an_address_that_is_gone [Link];
    "CNI-CHECK-2" check_misses_a_route_that_is_gone [Link];
    "CNI-CHECK-2" check_sees_another_mac [Link, Mac];
    "CNI-CHECK-2" check_sees_another_mtu [Link];
    "CNI-CHECK-2" check_misses_a_netns_that_is_gone [Link];
    "CNI-CHECK-2" check_misses_a_reservation_that_is_gone [Link];
    "CNI-CHECK-2" check_allows_what_a_later_plugin_adds [Link];
    "CNI-CHECK-3" check_asks_the_address_plugin [Link];
    "CNI-CHECK-3" check_fails_when_the_address_plugin_says_so [Link];
}

/// Addresses of host-local with a route of their own.
fn leased() -> Value {
    let mut addresses = host_local();
    addresses["routes"] = json!([{"dst": "198.51.100.0/24"}]);
    json!({"ipam": addresses})
}

/// CHECK of a pod with the keys it was attached with and what ADD answered.
fn check(bed: &Bed<'_>, pod: &Pod, keys: &Value, result: &Value) -> Verdict<Answer> {
    let config = with(
        &with(&bed.config(pod), keys),
        &json!({"prevResult": result}),
    );
    Ok(bed.call("CHECK", pod).config(&config).run()?)
}

/// CHECK passes after ADD, then something is changed, and CHECK must tell.
fn sees(bed: &Bed<'_>, change: impl FnOnce(&Pod) -> Verdict) -> Verdict {
    let pod = bed.pod(0)?;
    let result = attached(bed, &pod, &leased())?;
    step(
        "before the change",
        check(bed, &pod, &leased(), &result)?.succeeded(),
    )?;
    change(&pod)?;
    check(bed, &pod, &leased(), &result)?.refused().map(drop)
}

fn check_of_a_version_before_0_4_is_code_1(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let result = json!({"cniVersion": "0.3.1", "interfaces": [], "ips": [], "dns": {}});
    let old = json!({"cniVersion": "0.3.1"});
    check(bed, &pod, &old, &result)?
        .refused_with(&[1])
        .map(drop)
}

fn check_without_the_result_of_add_is_refused(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    attached(bed, &pod, &leased())?;
    let call = bed
        .call("CHECK", &pod)
        .config(&with(&bed.config(&pod), &leased()));
    call.run()?.refused().map(drop)
}

fn check_right_after_add_passes(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let result = attached(bed, &pod, &leased())?;
    check(bed, &pod, &leased(), &result)?.succeeded()
}

fn check_misses_an_interface_that_is_gone(bed: &Bed<'_>) -> Verdict {
    sees(bed, |pod| pod.change(&format!("link delete {IFNAME}")))
}

fn check_misses_an_address_that_is_gone(bed: &Bed<'_>) -> Verdict {
    sees(bed, |pod| {
        let addresses = pod.addresses(IFNAME)?;
        must!(addresses.len() == 1, "its addresses are {addresses:?}");
        pod.change(&format!("address flush dev {IFNAME} scope global"))
    })
}

fn check_misses_a_route_that_is_gone(bed: &Bed<'_>) -> Verdict {
    sees(bed, |pod| pod.change("route delete 198.51.100.0/24"))
}

fn check_sees_another_mac(bed: &Bed<'_>) -> Verdict {
    sees(bed, |pod| {
        pod.change(&format!("link set {IFNAME} address 02:00:00:00:00:77"))
    })
}

fn check_sees_another_mtu(bed: &Bed<'_>) -> Verdict {
    sees(bed, |pod| {
        pod.change(&format!("link set {IFNAME} mtu 1300"))
    })
}

fn check_misses_a_netns_that_is_gone(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let result = attached(bed, &pod, &leased())?;
    let config = with(
        &with(&bed.config(&pod), &leased()),
        &json!({"prevResult": result}),
    );
    let gone = bed.end(pod)?;
    let answer = bed.call("CHECK", &gone).config(&config).run()?;
    answer.refused().map(drop)
}

fn check_misses_a_reservation_that_is_gone(bed: &Bed<'_>) -> Verdict {
    sees(bed, |_| {
        for address in bed.leases(NETWORK)?.keys() {
            let file = bed.leases_folder(NETWORK).join(address);
            std::fs::remove_file(&file).map_err(anyhow::Error::from)?;
        }
        Ok(())
    })
}

fn check_allows_what_a_later_plugin_adds(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let result = attached(bed, &pod, &leased())?;
    pod.change(&format!("address add 10.88.0.1/24 dev {IFNAME}"))?;
    pod.change(&format!("link set {IFNAME} allmulticast on txqueuelen 777"))?;
    pod.change("route add 203.0.113.0/24 via 10.99.0.1")?;
    check(bed, &pod, &leased(), &result)?.succeeded()
}

fn check_asks_the_address_plugin(bed: &Bed<'_>) -> Verdict {
    let (pod, keys) = (bed.pod(0)?, json!({"ipam": recorder(&json!({}))}));
    let result = attached(bed, &pod, &keys)?;
    check(bed, &pod, &keys, &result)?.succeeded()?;
    let verbs: Vec<String> = bed.told()?.into_iter().map(|call| call.verb).collect();
    must!(
        verbs.iter().any(|verb| verb == "CHECK"),
        "it was called with {verbs:?}"
    );
    Ok(())
}

fn check_fails_when_the_address_plugin_says_so(bed: &Bed<'_>) -> Verdict {
    let (pod, keys) = (
        bed.pod(0)?,
        json!({"ipam": recorder(&json!({"fail": ["CHECK"]}))}),
    );
    let result = attached(bed, &pod, &keys)?;
    check(bed, &pod, &keys, &result)?.refused().map(drop)
}
