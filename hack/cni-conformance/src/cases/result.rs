//! What ADD answers: the form of each version, and that it says what is there.

use super::{
    add::{attached, earlier, texts},
    version::VERSIONS,
};
use crate::{
    bed::{Bed, IFNAME, recorder, with},
    sight,
    suite::case_list,
    verdict::{Verdict, fails, must},
};
use serde_json::{Value, json};

case_list! {
    "CNI-ADD-2" a_result_has_the_version_of_its_configuration [Link];
    "RES-1" an_address_has_its_family_up_to_0_4_and_not_from_1_0 [Link];
    "RES-1" what_came_with_1_1_is_not_in_a_result_of_1_0 [Link];
    "RES-1" the_interface_is_listed_with_its_sandbox [Link];
    "RES-2" the_interfaces_mac_is_listed_as_it_is [Link];
    "RES-2" the_interfaces_mtu_is_listed_as_it_is [Link];
    "RES-2" an_address_points_at_its_interface [Link];
    "RES-2" an_address_points_at_its_interface_behind_others_in_the_list [Link];
    "RES-1" routes_of_the_address_plugin_are_in_the_result [Link];
    "RES-1" dns_of_the_address_plugin_is_in_the_result [Link];
    "RES-1" what_a_route_says_beyond_its_gateway_is_in_the_result_and_done [Link];
}

fn addressed() -> Value {
    json!({"ipam": recorder(&json!({}))})
}

fn a_result_has_the_version_of_its_configuration(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    for version in VERSIONS {
        let keys = with(&addressed(), &json!({"cniVersion": version}));
        let result = attached(bed, &pod, &keys)?;
        let told = &result["cniVersion"];
        must!(
            *told == version,
            "asked with {version}, it answers with {told}"
        );
        super::del::detached(bed, &pod, &keys)?;
    }
    Ok(())
}

fn an_address_has_its_family_up_to_0_4_and_not_from_1_0(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    for (version, family) in [
        ("0.3.1", json!("4")),
        ("0.4.0", json!("4")),
        ("1.0.0", Value::Null),
    ] {
        let keys = with(&addressed(), &json!({"cniVersion": version}));
        let result = attached(bed, &pod, &keys)?;
        let told = &result["ips"][0]["version"];
        must!(
            *told == family,
            "in {version}, the version of an address is {told}, not {family}"
        );
        super::del::detached(bed, &pod, &keys)?;
    }
    Ok(())
}

fn what_came_with_1_1_is_not_in_a_result_of_1_0(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let result = attached(
        bed,
        &pod,
        &with(&addressed(), &json!({"cniVersion": "1.0.0"})),
    )?;
    for interface in result["interfaces"].as_array().into_iter().flatten() {
        for member in ["mtu", "socketPath", "pciID"] {
            must!(
                interface.get(member).is_none(),
                "{member} is in {interface}"
            );
        }
    }
    Ok(())
}

