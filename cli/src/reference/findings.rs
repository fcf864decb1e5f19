//! `docs/reference/findings.md`: what can be odd, and what each reason means.

use std::fmt::Write as _;

use colvin_model::FindingReason;

#[test]
fn the_page_of_the_findings_is_fresh() {
    let mut page = String::from(
        "# Findings\n\nWhat can be odd about a machine, or about what could be seen of it. The reason is for programs and \
         stays; the message, which says what to do, is for people. Made from `model/src/finding.rs`.\n\n\
         | reason | meaning |\n| --- | --- |\n",
    );
    for (reason, meaning) in FindingReason::ALL {
        writeln!(page, "| `{reason}` | {} |", meaning.trim()).unwrap();
    }
    super::check("findings.md", &page);
}
