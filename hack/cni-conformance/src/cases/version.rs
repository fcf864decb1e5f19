//! VERSION, and being called without a verb.

use crate::{
    bed::Bed,
    suite::case_list,
    verdict::{Verdict, must},
};
use serde_json::{Value, json};

case_list! {
    "CNI-P4" without_a_command_it_tells_what_it_is_on_standard_error_and_ends_well [];
    "CNI-P4" an_unknown_command_is_code_4 [];
    "CNI-VERSION-1" version_lists_every_version_of_today [];
    "CNI-VERSION-1" version_needs_no_standard_input [];
    "CNI-VERSION-1" version_gives_back_the_version_that_it_was_asked_with [];
}

/// The versions that a plugin of today speaks.
pub(crate) const VERSIONS: [&str; 5] = ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"];

fn without_a_command_it_tells_what_it_is_on_standard_error_and_ends_well(bed: &Bed<'_>) -> Verdict {
    let answer = bed.bare("ADD").without("CNI_COMMAND").run()?;
    answer.succeeded()?;
    must!(
        answer.stdout().trim().is_empty(),
        "it writes to standard output: {}",
        answer.stdout()
    );
    must!(
        !answer.stderr().trim().is_empty(),
        "standard error is empty"
    );
    Ok(())
}

fn an_unknown_command_is_code_4(bed: &Bed<'_>) -> Verdict {
    let pod = bed.pod(0)?;
    let call = bed.call("ADDD", &pod).config(&bed.config(&pod));
    call.run()?.refused_with(&[4]).map(drop)
}

fn versions(answer: &Value) -> Vec<String> {
    let listed = answer["supportedVersions"].as_array();
    let listed = listed.map(Vec::as_slice).unwrap_or_default();
    listed
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn version_lists_every_version_of_today(bed: &Bed<'_>) -> Verdict {
    let call = bed.bare("VERSION").config(&json!({"cniVersion": "1.1.0"}));
    let answer = call.run()?.result()?;
    let listed = versions(&answer);
    for version in VERSIONS {
        must!(
            listed.iter().any(|it| it == version),
            "{version} is not in {listed:?}"
        );
    }
    Ok(())
}

fn version_needs_no_standard_input(bed: &Bed<'_>) -> Verdict {
    let answer = bed.bare("VERSION").without("CNI_PATH").run()?.result()?;
    must!(
        !versions(&answer).is_empty(),
        "no supportedVersions in {answer}"
    );
    Ok(())
}

fn version_gives_back_the_version_that_it_was_asked_with(bed: &Bed<'_>) -> Verdict {
    for version in VERSIONS {
        let call = bed.bare("VERSION").config(&json!({"cniVersion": version}));
        let answer = call.run()?.result()?;
        let given = &answer["cniVersion"];
        must!(
            *given == version,
            "asked with {version}, it answers with cniVersion {given}"
        );
    }
    Ok(())
}
