//! Who holds what by claims, as offers ask it. Left to others: which claims there are (`colvin_dra_driver`).

use colvin_dra_driver::Claimed;
use colvin_model::offer::{Holders, ResourceName};

/// The devices that claims hold. One that its claim has left is nobody's: that it is not undone yet is the journal's
/// word. Which pod has it is known when it is attached, so it is held by nobody that has a name.
pub(crate) fn holders(claimed: &Claimed) -> Holders {
    let mut holders = Holders {
        fresh: true,
        ..Holders::default()
    };
    for hold in claimed.0.iter().filter(|hold| !hold.leaving) {
        let resource = ResourceName::of_network(&hold.device.network);
        let devices = holders.held.entry(resource).or_default();
        devices.insert(hold.device.device.clone(), None);
    }
    holders
}

#[cfg(test)]
mod tests {
    use colvin_dra_driver::ClaimHold;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_claim_has_left_is_nobodys() {
        let hold = |device: &str, leaving: bool| ClaimHold {
            claim: "u1".parse().unwrap(),
            namespace: "default".into(),
            name: "net".into(),
            device: serde_json::from_value(
                json!({"request": "net", "network": "green", "device": device,
                "kind": "VirtualFunction"}),
            )
            .unwrap(),
            allocated: None,
            leaving,
        };
        let claimed = Claimed(vec![
            hold("0000:3b:00.2", false),
            hold("0000:3b:00.3", true),
        ]);
        let all = holders(&claimed);
        let green = ResourceName::of_network(&"green".parse().unwrap());
        assert!(all.fresh);
        assert!(all.holds(&green, &"0000:3b:00.2".parse().unwrap()));
        assert!(!all.holds(&green, &"0000:3b:00.3".parse().unwrap()));
    }
}
