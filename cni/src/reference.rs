//! The page `docs/reference/cni.md`, made from the tables of keys, codes, capabilities and versions.
//!
//! Left to others: what happens on ADD (`docs/attach.md`).

use std::fmt::Write as _;

use colvin_testkit::page;

use crate::arguments;
use crate::config::CAPABILITIES;
use crate::failure::Code;
use crate::json::{MOST_BYTES, MOST_DEPTH};
use crate::key::{Key, Part};
use crate::kind::Kind;
use crate::version::Version;

const PAGE: &str = "docs/reference/cni.md";

const HEAD: &str = "<!-- Made by `COLVIN_UPDATE=1 cargo test -p colvin-cni`; do not edit. -->

# colvin-cni: configuration

One JSON object on standard input, by the CNI protocol. An unknown key is refused with code 2 and the nearest known
key, also in ADD, CHECK and STATUS a value of another form, with code 7, its line and what it should be. DEL and GC note
on standard error what they cannot read, and go on: whatever was attached is undone by what was recorded.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    let versions = Version::ALL.map(Version::as_str).join(", ");
    writeln!(
        page,
        "Standard input may have {} KiB and {MOST_DEPTH} levels. Versions of the protocol: {versions}.",
        MOST_BYTES >> 10
    ).unwrap();
    keys(&mut page, "Keys of every plugin", |part| {
        part == Part::Protocol
    });
    keys(&mut page, "What is attached", |part| part == Part::What);
    page += "\nWithout `kind` the other keys say it: `deviceID` and `pciBusID` a PCI function, `device`, `hwaddr` and `kernelpath` a host
device, `vlanId` a vlan child. `master` alone is refused with the question which kind is meant.\n";
    settings(&mut page);
    page += "\nOn a device of a Network `vlan`, `vlanId`, `vlanQoS`, `vlanProto`, `spoofchk`, `trust`, `min_tx_rate`, `max_tx_rate` and `mtu` are the
Network's: another value is refused with code 7, the key, its value and the Network's.\n";
    page += "\n## Capabilities\n\nDeclared by `capabilities: {NAME: true}`; the runtime says their values in `runtimeConfig`.\n\n| capability | meaning |\n| --- | --- |\n";
    for (name, meaning) in CAPABILITIES {
        writeln!(page, "| `{name}` | {meaning} |").unwrap();
    }
    page += "\nWhere several sources give a value: `runtimeConfig`, then `args.cni`, then `CNI_ARGS`, then the configuration.\n";
    let known = arguments::KNOWN.map(|key| format!("`{key}`")).join(", ");
    writeln!(
        page,
        "\n## CNI_ARGS\n\n{known}. Others are refused unless `IgnoreUnknown` is `1` or `true`."
    )
    .unwrap();
    page += "\n## Codes\n\n| code | meaning |\n| ---: | --- |\n";
    for code in Code::ALL {
        writeln!(page, "| {} | {} |", code.number(), code.meaning()).unwrap();
    }
    page
}

fn keys(page: &mut String, heading: &str, of: impl Fn(Part) -> bool) {
    write!(
        page,
        "\n## {heading}\n\n| key | value | meaning |\n| --- | --- | --- |\n"
    )
    .unwrap();
    for row in Key::ALL
        .iter()
        .map(|key| key.row())
        .filter(|row| of(row.part))
    {
        writeln!(page, "| `{}` | {} | {} |", row.name, row.form, row.meaning).unwrap();
    }
}

fn settings(page: &mut String) {
    *page += "\n## How it is set\n\n| key | value | meaning | kinds |\n| --- | --- | --- | --- |\n";
    for row in Key::ALL.iter().map(|key| key.row()) {
        let Part::Setting(kinds) = row.part else {
            continue;
        };
        let of = if kinds.len() == Kind::ALL.len() {
            "all".to_owned()
        } else {
            let words: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            words.join(", ")
        };
        writeln!(
            page,
            "| `{}` | {} | {} | {of} |",
            row.name, row.form, row.meaning
        )
        .unwrap();
    }
}

#[test]
fn the_reference_page_is_fresh() {
    let wanted = page();
    let kept = page::kept(PAGE, &wanted).unwrap();
    assert!(
        kept == wanted,
        "{PAGE} is stale: COLVIN_UPDATE=1 cargo test -p colvin-cni"
    );
}
