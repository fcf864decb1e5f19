//! When it is decided.

use colvin_dra_driver::ClaimHold;
use serde_json::json;
use tokio::time::Instant;

use super::*;

fn claimed() -> Claimed {
    let address = "0000:3b:00.1";
    let device = json!({"request": "net", "network": "green", "device": address, "kind": "VirtualFunction",
        "address": address, "uplink": "0000:3b:00.0", "vfIndex": 0});
    Claimed(vec![ClaimHold {
        claim: "c1".parse().unwrap(),
        namespace: "default".into(),
        name: "net".into(),
        device: serde_json::from_value(device).unwrap(),
        allocated: None,
        leaving: false,
    }])
}

/// How long a decision waits after a claim was prepared, where this is offered by the device plugin.
async fn waits(offers: &Offers) -> Duration {
    let (sender, mut receiver) = watch::channel(None);
    sender.send_replace(Some(Arc::new(claimed())));
    let began = Instant::now();
    settled(&mut receiver, offers).await.unwrap();
    began.elapsed()
}

#[tokio::test(start_paused = true)]
async fn what_claims_hold_is_decided_on_together_unless_the_device_plugin_offers_it() {
    assert!(waits(&Offers::default()).await >= FEW);
    let offers = json!({"colvin.dev/green": {"origin": {"Network": "green"}, "placement": "Packed", "devices": {
        "0000:3b:00.1": {"kind": "VirtualFunction", "address": "0000:3b:00.1", "uplink": "0000:3b:00.0",
            "vf_index": 0, "numa_node": null, "ill": null}}}});
    let offers = serde_json::from_value(offers).unwrap();
    assert_eq!(waits(&offers).await, Duration::ZERO);
}
