//! DEL: everything is as before ADD, whatever is missing, as often as it is called, and for the right owner only.

use super::add::attached;
use crate::{
    bed::{Bed, Ended, IFNAME, NETWORK, Pod, host_local, recorder, with},
    call::step,
    kind::Need,
    sight,
    suite::case_list,
    verdict::{Verdict, must},
};
use serde_json::{Value, json};

case_list! {
    "CNI-DEL-1" del_leaves_host_and_pod_as_before [Link];
    "CNI-DEL-1" del_again_succeeds [Link];
    "CNI-DEL-1" del_without_an_add_succeeds [Link];
    "CNI-DEL-1" del_with_an_empty_netns_succeeds [Link];
    "CNI-DEL-1" del_without_the_variable_of_the_netns_succeeds [Link];
    "CNI-DEL-1" del_succeeds_when_the_netns_is_gone [Link];
    "CNI-DEL-1" del_again_succeeds_when_the_netns_is_gone [Link];
    "CNI-DEL-1" del_succeeds_when_the_netns_path_is_no_namespace_any_more [Link];
    "CNI-DEL-1" del_succeeds_when_the_interface_is_missing [Link];
    "CNI-DEL-1" del_succeeds_when_the_device_is_missing [Link, Parent];
    "CNI-DEL-1" del_succeeds_with_the_result_of_add_in_its_configuration [Link];
    "CNI-DEL-1" del_succeeds_when_the_configuration_names_another_parent [Link, Parent];
    "CNI-DEL-1" del_succeeds_when_all_state_is_lost [Link];
    "CNI-DEL-2" del_with_an_empty_netns_gives_the_address_back [Link];
    "CNI-DEL-2" del_gives_the_address_back_when_the_netns_is_gone [Link];
    "CNI-DEL-2" del_gives_the_address_back_when_the_configuration_has_no_ipam_any_more [Link];
    "CNI-DEL-2" del_calls_the_address_plugin_when_the_netns_is_gone [Link];
    "CNI-DEL-3" del_with_an_empty_netns_brings_the_device_back [Link, Exclusive];
    "CNI-DEL-3" del_takes_the_interface_though_the_address_plugin_fails [Link];
    "CNI-DEL-4" del_in_a_netns_that_is_another_pods_now_touches_nothing_there [Link];
    "CNI-DEL-4" del_of_a_former_owner_leaves_the_device_with_the_present_one [Link, Exclusive];
    "CNI-DEL-4" del_of_another_container_touches_nothing [Link];
    "CACHE-1" the_runtimes_cache_is_not_touched [Link];
}

fn leased() -> Value {
    json!({"ipam": host_local()})
}

/// DEL of the pod with these keys laid over its configuration must succeed.
pub(super) fn detached(bed: &Bed<'_>, pod: &Pod, keys: &Value) -> Verdict {
    let call = bed.call("DEL", pod).config(&with(&bed.config(pod), keys));
    call.run()?.succeeded()
}

fn del_leaves_host_and_pod_as_before(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    attached(bed, &pod, &leased())?;
    detached(bed, &pod, &leased())?;
    bed.undone_since(&before, &[&pod], "after ADD and DEL")
}

fn del_again_succeeds(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    attached(bed, &pod, &leased())?;
    detached(bed, &pod, &leased())?;
    step("the second", detached(bed, &pod, &leased()))?;
    bed.undone_since(&before, &[&pod], "after both")
}

fn del_without_an_add_succeeds(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    detached(bed, &pod, &leased())?;
    bed.undone_since(&before, &[&pod], "after DEL")
}

fn del_with_an_empty_netns_succeeds(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    attached(bed, &pod, &leased())?;
    let call = bed
        .call("DEL", &pod)
        .config(&with(&bed.config(&pod), &leased()));
    call.env("CNI_NETNS", "").run()?.succeeded()
}

fn del_without_the_variable_of_the_netns_succeeds(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    attached(bed, &pod, &leased())?;
    let call = bed
        .call("DEL", &pod)
        .config(&with(&bed.config(&pod), &leased()));
    call.without("CNI_NETNS").run()?.succeeded()
}

