//! The configuration on standard input: what is no JSON, unknown, wrong, hostile, reserved.

use crate::{
    bed::{Bed, recorder, with, without},
    suite::case_list,
    verdict::{Verdict, must},
};
use serde_json::{Value, json};

case_list! {
    "CNI-P1" an_error_is_one_json_object_on_standard_output [];
    "CNI-P7" an_error_has_the_version_of_the_configuration [];
    "CNI-P6" a_version_that_nobody_speaks_is_code_1 [];
    "CNI-P6" no_configuration_is_code_6 [];
    "CNI-P6" a_configuration_that_is_cut_off_is_code_6 [];
    "CNI-P6" a_configuration_that_is_no_object_is_code_6 [];
    "CNI-P6" a_configuration_without_a_name_is_code_7 [];
    "CNI-P6" a_network_name_with_a_slash_is_code_7 [];
    "CNI-P6" a_value_of_another_type_is_code_6_or_7 [];
    "CNI-P6" a_word_that_a_key_does_not_know_is_code_7 [Choice];
    "CNI-P6" an_mtu_above_that_of_the_parent_is_code_7 [Link, Mtu, Parent];
    "CNI-P9" an_unknown_key_is_code_2_and_nothing_is_done [Link];
    "CNI-P9" an_unknown_key_is_named_with_its_value_and_the_nearest_known_key [Link];
    "CNI-P9" reserved_keys_are_taken [Link];
    "CNI-P9" what_a_tenant_says_to_others_in_args_cni_is_tolerated [Link];
    "CNI-P10" a_configuration_of_more_than_64_kib_is_refused [Link];
    "CNI-P10" a_configuration_ten_thousand_levels_deep_is_refused [Link];
    "CNI-P10" an_address_plugin_with_a_path_in_its_name_is_refused_and_not_run [Link];
    "CNI-P10" an_address_plugin_with_an_absolute_path_is_refused_and_not_run [Link];
    "D-18" without_a_parent_none_is_chosen_in_silence [Link, Parent];
}

/// ADD with this input is refused with one of these codes, and the host and pod are as before.
fn refused(bed: &Bed<'_>, stdin: &[u8], codes: &[u64]) -> Verdict {
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    let answer = bed.call("ADD", &pod).stdin(stdin.to_vec()).run()?;
    match codes {
        [] => answer.refused()?,
        codes => answer.refused_with(codes)?,
    };
    bed.unchanged_since(&before, &[&pod], "after the refusal")
}

fn refused_keys(bed: &Bed<'_>, keys: &Value, codes: &[u64]) -> Verdict {
    let config = with(&bed.config_of(0), keys);
    refused(bed, config.to_string().as_bytes(), codes)
}

fn an_error_is_one_json_object_on_standard_output(bed: &Bed<'_>) -> Verdict {
    let answer = bed.bare("ADD").config(&bed.config_of(0)).run()?;
    answer.refused().map(drop)
}

fn an_error_has_the_version_of_the_configuration(bed: &Bed<'_>) -> Verdict {
    for version in ["0.4.0", "1.1.0"] {
        let config = with(&bed.config_of(0), &json!({"cniVersion": version}));
        let refusal = bed.bare("ADD").config(&config).run()?.refused()?;
        let told = &refusal.object["cniVersion"];
        must!(
            *told == version,
            "cniVersion of the error is {told}, that of the configuration {version}"
        );
    }
    Ok(())
}

fn a_version_that_nobody_speaks_is_code_1(bed: &Bed<'_>) -> Verdict {
    refused_keys(bed, &json!({"cniVersion": "9.8.7"}), &[1])
}

fn no_configuration_is_code_6(bed: &Bed<'_>) -> Verdict {
    refused(bed, b"", &[6])
}

fn a_configuration_that_is_cut_off_is_code_6(bed: &Bed<'_>) -> Verdict {
    let mut text = bed.config_of(0).to_string();
    text.pop();
    refused(bed, text.as_bytes(), &[6])
}

fn a_configuration_that_is_no_object_is_code_6(bed: &Bed<'_>) -> Verdict {
    refused(bed, format!("[{}]", bed.config_of(0)).as_bytes(), &[6])
}

fn a_configuration_without_a_name_is_code_7(bed: &Bed<'_>) -> Verdict {
    let config = without(&bed.config_of(0), "name");
    refused(bed, config.to_string().as_bytes(), &[7])
}

fn a_network_name_with_a_slash_is_code_7(bed: &Bed<'_>) -> Verdict {
    refused_keys(bed, &json!({"name": "../up"}), &[7])
}

fn a_value_of_another_type_is_code_6_or_7(bed: &Bed<'_>) -> Verdict {
    refused_keys(bed, &json!({"ipam": 7}), &[6, 7])
}

