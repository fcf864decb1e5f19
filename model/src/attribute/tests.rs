//! The rows hold what they say, and the reference page is the table.

use std::fmt::Write as _;

use super::*;
use crate::inventory::tests::switchdev_card;

#[test]
fn names_are_unique_and_values_have_the_type_of_their_row() {
    let inventory = switchdev_card();
    for (position, attribute) in ATTRIBUTES.iter().enumerate() {
        assert!(
            ATTRIBUTES[..position]
                .iter()
                .all(|other| other.name != attribute.name)
        );
        assert!(attribute.meaning.ends_with('.'), "{attribute:?}");
        for uplink in &inventory.uplinks {
            if let Some(value) = (attribute.get)(uplink) {
                assert_eq!(value.kind(), attribute.kind, "{attribute:?}");
            }
        }
    }
    assert!(attribute("neighbor.vlan").is_some());
    assert!(attribute("nieghbor.vlan").is_none());
}

#[test]
fn a_full_uplink_has_every_attribute() {
    let inventory = switchdev_card();
    let without: Vec<_> = ATTRIBUTES
        .iter()
        .filter(|row| (row.get)(&inventory.uplinks[0]).is_none())
        .map(|row| row.name)
        .collect();
    assert_eq!(without, Vec::<&str>::new());
}

#[test]
fn the_reference_page_is_the_table() {
    let mut page = String::from(
        "# Attributes\n\nWhat an uplink can be selected by. Made from `model/src/attribute.rs`.\n\n| name | type | unit | meaning |\n| --- | --- | --- | --- |\n",
    );
    for row in ATTRIBUTES {
        writeln!(
            page,
            "| `{}` | {:?} | {} | {} |",
            row.name,
            row.kind,
            row.unit.unwrap_or(""),
            row.meaning
        )
        .unwrap();
    }
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/reference/attributes.md"
    );
    if std::option_env!("COLVIN_UPDATE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let kept = std::fs::read(path).unwrap_or_default();
    assert_eq!(
        String::from_utf8_lossy(&kept),
        page,
        "stale: run COLVIN_UPDATE=1 cargo test -p colvin-model"
    );
}