/// Attaches a pod and ends it.
fn ended(bed: &Bed<'_>, keys: &Value) -> Verdict<Ended> {
    let pod = bed.pod(0)?;
    attached(bed, &pod, keys)?;
    Ok(bed.end(pod)?)
}

fn del_succeeds_when_the_netns_is_gone(bed: &Bed<'_>) -> Verdict {
    let gone = ended(bed, &leased())?;
    let call = bed
        .call("DEL", &gone)
        .config(&with(&bed.config(&gone), &leased()));
    call.run()?.succeeded()
}

fn del_again_succeeds_when_the_netns_is_gone(bed: &Bed<'_>) -> Verdict {
    let gone = ended(bed, &leased())?;
    for which in ["the first", "the second", "the third"] {
        let call = bed
            .call("DEL", &gone)
            .config(&with(&bed.config(&gone), &leased()));
        step(which, call.run()?.succeeded())?;
    }
    Ok(())
}

fn del_succeeds_when_the_netns_path_is_no_namespace_any_more(bed: &Bed<'_>) -> Verdict {
    let gone = ended(bed, &leased())?;
    // as a runtime leaves it that could unmount the file and not remove it
    bed.shell("touch /run/netns/pod0")?;
    let call = bed
        .call("DEL", &gone)
        .config(&with(&bed.config(&gone), &leased()));
    call.run()?.succeeded()
}

/// The pod's interface goes without the plugin: a device to the host, another link for good.
fn lose_interface(bed: &Bed<'_>, pod: &Pod) -> Verdict {
    if bed.kind().lacks(Need::Exclusive).is_some() {
        return pod.change(&format!("link delete {IFNAME}"));
    }
    let there = sight::link(&pod.netns, IFNAME)?.is_some();
    must!(there, "the pod has no {IFNAME}");
    Ok(pod.netns.move_link(IFNAME, &bed.host)?)
}

fn del_succeeds_when_the_interface_is_missing(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    attached(bed, &pod, &leased())?;
    lose_interface(bed, &pod)?;
    detached(bed, &pod, &leased())?;
    let leases = bed.leases(NETWORK)?;
    must!(leases.is_empty(), "still leased: {leases:?}");
    Ok(())
}

fn del_succeeds_when_the_device_is_missing(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    attached(bed, &pod, &leased())?;
    // its other end takes it along, wherever it is
    bed.host.ip("link delete wire0")?;
    detached(bed, &pod, &leased())?;
    let leases = bed.leases(NETWORK)?;
    must!(leases.is_empty(), "still leased: {leases:?}");
    Ok(())
}

fn del_succeeds_with_the_result_of_add_in_its_configuration(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    let result = attached(bed, &pod, &leased())?;
    detached(bed, &pod, &with(&leased(), &json!({"prevResult": result})))?;
    bed.undone_since(&before, &[&pod], "after ADD and DEL")
}

fn del_succeeds_when_the_configuration_names_another_parent(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    attached(bed, &pod, &leased())?;
    let other = json!({bed.kind().parent_key(): "up1"});
    detached(bed, &pod, &with(&leased(), &other))?;
    bed.undone_since(&before, &[&pod], "after ADD and DEL")
}

fn del_succeeds_when_all_state_is_lost(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    attached(bed, &pod, &leased())?;
    bed.shell(
        "rm -rf /var/lib/* && find /run -mindepth 1 -maxdepth 1 ! -name netns -exec rm -rf {} +",
    )?;
    detached(bed, &pod, &leased())?;
    bed.undone_since(&before, &[&pod], "after ADD and DEL")
}

fn no_lease(bed: &Bed<'_>) -> Verdict {
    let leases = bed.leases(NETWORK)?;
    must!(
        leases.is_empty(),
        "DEL answered, and still leased is {leases:?}"
    );
    Ok(())
}

fn del_with_an_empty_netns_gives_the_address_back(bed: &Bed<'_>) -> Verdict {
    del_with_an_empty_netns_succeeds(bed)?;
    no_lease(bed)
}

fn del_gives_the_address_back_when_the_netns_is_gone(bed: &Bed<'_>) -> Verdict {
    let gone = ended(bed, &leased())?;
    let call = bed
        .call("DEL", &gone)
        .config(&with(&bed.config(&gone), &leased()));
    call.run()?.ended()?;
    no_lease(bed)
}

