//! GC: what the runtime does not list any more goes, and nothing else.

use super::add::attached;
use crate::{
    bed::{Attachable as _, Bed, IFNAME, NETWORK, Pod, host_local, recorder, with},
    call::Answer,
    sight,
    suite::case_list,
    verdict::{Verdict, must},
};
use serde_json::{Value, json};

case_list! {
    "CNI-GC-1" gc_of_a_version_before_1_1_is_code_1 [];
    "CNI-GC-1" gc_frees_the_address_of_a_pod_that_is_not_listed [Link];
    "CNI-GC-1" gc_takes_the_interface_of_a_pod_that_is_not_listed [Link];
    "CNI-GC-1" gc_leaves_a_pod_that_is_listed_as_it_is [Link];
    "CNI-GC-1" gc_with_an_empty_list_undoes_everything_of_the_network [Link];
    "CNI-GC-1" gc_leaves_another_network_alone [Link];
    "CNI-GC-1" gc_takes_the_second_list_that_libcni_sends [Link];
    "CNI-GC-1" gc_reaches_the_address_plugin [];
    "CNI-GC-1" gc_goes_on_after_an_error_and_tells_it [Link];
    "CNI-GC-2" gc_without_a_list_leaves_living_pods_as_they_are [Link];
    "CNI-GC-2" gc_with_null_for_a_list_leaves_living_pods_as_they_are [Link];
    "CNI-GC-2" gc_without_a_list_frees_what_a_dead_pod_had [Link];
    "CNI-GC-3" del_of_what_is_not_listed_then_gc_ends_clean [Link];
}

fn leased() -> Value {
    json!({"ipam": host_local()})
}

/// The list of these pods, by the key of the specification.
fn listed(pods: &[&Pod]) -> Value {
    let entry = |pod: &&Pod| json!({"containerID": pod.id, "ifname": IFNAME});
    json!({"cni.dev/valid-attachments": pods.iter().map(entry).collect::<Vec<Value>>()})
}

fn gc(bed: &Bed<'_>, keys: &Value, list: &Value) -> anyhow::Result<Answer> {
    let config = with(&with(&bed.config_of(0), keys), list);
    bed.bare("GC").config(&config).run()
}

fn gc_of_a_version_before_1_1_is_code_1(bed: &Bed<'_>) -> Verdict {
    let old = json!({"cniVersion": "1.0.0"});
    gc(bed, &old, &listed(&[]))?.refused_with(&[1]).map(drop)
}

/// Two pods with an address each.
fn two(bed: &Bed<'_>, keys: &Value) -> Verdict<(Pod, Pod)> {
    let (first, second) = (bed.pod(0)?, bed.pod(1)?);
    attached(bed, &first, keys)?;
    attached(bed, &second, keys)?;
    Ok((first, second))
}

fn gc_frees_the_address_of_a_pod_that_is_not_listed(bed: &Bed<'_>) -> Verdict {
    let (kept, lost) = two(bed, &leased())?;
    let lost = bed.end(lost)?;
    gc(bed, &leased(), &listed(&[&kept]))?.succeeded()?;
    let leases = bed.leases(NETWORK)?;
    let held = |id: &str| leases.values().any(|holder| holder.contains(id));
    must!(!held(lost.id()), "GC answered, and leased is {leases:?}");
    must!(
        held(&kept.id),
        "the address of the listed pod is free: {leases:?}"
    );
    Ok(())
}

fn gc_takes_the_interface_of_a_pod_that_is_not_listed(bed: &Bed<'_>) -> Verdict {
    let (kept, other) = (bed.pod(0)?, bed.pod(1)?);
    attached(bed, &kept, &leased())?;
    let before = bed.see(&[&kept, &other])?;
    attached(bed, &other, &leased())?;
    gc(bed, &leased(), &listed(&[&kept]))?.succeeded()?;
    bed.undone_since(&before, &[&kept, &other], "after GC")
}

fn gc_leaves_a_pod_that_is_listed_as_it_is(bed: &Bed<'_>) -> Verdict {
    let (first, second) = two(bed, &leased())?;
    let before = bed.see(&[&first, &second])?;
    let addresses = first.addresses(IFNAME)?;
    gc(bed, &leased(), &listed(&[&first, &second]))?.succeeded()?;
    bed.unchanged_since(&before, &[&first, &second], "after GC")?;
    let now = first.addresses(IFNAME)?;
    must!(
        now == addresses,
        "the addresses were {addresses:?} and are {now:?}"
    );
    Ok(())
}