fn a_word_that_a_key_does_not_know_is_code_7(bed: &Bed<'_>) -> Verdict {
    let (key, value) = bed.kind().bad_choice();
    refused_keys(bed, &json!({key: value}), &[7])
}

fn an_mtu_above_that_of_the_parent_is_code_7(bed: &Bed<'_>) -> Verdict {
    refused_keys(bed, &json!({"mtu": 9000}), &[7])
}

/// The kind's own key for what the link stands on, with its last two letters in turn.
fn misspelt(bed: &Bed<'_>) -> (String, Value) {
    let right = bed.kind().parent_key();
    let mut letters: Vec<char> = right.chars().collect();
    let last = letters.len().saturating_sub(1);
    letters.swap(last, last.saturating_sub(1));
    let wrong: String = letters.into_iter().collect();
    (wrong.clone(), json!({wrong: "upstairs"}))
}

fn an_unknown_key_is_code_2_and_nothing_is_done(bed: &Bed<'_>) -> Verdict {
    refused_keys(bed, &misspelt(bed).1, &[2])
}

fn an_unknown_key_is_named_with_its_value_and_the_nearest_known_key(bed: &Bed<'_>) -> Verdict {
    let (pod, (key, keys)) = (bed.pod(0)?, misspelt(bed));
    let config = with(&bed.config(&pod), &keys);
    let refusal = bed
        .call("ADD", &pod)
        .config(&config)
        .run()?
        .refused_with(&[2])?;
    let nearest = bed.kind().parent_key();
    for word in [key.as_str(), "upstairs", nearest] {
        must!(
            refusal.text.contains(word),
            "`{}` does not say {word}",
            refusal.text
        );
    }
    must!(
        refusal.msg.contains(key.as_str()),
        "msg `{}` does not name {key}",
        refusal.msg
    );
    Ok(())
}

fn reserved_keys_are_taken(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let keys = json!({
        "runtimeConfig": {}, "args": {}, "capabilities": {"portMappings": true},
        "cni.dev/conformance": {"a": 1},
    });
    let call = bed
        .call("ADD", &pod)
        .config(&with(&bed.config(&pod), &keys));
    call.run()?.succeeded()
}

fn what_a_tenant_says_to_others_in_args_cni_is_tolerated(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let keys =
        json!({"args": {"cni": {"labels": [{"key": "app", "value": "x"}], "conformance": 7}}});
    let call = bed
        .call("ADD", &pod)
        .config(&with(&bed.config(&pod), &keys));
    call.run()?.succeeded()
}

fn a_configuration_of_more_than_64_kib_is_refused(bed: &Bed<'_>) -> Verdict {
    let long = "x".repeat(80 * 1024);
    refused_keys(bed, &json!({"args": {"cni": {"note": long}}}), &[])
}

fn a_configuration_ten_thousand_levels_deep_is_refused(bed: &Bed<'_>) -> Verdict {
    let (open, shut) = ("[".repeat(10_000), "]".repeat(10_000));
    let config = with(
        &bed.config_of(0),
        &json!({"args": {"cni": {"deep": "HERE"}}}),
    );
    let text = config
        .to_string()
        .replace("\"HERE\"", &format!("{open}{shut}"));
    refused(bed, text.as_bytes(), &[])
}

/// The recorder by another name: refused, and never called.
fn refused_address_plugin(bed: &Bed<'_>, name: &str) -> Verdict {
    let (pod, keys) = (
        bed.pod(0)?,
        json!({"ipam": recorder(&json!({"type": name}))}),
    );
    let call = bed
        .call("ADD", &pod)
        .config(&with(&bed.config(&pod), &keys));
    call.run()?.refused()?;
    let told = bed.told()?;
    must!(told.is_empty(), "{name} was run");
    Ok(())
}

fn an_address_plugin_with_a_path_in_its_name_is_refused_and_not_run(bed: &Bed<'_>) -> Verdict {
    let recorder = bed.subject.recorder();
    let folder = recorder
        .parent()
        .and_then(|it| it.file_name())
        .unwrap_or_default();
    let up = format!("../{}/conformance-ipam", folder.display());
    refused_address_plugin(bed, &up)
}

fn an_address_plugin_with_an_absolute_path_is_refused_and_not_run(bed: &Bed<'_>) -> Verdict {
    refused_address_plugin(bed, &bed.subject.recorder().display().to_string())
}

fn without_a_parent_none_is_chosen_in_silence(bed: &Bed<'_>) -> Verdict {
    // so that there is a default route whose interface could be taken
    bed.host.ip("address add 192.0.2.2/24 dev up0")?;
    bed.host.ip("route add default via 192.0.2.1")?;
    let config = without(&bed.config_of(0), bed.kind().parent_key());
    refused(bed, config.to_string().as_bytes(), &[])
}
