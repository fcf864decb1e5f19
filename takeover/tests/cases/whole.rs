//! Files of which nothing can be served, what is claimed, and random files. Left to others: cases.

use std::error::Error as _;

use colvin_model::offer::Offers;
use colvin_takeover::{ConfigError, Reason, Severity, parse, select};
use proptest::prelude::*;

use super::machine::{at, named};

/// SDP-01: the file is one JSON object; a torn one is an error of the whole.
#[test]
fn sdp_01_a_torn_file_is_refused_as_a_whole_with_its_place() {
    let torn = "{\n  \"resourceList\": [\n    {\"resourceName\": \"a\", \"select";
    let error = parse(torn, "intel.com").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 3, column 33: the file is torn, or no JSON"
    );
    assert!(
        error.source().unwrap().to_string().contains("EOF"),
        "{error:?}"
    );
    let ConfigError::NoJson { line, .. } = parse("", "intel.com").unwrap_err() else {
        panic!("an empty file is no JSON")
    };
    assert_eq!(line, 1);
    for (text, told) in [
        ("[]", "line 1: a config file is an object with resourceList"),
        (
            "{\n\"resourceList\": {}}",
            "line 2: resourceList must be a list of entries",
        ),
    ] {
        assert_eq!(parse(text, "intel.com").unwrap_err().to_string(), told);
    }
}

/// SDP-01, REG-10: a file without entries is served as nothing, and told.
#[test]
fn reg_10_a_file_without_entries_is_told() {
    for text in ["{}", "{\"resourceList\": []}", "{\"resourceList\": null}"] {
        let parsed = parse(text, "intel.com").unwrap();
        assert!(parsed.config.entries.is_empty());
        let [problem] = parsed.problems.as_slice() else {
            panic!("{:?}", parsed.problems)
        };
        assert_eq!(
            (problem.reason, problem.severity),
            (Reason::NoEntries, Severity::Warning)
        );
        assert_eq!(
            problem.to_string(),
            "line 1: resourceList has no entries, so nothing is served; the SR-IOV network device plugin ends, with exit code 0; add an entry"
        );
    }
}

#[test]
fn what_is_in_a_pool_of_the_file_is_claimed_and_parents_of_subfunctions_are() {
    let machine = named("nvidia");
    let text = r#"{"resourceList": [
        {"resourceName": "vf", "selectors": {"pfNames": ["ens3f0np0#1"]}},
        {"resourceName": "sf", "deviceType": "auxNetDevice", "selectors": {"auxTypes": ["sf"]}}]}"#;
    let config = parse(text, "intel.com").unwrap().config;
    let selection = select(
        &config,
        &machine.inventory,
        &machine.facts,
        &Offers::default(),
    );
    let claimed: Vec<_> = selection.claimed().iter().copied().collect();
    assert_eq!(claimed, [at("0000:d8:00.0"), at("0000:d8:00.3")]);
}

/// SDP-30: what is kept back is claimed by nobody, so that a Network is told for itself.
#[test]
fn sdp_30_what_is_kept_back_is_not_claimed() {
    let machine = named("vm");
    let text = r#"{"resourceList": [{"resourceName": "any", "selectors": {}}]}"#;
    let config = parse(text, "intel.com").unwrap().config;
    let selection = select(
        &config,
        &machine.inventory,
        &machine.facts,
        &Offers::default(),
    );
    let claimed: Vec<_> = selection.claimed().iter().copied().collect();
    assert_eq!(claimed, [at("0000:00:05.0"), at("0000:00:06.0")]);
}

fn entry() -> impl Strategy<Value = String> {
    let selector = prop_oneof![
        Just("\"vendors\": [\"8086\"]".to_owned()),
        Just("\"drivers\": [\"vfio-pci\"]".to_owned()),
        (0_u8..9, 0_u8..9).prop_map(|(a, b)| format!("\"pfNames\": [\"ens1f{}#{a}-{b}\"]", a % 2)),
        Just("\"rootDevices\": [\"0000:3b:00.1\"]".to_owned()),
    ];
    let selectors = prop::collection::vec(selector, 0..3);
    selectors.prop_map(|all| format!("\"selectors\": {{{}}}", all.join(", ")))
}

proptest! {
    /// SDP-06: whatever the entries are, a device is in one pool, the first that selects it alone.
    #[test]
    fn sdp_06_a_device_is_in_the_first_pool_that_selects_it(entries in prop::collection::vec(entry(), 1..6)) {
        let machine = named("intel");
        let all: Vec<String> = entries.iter().enumerate().map(|(at, it)| format!("{{\"resourceName\": \"p{at}\", {it}}}")).collect();
        let offers = |entries: &[String]| {
            let text = format!("{{\"resourceList\": [{}]}}", entries.join(", "));
            let config = parse(&text, "intel.com").unwrap().config;
            select(&config, &machine.inventory, &machine.facts, &Offers::default()).offers
        };
        let together = offers(&all);
        let alone: Vec<Offers> = all.iter().map(|one| offers(std::slice::from_ref(one))).collect();
        let mut seen = std::collections::BTreeSet::new();
        for (at, one) in alone.iter().enumerate() {
            let name = format!("intel.com/p{at}").parse().unwrap();
            let wanted: Vec<_> = one.get(&name).unwrap().devices.keys().filter(|id| seen.insert((*id).clone())).collect();
            let got: Vec<_> = together.get(&name).unwrap().devices.keys().collect();
            prop_assert_eq!(got, wanted);
        }
    }

    /// SDP-07: keys mean the same in any case.
    #[test]
    fn sdp_07_keys_mean_the_same_in_any_case(upper in prop::collection::vec(any::<bool>(), 64)) {
        let mut upper = upper.into_iter().cycle();
        let mut mixed = |key: &str| -> String {
            key.chars().map(|c| if upper.next().unwrap() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
        };
        let file = |key: &mut dyn FnMut(&str) -> String| format!(
            r#"{{"{}": [{{"{}": "a", "{}": "x.org", "{}": true, "{}": {{"{}": ["ens1f0#0"], "{}": ["iavf"], "{}": true}}}}]}}"#,
            key("resourceList"), key("resourceName"), key("resourcePrefix"), key("excludeTopology"), key("selectors"), key("pfNames"), key("drivers"), key("needVhostNet"),
        );
        let plain = parse(&file(&mut str::to_owned), "intel.com").unwrap();
        let other = parse(&file(&mut mixed), "intel.com").unwrap();
        prop_assert_eq!(plain, other);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{}\",:a-z0-9 \\n]{0,80}") {
        if let Ok(parsed) = parse(&text, "intel.com") {
            prop_assert!(parsed.problems.iter().all(|problem| problem.line >= 1));
        }
    }
}