fn gc_with_an_empty_list_undoes_everything_of_the_network(bed: &Bed<'_>) -> Verdict {
    let (first, second) = (bed.pod(0)?, bed.pod(1)?);
    let before = bed.see(&[&first, &second])?;
    attached(bed, &first, &leased())?;
    attached(bed, &second, &leased())?;
    gc(bed, &leased(), &listed(&[]))?.succeeded()?;
    bed.undone_since(&before, &[&first, &second], "after GC")
}

fn gc_leaves_another_network_alone(bed: &Bed<'_>) -> Verdict {
    let (ours, other) = (bed.pod(0)?, bed.pod(1)?);
    attached(bed, &ours, &leased())?;
    attached(bed, &other, &with(&leased(), &json!({"name": "another"})))?;
    let (links, leases) = (sight::links(&other.netns)?, bed.leases("another")?);
    must!(leases.len() == 1, "the other network has {leases:?}");
    gc(bed, &leased(), &listed(&[]))?.succeeded()?;
    must!(
        sight::links(&other.netns)? == links,
        "the other network's pod is changed"
    );
    must!(
        bed.leases("another")? == leases,
        "the other network's address is free"
    );
    Ok(())
}

fn gc_takes_the_second_list_that_libcni_sends(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    attached(bed, &pod, &leased())?;
    let before = bed.see(&[&pod])?;
    let list = listed(&[&pod]);
    let second = json!({"cni.dev/attachments": list["cni.dev/valid-attachments"]});
    gc(bed, &leased(), &with(&list, &second))?.succeeded()?;
    bed.unchanged_since(&before, &[&pod], "after GC")
}

fn gc_reaches_the_address_plugin(bed: &Bed<'_>) -> Verdict {
    let keys = json!({"ipam": recorder(&json!({}))});
    gc(bed, &keys, &listed(&[]))?.succeeded()?;
    let verbs: Vec<String> = bed.told()?.into_iter().map(|call| call.verb).collect();
    must!(
        verbs.iter().any(|verb| verb == "GC"),
        "it was called with {verbs:?}"
    );
    Ok(())
}

fn gc_goes_on_after_an_error_and_tells_it(bed: &Bed<'_>) -> Verdict {
    let keys = json!({"ipam": recorder(&json!({"fail": ["GC"]}))});
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    attached(bed, &pod, &keys)?;
    gc(bed, &keys, &listed(&[]))?.refused()?;
    bed.undone_since(&before, &[&pod], "after GC")
}

fn unharmed(bed: &Bed<'_>, list: &Value) -> Verdict {
    let (first, second) = two(bed, &leased())?;
    let before = bed.see(&[&first, &second])?;
    gc(bed, &leased(), list)?.succeeded()?;
    bed.unchanged_since(&before, &[&first, &second], "after GC")
}

fn gc_without_a_list_leaves_living_pods_as_they_are(bed: &Bed<'_>) -> Verdict {
    unharmed(bed, &json!({}))
}

fn gc_with_null_for_a_list_leaves_living_pods_as_they_are(bed: &Bed<'_>) -> Verdict {
    unharmed(bed, &json!({"cni.dev/valid-attachments": null}))
}

fn gc_without_a_list_frees_what_a_dead_pod_had(bed: &Bed<'_>) -> Verdict {
    let (living, dead) = two(bed, &leased())?;
    let dead = bed.end(dead)?;
    gc(bed, &leased(), &json!({}))?.succeeded()?;
    let leases = bed.leases(NETWORK)?;
    let held = |id: &str| leases.values().any(|holder| holder.contains(id));
    must!(!held(dead.id()), "GC answered, and leased is {leases:?}");
    must!(
        held(&living.id),
        "the address of the living pod is free: {leases:?}"
    );
    Ok(())
}

fn del_of_what_is_not_listed_then_gc_ends_clean(bed: &Bed<'_>) -> Verdict {
    let (kept, lost) = (bed.pod(0)?, bed.pod(1)?);
    attached(bed, &kept, &leased())?;
    let before = bed.see(&[&kept, &lost])?;
    attached(bed, &lost, &leased())?;
    super::del::detached(bed, &lost, &leased())?;
    gc(bed, &leased(), &listed(&[&kept]))?.succeeded()?;
    bed.undone_since(&before, &[&kept, &lost], "after DEL and GC")
}
