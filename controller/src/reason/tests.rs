//! The page of conditions, held to the code: `COLVIN_UPDATE=1 cargo test -p colvin-controller reason`
//! writes it anew. Left to others: the page of metrics ([`crate::telemetry`]).

use super::*;

fn page() -> String {
    let kinds = Kind::ALL.map(|kind| format!("| `{}` | {}. |\n", kind.as_str(), kind.meaning()));
    let reasons = Reason::ALL.map(|reason| {
        let (name, of, meaning) = (reason.as_str(), reason.of(), reason.meaning());
        format!("| `{name}` | {of} | {meaning}. |\n")
    });
    let events = EventReason::ALL.map(|reason| {
        let (name, severity, meaning) = (reason.as_str(), reason.severity(), reason.meaning());
        format!("| `{name}` | {severity} | {meaning}. |\n")
    });
    format!(
        "# Conditions and events of a Network\n\n\
         What `kubectl describe network NAME` says beside the counts. Reasons are for programs and stay; messages are for people. \
         Made from `controller/src/reason/meaning.rs`.\n\n\
         Each condition is always there, so that `kubectl wait --for=condition=Ready network/green` and \
         `--for=condition=Ambiguous=false` both work. Its time changes only when its status does.\n\n\
         | condition | what is so when it is True |\n| --- | --- |\n{}\n\
         | reason | of | meaning |\n| --- | --- | --- |\n{}\n\
         ## Events\n\n\
         At most one event per port (node and uplink) in 10 minutes, and one per second in the whole cluster after a burst of 50: \
         events tell that something happened, conditions tell what is so. An event is about the Network, and related to the NodeTopology.\n\n\
         | reason | type | meaning |\n| --- | --- | --- |\n{}",
        kinds.concat(),
        reasons.concat(),
        events.concat()
    )
}

#[test]
fn the_page_of_conditions_has_every_reason_of_the_code() {
    let kept = colvin_testkit::page::kept("docs/reference/conditions.md", &page()).unwrap();
    let stale = "stale: COLVIN_UPDATE=1 cargo test -p colvin-controller reason";
    assert_eq!(kept, page(), "{stale}");
}

#[test]
fn reasons_are_one_word_each_and_no_two_are_the_same() {
    let mut names = Reason::ALL.map(Reason::as_str).to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Reason::ALL.len());
    assert!(
        names
            .iter()
            .all(|name| name.chars().all(char::is_alphabetic))
    );
}