/// The entry of the pod's interface in a result, and where it stands.
fn ours(result: &Value) -> Verdict<(usize, Value)> {
    let mut entries = result["interfaces"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate();
    let is_ours = |entry: &Value| entry["name"] == IFNAME && entry.get("sandbox").is_some();
    match entries.find(|(_, entry)| is_ours(entry)) {
        Some((place, entry)) => Ok((place, entry.clone())),
        None => fails(format!(
            "no {IFNAME} with a sandbox among the interfaces of {result}"
        )),
    }
}

fn the_interface_is_listed_with_its_sandbox(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let (_, entry) = ours(&attached(bed, &pod, &addressed())?)?;
    must!(
        entry["sandbox"] == pod.path.as_str(),
        "the sandbox of {entry} is not {}",
        pod.path
    );
    Ok(())
}

fn the_interfaces_mac_is_listed_as_it_is(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let (_, entry) = ours(&attached(bed, &pod, &addressed())?)?;
    let mac = sight::link(&pod.netns, IFNAME)?
        .map(|link| link.mac)
        .unwrap_or_default();
    must!(
        entry["mac"] == mac.as_str(),
        "the MAC is {mac}, and listed is {entry}"
    );
    Ok(())
}

fn the_interfaces_mtu_is_listed_as_it_is(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let (_, entry) = ours(&attached(bed, &pod, &addressed())?)?;
    let mtu = sight::link(&pod.netns, IFNAME)?.map(|link| link.mtu);
    must!(
        entry["mtu"].as_u64() == mtu,
        "the MTU is {mtu:?}, and listed is {entry}"
    );
    Ok(())
}

/// The address of the suite's address plugin points at the pod's interface.
fn points_at_ours(result: &Value) -> Verdict {
    let (place, _) = ours(result)?;
    let mut ips = result["ips"].as_array().into_iter().flatten();
    let ip = ips.find(|ip| ip["address"] == crate::ipam::ADDRESS);
    let Some(ip) = ip else {
        return fails(format!("the address is not in {result}"));
    };
    must!(
        ip["gateway"] == crate::ipam::GATEWAY,
        "its gateway is {}",
        ip["gateway"]
    );
    let points_at = ip["interface"].as_u64();
    must!(
        points_at == u64::try_from(place).ok(),
        "the interface is number {place}, and the address points at {points_at:?}"
    );
    Ok(())
}

fn an_address_points_at_its_interface(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    points_at_ours(&attached(bed, &pod, &addressed())?)
}

fn an_address_points_at_its_interface_behind_others_in_the_list(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let keys = with(&addressed(), &json!({"prevResult": earlier(&pod)}));
    let result = attached(bed, &pod, &keys)?;
    must!(
        texts(&result, "interfaces", "name").len() >= 3,
        "others are lost: {result}"
    );
    points_at_ours(&result)
}

/// What an address plugin may answer.
fn full() -> Value {
    json!({
        "ips": [{"address": "10.99.0.10/24", "gateway": "10.99.0.1"}],
        "routes": [{"dst": "198.51.100.0/24", "gw": "10.99.0.1"}, {"dst": "0.0.0.0/0"}],
        "dns": {
            "nameservers": ["10.99.0.53"], "domain": "conformance.test", "search": ["a.test"],
            "options": ["ndots:2"],
        },
    })
}

fn routes_of_the_address_plugin_are_in_the_result(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let result = attached(
        bed,
        &pod,
        &json!({"ipam": recorder(&json!({"answer": full()}))}),
    )?;
    let routes = texts(&result, "routes", "dst");
    must!(
        routes == ["198.51.100.0/24", "0.0.0.0/0"],
        "the routes are {routes:?}"
    );
    Ok(())
}

fn dns_of_the_address_plugin_is_in_the_result(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let result = attached(
        bed,
        &pod,
        &json!({"ipam": recorder(&json!({"answer": full()}))}),
    )?;
    must!(result["dns"] == full()["dns"], "dns is {}", result["dns"]);
    Ok(())
}

fn what_a_route_says_beyond_its_gateway_is_in_the_result_and_done(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let route = json!({"dst": "198.51.100.0/24", "gw": "10.99.0.1", "mtu": 1280, "advmss": 1200, "priority": 77});
    let answer = json!({"ips": [{"address": "10.99.0.10/24"}], "routes": [route]});
    let keys = json!({"ipam": recorder(&json!({"answer": answer}))});
    let result = attached(bed, &pod, &keys)?;
    must!(
        result["routes"][0] == route,
        "the route is {}",
        result["routes"][0]
    );
    let routes = pod.routes("-4")?;
    let Some(made) = routes.iter().find(|it| it["dst"] == "198.51.100.0/24") else {
        return fails(format!("the pod's routes are {routes:?}"));
    };
    must!(made["metric"] == 77, "its priority is not 77: {made}");
    let metrics = made["metrics"][0].clone();
    must!(
        metrics["mtu"] == 1280 && metrics["advmss"] == 1200,
        "its metrics are {metrics}"
    );
    Ok(())
}
