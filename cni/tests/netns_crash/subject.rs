//! What is attached while it is killed, and the proof that it was attached as asked.
//!
//! Left to others: when it is killed (`sweep.rs`, `soak.rs`).

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::arena::Arena;
use crate::call::Attachment;
use crate::state::State;

/// A kind of attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// One end of a cable moves into the pod, as a VF does.
    HostDevice,
    /// A child of an uplink is made in the pod.
    Macvlan,
}

/// The address that each pod's interface gets.
const MAC: &str = "02:00:00:00:00:99";

impl Subject {
    /// Its configuration: every setting that this host's kernel can give.
    fn config(self) -> Value {
        let ipam = json!({
            "type": "host-local",
            "ranges": [[{"subnet": "10.9.0.0/29"}], [{"subnet": "fd00:9::/125"}]],
            "routes": [{"dst": "10.8.0.0/16", "gw": "10.9.0.1"}],
        });
        let mut config = json!({"cniVersion": "1.1.0", "name": "crash", "type": "colvin-cni",
            "mac": MAC, "mtu": 1440, "ipam": ipam});
        match self {
            Self::HostDevice => config["device"] = json!("dev0"),
            Self::Macvlan => {
                config["kind"] = json!("Macvlan");
                config["master"] = json!("up0");
                config["mode"] = json!("private");
            }
        }
        config
    }

    /// An attachment of this kind for pod number `pod`.
    pub(crate) fn attachment(self, pod: u8, container: &str) -> Attachment {
        Attachment {
            container: container.to_owned(),
            pod: format!("pod{pod}"),
            config: self.config(),
        }
    }

    /// Whether the pod has what was asked for.
    ///
    /// # Errors
    /// Says what it has instead.
    pub(crate) fn judge(self, arena: &Arena, pod: &str) -> Result<()> {
        let state = State::look(arena)?;
        let link = state.link(pod, "net1");
        let has = |key: &str| link.map_or(&Value::Null, |link| &link[key]);
        ensure!(
            has("address") == MAC && has("mtu") == 1440,
            "{pod}: {link:?}"
        );
        let up = has("flags")
            .as_array()
            .is_some_and(|it| it.contains(&json!("UP")));
        ensure!(up, "{pod}: {link:?}");
        if self == Self::Macvlan {
            let mode = &has("linkinfo")["info_data"]["mode"];
            ensure!(*mode == "private", "{pod}: {link:?}");
        }
        ensure!(state.leases.len() == 2, "{:?}", state.leases);
        ensure!(state.records.len() == 1, "{:?}", state.records);
        let addresses = arena.sh(&format!("ip -n {pod} -o addr show dev net1"))?;
        for address in ["10.9.0.", "fd00:9::"] {
            ensure!(addresses.contains(address), "{pod}: {addresses}");
        }
        let routes = arena.sh(&format!("ip -n {pod} route"))?;
        ensure!(
            routes.contains("10.8.0.0/16 via 10.9.0.1 dev net1"),
            "{routes}"
        );
        Ok(())
    }
}
