//! Address plugins: how they are called, what becomes of what they answer, and that none is waited for for ever.

use super::add::attached;
use crate::{
    bed::{Bed, IFNAME, fixed, recorder, with},
    suite::case_list,
    verdict::{Verdict, fails, must},
};
use serde_json::{Value, json};
use std::time::Duration;

case_list! {
    "IPAM-1" the_address_plugin_is_found_in_any_folder_of_the_path [Link];
    "IPAM-1" the_address_plugin_has_the_environment_of_the_call [Link];
    "IPAM-1" the_address_plugin_has_the_complete_configuration [Link];
    "IPAM-2" the_address_plugin_has_every_byte_of_the_configuration [Link];
    "IPAM-1" what_the_address_plugin_writes_to_standard_error_is_passed_on [Link];
    "IPAM-1" why_the_address_plugin_failed_is_in_the_error [Link];
    "CNI-P12" an_address_plugin_that_hangs_is_not_waited_for_for_ever [Link];
    "IPAM-6" addresses_of_both_families_are_the_interfaces [Link];
    "IPAM-6" several_addresses_of_a_family_are_the_interfaces [Link];
    "IPAM-6" routes_with_and_without_a_gateway_are_made [Link];
    "D-22" an_ipv6_address_with_a_gateway_does_not_wait_for_its_detection [Link];
}

/// The longest time that a plugin may wait for another one.
const PATIENCE: Duration = Duration::from_secs(45);

fn the_address_plugin_is_found_in_any_folder_of_the_path(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let config = with(&bed.config(&pod), &json!({"ipam": recorder(&json!({}))}));
    let path = format!("/nowhere:/run:{}", bed.subject.path);
    let call = bed.call("ADD", &pod).env("CNI_PATH", &path).config(&config);
    call.run()?.succeeded()
}

fn the_address_plugin_has_the_environment_of_the_call(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let config = with(&bed.config(&pod), &json!({"ipam": recorder(&json!({}))}));
    let arguments = "IgnoreUnknown=1;CONFORMANCE=x";
    let call = bed
        .call("ADD", &pod)
        .env("CNI_ARGS", arguments)
        .config(&config);
    call.run()?.succeeded()?;
    let told = bed.told()?;
    let Some(add) = told.iter().find(|call| call.verb == "ADD") else {
        return fails("the address plugin was not called");
    };
    let expected = [
        ("CNI_COMMAND", "ADD"),
        ("CNI_CONTAINERID", &pod.id),
        ("CNI_NETNS", &pod.path),
        ("CNI_IFNAME", IFNAME),
        ("CNI_ARGS", arguments),
        ("CNI_PATH", &bed.subject.path),
    ];
    for (name, value) in expected {
        let given = add.environment.get(name);
        must!(
            given.is_some_and(|it| it == value),
            "{name} is {given:?}, not {value}"
        );
    }
    Ok(())
}

/// Keys that a plugin does not know of an address plugin's section, in a form that would not outlive being read and
/// written again.
const ODD: &str = "{ \"zeta\":1.0, \"alpha\" : 1e2,\n\t\"word\": \"\\u00e9\\/\", \"big\": 12345678901234567890123 }";

/// A configuration as text, with the odd section in it.
fn odd(bed: &Bed<'_>, number: u32) -> String {
    let section = recorder(&json!({"foreign": "HERE"}));
    let config = with(&bed.config_of(number), &json!({"ipam": section}));
    format!("\n {} \n", config.to_string().replace("\"HERE\"", ODD))
}

fn the_address_plugin_has_the_complete_configuration(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let keys = json!({"ipam": recorder(&json!({})), "args": {"cni": {"conformance": 1}}});
    let config = with(&bed.config(&pod), &keys);
    bed.call("ADD", &pod).config(&config).run()?.succeeded()?;
    for call in bed.told()? {
        let given: Option<Value> = serde_json::from_slice(&call.stdin).ok();
        must!(
            given.as_ref() == Some(&config),
            "{} was told {given:?}",
            call.verb
        );
    }
    Ok(())
}

fn the_address_plugin_has_every_byte_of_the_configuration(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let text = odd(bed, 0);
    for verb in ["ADD", "DEL"] {
        bed.call(verb, &pod)
            .stdin(text.clone().into_bytes())
            .run()?
            .succeeded()?;
    }
    let told = bed.told()?;
    must!(told.len() >= 2, "it was called {} times", told.len());
    for call in told {
        let same = call.stdin == text.as_bytes();
        must!(
            same,
            "{} was told {}",
            call.verb,
            String::from_utf8_lossy(&call.stdin)
        );
    }
    Ok(())
}