fn del_gives_the_address_back_when_the_configuration_has_no_ipam_any_more(
    bed: &Bed<'_>,
) -> Verdict {
    let pod = bed.pod(0)?;
    attached(bed, &pod, &leased())?;
    detached(bed, &pod, &json!({}))?;
    no_lease(bed)
}

fn del_calls_the_address_plugin_when_the_netns_is_gone(bed: &Bed<'_>) -> Verdict {
    let keys = json!({"ipam": recorder(&json!({}))});
    let gone = ended(bed, &keys)?;
    let call = bed
        .call("DEL", &gone)
        .config(&with(&bed.config(&gone), &keys));
    call.run()?.ended()?;
    let verbs: Vec<String> = bed.told()?.into_iter().map(|call| call.verb).collect();
    must!(
        verbs.iter().any(|verb| verb == "DEL"),
        "it was called with {verbs:?}, never DEL"
    );
    Ok(())
}

fn del_with_an_empty_netns_brings_the_device_back(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    attached(bed, &pod, &json!({}))?;
    let call = bed.call("DEL", &pod).config(&bed.config(&pod));
    call.env("CNI_NETNS", "").run()?.succeeded()?;
    bed.undone_since(&before, &[&pod], "after DEL")
}

fn del_takes_the_interface_though_the_address_plugin_fails(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    let keys = json!({"ipam": recorder(&json!({"fail": ["DEL"]}))});
    attached(bed, &pod, &keys)?;
    let call = bed
        .call("DEL", &pod)
        .config(&with(&bed.config(&pod), &keys));
    call.run()?.ended()?;
    bed.undone_since(&before, &[&pod], "after DEL")
}

fn del_in_a_netns_that_is_another_pods_now_touches_nothing_there(bed: &Bed<'_>) -> Verdict {
    let (pod, other) = (bed.pod(0)?, bed.pod(1)?);
    attached(bed, &pod, &leased())?;
    other
        .netns
        .ip(&format!("link add {IFNAME} type veth peer name far1"))?;
    let before = sight::links(&other.netns)?;
    bed.replace(&pod, &other)?;
    detached(bed, &pod, &leased())?;
    let now = sight::links(&other.netns)?;
    must!(
        now == before,
        "the other pod had {} links and has {}",
        before.len(),
        now.len()
    );
    no_lease(bed)
}

fn del_of_a_former_owner_leaves_the_device_with_the_present_one(bed: &Bed<'_>) -> Verdict {
    let (first, second) = (bed.pod(0)?, bed.pod(1)?);
    let config = with(&bed.config(&first), &leased());
    attached(bed, &first, &leased())?;
    detached(bed, &first, &leased())?;
    let answer = bed.call("ADD", &second).config(&config).run()?;
    step("attaching the next pod", answer.succeeded())?;
    let before = bed.see(&[&first, &second])?;
    let late = bed.call("DEL", &first).config(&config).run()?;
    late.succeeded()?;
    bed.unchanged_since(&before, &[&first, &second], "after the late DEL")
}

fn del_of_another_container_touches_nothing(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    attached(bed, &pod, &leased())?;
    let before = bed.see(&[&pod])?;
    let call = bed
        .call("DEL", &pod)
        .config(&with(&bed.config(&pod), &leased()));
    call.env("CNI_CONTAINERID", "conformance-another")
        .run()?
        .succeeded()?;
    bed.unchanged_since(&before, &[&pod], "after a DEL for another container")
}

fn the_runtimes_cache_is_not_touched(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let place = format!("/var/lib/cni/results/{NETWORK}-{}-{IFNAME}", pod.id);
    bed.shell(&format!(
        "mkdir -p /var/lib/cni/results && echo '{{torn' > {place}"
    ))?;
    attached(bed, &pod, &leased())?;
    detached(bed, &pod, &leased())?;
    let folder = bed.inside("/var/lib/cni/results");
    let files = std::fs::read_dir(&folder)
        .map_err(anyhow::Error::from)?
        .count();
    let text = std::fs::read_to_string(bed.inside(&place)).unwrap_or_default();
    must!(
        files == 1 && text == "{torn\n",
        "{files} files there, ours has `{text}`"
    );
    Ok(())
}
