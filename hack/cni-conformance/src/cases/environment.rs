//! The variables that a runtime sets: missing, wrong, and those that it may set.

use crate::{
    bed::{Bed, IFNAME, NETWORK, with},
    sight,
    suite::case_list,
    verdict::{Verdict, must},
};
use serde_json::json;

case_list! {
    "CNI-P2" add_without_a_netns_is_code_4_and_names_it [];
    "CNI-P2" add_without_any_variable_names_all_that_are_missing [];
    "CNI-P2" del_without_a_container_id_is_code_4 [];
    "CNI-P2" del_without_an_interface_name_is_code_4 [];
    "CNI-P2" check_without_a_netns_is_code_4 [];
    "CNI-P2" gc_needs_no_variable_but_the_path [];
    "CNI-P2" status_needs_no_variable_but_the_path [];
    "CNI-P2" without_delegation_no_path_is_needed [Link];
    "CNI-P3" a_container_id_with_a_path_in_it_is_code_4 [];
    "CNI-P3" a_container_id_that_begins_like_an_option_is_code_4 [];
    "CNI-P3" an_interface_name_of_16_bytes_is_code_4 [];
    "CNI-P3" an_interface_name_of_15_bytes_is_taken [Link];
    "CNI-P3" an_interface_name_of_dots_is_code_4 [];
    "CNI-P3" an_interface_name_with_a_slash_is_code_4 [];
    "CNI-P3" an_interface_name_with_a_colon_is_code_4 [];
    "CNI-P3" an_interface_name_with_a_blank_is_code_4 [];
    "CNI-P5" a_netns_that_is_the_hosts_own_is_code_8_and_nothing_is_done [Link];
    "CNI-P5" the_hosts_own_netns_is_taken_when_the_runtime_overrides [Link, Shared];
    "CNI-P6" a_netns_path_that_is_not_there_is_code_8 [];
    "CNI-P6" a_netns_path_that_is_no_namespace_is_code_8 [];
    "CNI-P9" unknown_arguments_are_taken_when_the_runtime_says_so [Link];
    "CNI-P9" unknown_arguments_are_refused_otherwise [Link];
    "CNI-P9" arguments_that_are_no_pairs_are_refused [Link];
    "CNI-P11" a_trace_that_makes_no_sense_is_in_nobodys_way [Link];
}

/// The variables that ADD needs of a runtime, whatever the plugin does.
const NEEDED: [&str; 3] = ["CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME"];

fn add_without_a_netns_is_code_4_and_names_it(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let call = bed.call("ADD", &pod).config(&bed.config(&pod));
    let refusal = call.without("CNI_NETNS").run()?.refused_with(&[4])?;
    must!(
        refusal.text.contains("CNI_NETNS"),
        "`{}` does not name CNI_NETNS",
        refusal.text
    );
    Ok(())
}

fn add_without_any_variable_names_all_that_are_missing(bed: &Bed<'_>) -> Verdict {
    let call = bed.bare("ADD").config(&bed.config_of(0));
    let refusal = call.run()?.refused_with(&[4])?;
    for name in NEEDED {
        must!(
            refusal.text.contains(name),
            "`{}` does not name {name}",
            refusal.text
        );
    }
    Ok(())
}

fn missing(bed: &Bed<'_>, verb: &str, variable: &str) -> Verdict {
    let pod = bed.pod(0)?;
    let call = bed.call(verb, &pod).config(&bed.config(&pod));
    let refusal = call.without(variable).run()?.refused_with(&[4])?;
    must!(
        refusal.text.contains(variable),
        "`{}` does not name {variable}",
        refusal.text
    );
    Ok(())
}

fn del_without_a_container_id_is_code_4(bed: &Bed<'_>) -> Verdict {
    missing(bed, "DEL", "CNI_CONTAINERID")
}

fn del_without_an_interface_name_is_code_4(bed: &Bed<'_>) -> Verdict {
    missing(bed, "DEL", "CNI_IFNAME")
}

fn check_without_a_netns_is_code_4(bed: &Bed<'_>) -> Verdict {
    missing(bed, "CHECK", "CNI_NETNS")
}

fn gc_needs_no_variable_but_the_path(bed: &Bed<'_>) -> Verdict {
    let lists = json!({"cni.dev/valid-attachments": []});
    let call = bed.bare("GC").config(&with(&bed.config_of(0), &lists));
    call.run()?.succeeded()
}

fn status_needs_no_variable_but_the_path(bed: &Bed<'_>) -> Verdict {
    let answer = bed.bare("STATUS").config(&bed.config_of(0)).run()?;
    answer.ended()?;
    if let Ok(refusal) = answer.refused() {
        must!(refusal.code != 4, "code 4: {}", refusal.text);
    }
    Ok(())
}

fn without_delegation_no_path_is_needed(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let call = bed.call("ADD", &pod).config(&bed.config(&pod));
    call.without("CNI_PATH").run()?.succeeded()
}

fn refused_name(bed: &Bed<'_>, variable: &str, value: &str) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    for verb in ["ADD", "DEL"] {
        let call = bed.call(verb, &pod).config(&bed.config(&pod));
        call.env(variable, value).run()?.refused_with(&[4])?;
    }
    bed.unchanged_since(&before, &[&pod], "after the refusal")
}

