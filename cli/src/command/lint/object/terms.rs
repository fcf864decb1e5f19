//! Values of members that are well formed and can match nothing, as no machine writes them so.
//!
//! Left to others: whether one of the machines that there are matches ([`crate::command::lint::fleet`]).

use colvin_model::{IfName, MacAddr, PciAddress};

use crate::command::lint::problem::Problem;
use crate::document::{Kind, Node};

/// Warns of what no uplink can have.
pub(super) fn judge(root: &Node, problems: &mut Vec<Problem>) {
    let spec = root.entry("spec").map(|spec| &spec.value);
    let members = spec.and_then(|spec| spec.entry("members"));
    let Some(Kind::List(members)) = members.map(|members| &members.value.kind) else {
        return;
    };
    for (index, member) in members.iter().enumerate() {
        let Some(uplink) = member.entry("uplink") else {
            continue;
        };
        for entry in uplink.value.entries() {
            let Some(text) = uplink
                .value
                .text(&entry.key)
                .filter(|text| is_literal(text))
            else {
                continue;
            };
            if let Some((message, meant)) = oddity(&entry.key, text) {
                let field = format!("spec.members[{index}].uplink.{}", entry.key);
                let problem = Problem::warning(entry.value.place, &field, message);
                problems.push(problem.meant(meant));
            }
        }
    }
}

fn is_literal(text: &str) -> bool {
    !text.contains(['*', '?'])
}

/// Why a text matches nothing, and what was likely meant.
fn oddity(field: &str, text: &str) -> Option<(String, Option<String>)> {
    let lower = text.to_lowercase();
    match field {
        "pciAddress" => {
            let whole = lower
                .parse::<PciAddress>()
                .or_else(|_| format!("0000:{lower}").parse());
            let meant = whole.ok().map(|address| address.to_string());
            let wrong = meant.as_deref() != Some(text);
            wrong.then(|| {
                (
                    format!("{text:?} matches nothing: a PCI address is such as 0000:3b:00.0"),
                    meant,
                )
            })
        }
        "mac" => {
            let mac = lower.replace('-', ":").parse::<MacAddr>();
            let meant = mac.ok().map(|mac| mac.to_string());
            let wrong = meant.as_deref() != Some(text);
            wrong.then(|| {
                (
                    format!("{text:?} matches nothing: a MAC address is such as 3c:ec:ef:00:00:10"),
                    meant,
                )
            })
        }
        "vendor" | "device" => {
            let digits = lower.strip_prefix("0x").unwrap_or(&lower);
            let hex = digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let meant = (hex && !digits.is_empty()).then(|| format!("{digits:0>4}"));
            let wrong = meant.as_deref() != Some(text);
            let message =
                format!("{text:?} matches nothing: it is four hexadecimal digits in lower case");
            wrong.then(|| (message, meant.map(|meant| format!("{meant:?}"))))
        }
        "interface" if text.parse::<IfName>().is_err() => {
            let message = format!(
                "{text:?} matches nothing: a netdev's name has at most 15 bytes and no `/`, `:` or blank"
            );
            Some((message, None))
        }
        _ => None,
    }
}
