//! STATUS: success only where an ADD could succeed.

use super::add::attached;
use crate::{
    bed::{Bed, host_local, recorder, with},
    suite::case_list,
    verdict::{Verdict, must},
};
use serde_json::{Value, json};

case_list! {
    "CNI-STATUS-1" status_of_a_version_before_1_1_is_code_1 [];
    "CNI-STATUS-1" status_is_well_where_an_add_would_succeed [Link];
    "CNI-STATUS-1" status_without_the_device_or_parent_is_code_50 [Parent];
    "CNI-STATUS-1" status_asks_the_address_plugin [];
    "CNI-STATUS-1" status_is_code_50_when_the_address_plugin_is_not_well [];
    "CNI-STATUS-1" status_is_code_50_when_the_address_plugin_is_nowhere [];
    "CNI-STATUS-2" other_verbs_work_after_status_has_failed [Link, Parent];
}

/// Not able to serve, and running attachments not able either.
const NOT_WELL: [u64; 2] = [50, 51];

fn status(bed: &Bed<'_>, keys: &Value) -> anyhow::Result<crate::call::Answer> {
    bed.bare("STATUS")
        .config(&with(&bed.config_of(0), keys))
        .run()
}

fn status_of_a_version_before_1_1_is_code_1(bed: &Bed<'_>) -> Verdict {
    status(bed, &json!({"cniVersion": "1.0.0"}))?
        .refused_with(&[1])
        .map(drop)
}

fn status_is_well_where_an_add_would_succeed(bed: &Bed<'_>) -> Verdict {
    status(bed, &json!({"ipam": host_local()}))?.succeeded()
}

fn missing(bed: &Bed<'_>) -> Value {
    json!({bed.kind().parent_key(): "nowhere0"})
}

fn status_without_the_device_or_parent_is_code_50(bed: &Bed<'_>) -> Verdict {
    status(bed, &missing(bed))?
        .refused_with(&NOT_WELL)
        .map(drop)
}

fn status_asks_the_address_plugin(bed: &Bed<'_>) -> Verdict {
    status(bed, &json!({"ipam": recorder(&json!({}))}))?.succeeded()?;
    let verbs: Vec<String> = bed.told()?.into_iter().map(|call| call.verb).collect();
    must!(verbs == ["STATUS"], "it was called with {verbs:?}");
    Ok(())
}

fn status_is_code_50_when_the_address_plugin_is_not_well(bed: &Bed<'_>) -> Verdict {
    let keys = json!({"ipam": recorder(&json!({"fail": ["STATUS"]}))});
    status(bed, &keys)?.refused_with(&NOT_WELL).map(drop)
}

fn status_is_code_50_when_the_address_plugin_is_nowhere(bed: &Bed<'_>) -> Verdict {
    let keys = json!({"ipam": {"type": "conformance-nowhere"}});
    status(bed, &keys)?.refused_with(&NOT_WELL).map(drop)
}

fn other_verbs_work_after_status_has_failed(bed: &Bed<'_>) -> Verdict {
    status(bed, &missing(bed))?.ended()?;
    let pod = bed.pod(0)?;
    let before = bed.see(&[&pod])?;
    attached(bed, &pod, &json!({"ipam": host_local()}))?;
    status(bed, &missing(bed))?.ended()?;
    super::del::detached(bed, &pod, &json!({"ipam": host_local()}))?;
    bed.undone_since(&before, &[&pod], "after ADD and DEL")
}
