//! An attachment of the Network green, and what it is made by what that says. Left to others: what must come of it.

use std::path::Path;

use colvin_attach::trace::Trace;
use colvin_attach::{AttachError, Attached, Changes, Kind, OfNetwork, Patience, Request, sweep};
use colvin_testkit::netns::Netns;
use serde_json::json;

use crate::node::{Node, fixed, request};

/// A node, a pod and what is attached to it: `net1` with two addresses.
pub(crate) struct Scene {
    pub(crate) node: Node,
    pub(crate) pod: Netns,
    pub(crate) asked: Request,
    pub(crate) attached: Attached,
}

/// What green says.
pub(crate) fn green(mtu: Option<u32>, routes: &[(&str, &str)]) -> OfNetwork {
    let routes = routes
        .iter()
        .map(|(dst, gw)| serde_json::from_value(json!({"dst": dst, "gw": gw})).unwrap());
    OfNetwork {
        network: "green".parse().unwrap(),
        mtu,
        routes: routes.collect(),
        claims_mtu: false,
        claims_routes: false,
    }
}

impl Scene {
    /// Attached while the Network says this.
    pub(crate) fn new(kind: Kind, network: OfNetwork) -> Self {
        let (node, pod) = (Node::new(), Netns::new().unwrap());
        let mut asked = request("c1", &pod, kind);
        asked.addressing = fixed(&[("10.20.4.5/24", None), ("2001:db8:4::5/64", None)], &[]);
        asked.network = Some(network);
        let attached = node.add(&asked).unwrap();
        Self {
            node,
            pod,
            asked,
            attached,
        }
    }

    /// Makes it what the Network says now.
    pub(crate) fn follow(&self, wanted: &OfNetwork) -> Result<Option<Changes>, AttachError> {
        let seen = sweep::attachments(&self.node.roots).unwrap();
        let mut trace = Trace::begin();
        let follow = || {
            let patience = Patience::default();
            colvin_attach::reconfigure(&self.node.roots, &seen[0], wanted, patience, &mut trace)
        };
        let followed = self.node.host.run(follow).unwrap();
        for step in trace.steps() {
            println!("{step:?}");
        }
        followed
    }

    pub(crate) fn mtu(&self) -> u64 {
        self.pod.link("net1").unwrap()["mtu"].as_u64().unwrap()
    }

    /// The routes of the pod that are neither its addresses' own nor the kernel's.
    pub(crate) fn routes(&self) -> Vec<String> {
        let shown = ["-4 route show", "-6 route show"].map(|ask| self.pod.ip(ask).unwrap());
        let lines = shown.iter().flat_map(|text| text.lines());
        let others = lines.filter(|line| !line.contains("proto kernel"));
        let mut routes: Vec<String> = others
            .filter_map(|line| line.split(" dev ").next())
            .map(str::to_owned)
            .collect();
        routes.sort();
        routes
    }

    /// The journal's lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.node.record()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Leaves of the record its first lines, as a kill does.
    pub(crate) fn cut(&self, lines: usize) {
        cut(&self.node.record(), lines);
    }

    pub(crate) fn check(&self) -> Result<(), AttachError> {
        self.node.check(&self.asked, &self.attached)
    }
}

fn cut(record: &Path, lines: usize) {
    let text = std::fs::read_to_string(record).unwrap();
    let first: String = text.split_inclusive('\n').take(lines).collect();
    std::fs::write(record, first).unwrap();
}