fn a_container_id_with_a_path_in_it_is_code_4(bed: &Bed<'_>) -> Verdict {
    refused_name(bed, "CNI_CONTAINERID", "../../etc/passwd")
}

fn a_container_id_that_begins_like_an_option_is_code_4(bed: &Bed<'_>) -> Verdict {
    refused_name(bed, "CNI_CONTAINERID", "-rf")
}

fn an_interface_name_of_16_bytes_is_code_4(bed: &Bed<'_>) -> Verdict {
    refused_name(bed, "CNI_IFNAME", "abcdefghijklmnop")
}

fn an_interface_name_of_15_bytes_is_taken(bed: &Bed<'_>) -> Verdict {
    let (pod, longest) = (bed.pod(0)?, "abcdefghijklmno");
    let call = bed.call("ADD", &pod).config(&bed.config(&pod));
    call.ifname(longest).run()?.succeeded()?;
    must!(
        sight::link(&pod.netns, longest)?.is_some(),
        "the pod has no {longest}"
    );
    Ok(())
}

fn an_interface_name_of_dots_is_code_4(bed: &Bed<'_>) -> Verdict {
    refused_name(bed, "CNI_IFNAME", ".")?;
    refused_name_again(bed, "..")
}

/// As [`refused_name`] for a second pod of the case.
fn refused_name_again(bed: &Bed<'_>, name: &str) -> Verdict {
    let pod = bed.pod(1)?;
    let call = bed.call("ADD", &pod).config(&bed.config(&pod));
    call.ifname(name).run()?.refused_with(&[4]).map(drop)
}

fn an_interface_name_with_a_slash_is_code_4(bed: &Bed<'_>) -> Verdict {
    refused_name(bed, "CNI_IFNAME", "a/b")
}

fn an_interface_name_with_a_colon_is_code_4(bed: &Bed<'_>) -> Verdict {
    refused_name(bed, "CNI_IFNAME", "net1:1")
}

fn an_interface_name_with_a_blank_is_code_4(bed: &Bed<'_>) -> Verdict {
    refused_name(bed, "CNI_IFNAME", "net 1")
}

fn a_netns_that_is_the_hosts_own_is_code_8_and_nothing_is_done(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    let host = bed.host.path();
    let call = bed.call("ADD", &pod).config(&bed.config(&pod));
    let answer = call.env("CNI_NETNS", &host.display().to_string()).run()?;
    answer.refused_with(&[8])?;
    bed.unchanged_since(&before, &[&pod], "after the refusal")
}

fn the_hosts_own_netns_is_taken_when_the_runtime_overrides(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let host = bed.host.path();
    let call = bed.call("ADD", &pod).config(&bed.config(&pod));
    let call = call.env("CNI_NETNS", &host.display().to_string());
    call.env("CNI_NETNS_OVERRIDE", "true").run()?.succeeded()?;
    must!(
        sight::link(&bed.host, IFNAME)?.is_some(),
        "the host has no {IFNAME}"
    );
    Ok(())
}

fn refused_netns(bed: &Bed<'_>, path: &str) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    let call = bed.call("ADD", &pod).config(&bed.config(&pod));
    call.env("CNI_NETNS", path).run()?.refused_with(&[8])?;
    bed.unchanged_since(&before, &[&pod], "after the refusal")
}

fn a_netns_path_that_is_not_there_is_code_8(bed: &Bed<'_>) -> Verdict {
    refused_netns(bed, "/run/netns/nowhere")
}

fn a_netns_path_that_is_no_namespace_is_code_8(bed: &Bed<'_>) -> Verdict {
    bed.shell("echo x > /run/netns/file")?;
    refused_netns(bed, "/run/netns/file")
}

fn unknown_arguments_are_taken_when_the_runtime_says_so(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let call = bed.call("ADD", &pod).config(&bed.config(&pod));
    let arguments = "IgnoreUnknown=true;CONFORMANCE_POD=a;CONFORMANCE_UID=b";
    call.env("CNI_ARGS", arguments).run()?.succeeded()
}

fn refused_arguments(bed: &Bed<'_>, arguments: &str) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    let call = bed.call("ADD", &pod).config(&bed.config(&pod));
    call.env("CNI_ARGS", arguments).run()?.refused()?;
    bed.unchanged_since(&before, &[&pod], "after the refusal")
}

fn unknown_arguments_are_refused_otherwise(bed: &Bed<'_>) -> Verdict {
    refused_arguments(bed, "CONFORMANCE_POD=a")
}

fn arguments_that_are_no_pairs_are_refused(bed: &Bed<'_>) -> Verdict {
    refused_arguments(bed, &format!("IgnoreUnknown=1;{NETWORK}"))
}

fn a_trace_that_makes_no_sense_is_in_nobodys_way(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let hostile = "00-zz\u{1b}[31m-\"}}{{".repeat(100);
    for verb in ["ADD", "DEL"] {
        let call = bed.call(verb, &pod).config(&bed.config(&pod));
        let call = call
            .env("TRACEPARENT", &hostile)
            .env("TRACESTATE", &hostile);
        call.env("BAGGAGE", &hostile).run()?.succeeded()?;
    }
    Ok(())
}