fn what_the_address_plugin_writes_to_standard_error_is_passed_on(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let keys = json!({"ipam": recorder(&json!({"whisper": "a whisper of conformance\n"}))});
    let answer = bed
        .call("ADD", &pod)
        .config(&with(&bed.config(&pod), &keys))
        .run()?;
    answer.succeeded()?;
    let said = answer.stderr();
    must!(
        said.contains("a whisper of conformance"),
        "standard error has `{said}`"
    );
    Ok(())
}

fn why_the_address_plugin_failed_is_in_the_error(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let keys = json!({"ipam": recorder(&json!({"fail": ["ADD"]}))});
    let answer = bed
        .call("ADD", &pod)
        .config(&with(&bed.config(&pod), &keys))
        .run()?;
    let refusal = answer.refused()?;
    let why = "was told to fail ADD";
    must!(
        refusal.text.contains(why),
        "`{}` does not say `{why}`",
        refusal.text
    );
    Ok(())
}

fn an_address_plugin_that_hangs_is_not_waited_for_for_ever(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    let keys = json!({"ipam": recorder(&json!({"hang": ["ADD"]}))});
    let call = bed
        .call("ADD", &pod)
        .config(&with(&bed.config(&pod), &keys));
    call.limit(PATIENCE).run()?.refused()?;
    bed.unchanged_since(&before, &[&pod], "after the failure")
}

fn addresses_of_both_families_are_the_interfaces(bed: &Bed<'_>) -> Verdict {
    let both = json!([{"address": "10.99.0.5/24"}, {"address": "fd00:99::5/64"}]);
    gives(bed, &both, &["10.99.0.5/24", "fd00:99::5/64"])
}

fn several_addresses_of_a_family_are_the_interfaces(bed: &Bed<'_>) -> Verdict {
    let two = json!([{"address": "10.99.0.5/24"}, {"address": "10.98.0.5/16"}]);
    gives(bed, &two, &["10.98.0.5/16", "10.99.0.5/24"])
}

fn gives(bed: &Bed<'_>, addresses: &Value, wanted: &[&str]) -> Verdict {
    let pod = bed.pod(0)?;
    attached(bed, &pod, &json!({"ipam": fixed(addresses)}))?;
    let addresses = pod.addresses(IFNAME)?;
    must!(addresses == wanted, "the addresses are {addresses:?}");
    Ok(())
}

fn routes_with_and_without_a_gateway_are_made(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let mut ipam = fixed(&json!([{"address": "10.99.0.5/24", "gateway": "10.99.0.1"}]));
    ipam["routes"] = json!([{"dst": "0.0.0.0/0"}, {"dst": "198.51.100.0/24", "gw": "10.99.0.254"}]);
    attached(bed, &pod, &json!({"ipam": ipam}))?;
    let routes = pod.routes("-4")?;
    for (dst, gateway) in [("default", "10.99.0.1"), ("198.51.100.0/24", "10.99.0.254")] {
        let made = routes.iter().find(|route| route["dst"] == dst);
        let through = made
            .map(|route| route["gateway"].clone())
            .unwrap_or_default();
        must!(
            through == gateway,
            "{dst} goes through {through}, not {gateway}"
        );
    }
    Ok(())
}

fn an_ipv6_address_with_a_gateway_does_not_wait_for_its_detection(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let mut ipam = fixed(&json!([{"address": "fd00:99::5/64", "gateway": "fd00:99::1"}]));
    ipam["routes"] = json!([{"dst": "::/0"}]);
    let config = with(&bed.config(&pod), &json!({"ipam": ipam}));
    let answer = bed.call("ADD", &pod).config(&config).run()?;
    answer.succeeded()?;
    let routes = pod.routes("-6")?;
    let made = routes
        .iter()
        .any(|it| it["dst"] == "default" && it["gateway"] == "fd00:99::1");
    must!(made, "the routes are {routes:?}");
    // duplicate address detection takes a second at least; an ADD takes some hundredths
    must!(
        answer.took < Duration::from_secs(1),
        "it took {:.1?}",
        answer.took
    );
    Ok(())
}
