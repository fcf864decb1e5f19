//! What becomes of each manifest, and of variants of it, on the nodes of `fabric.rs`.
//!
//! Left to others: trying it (`kube_claim_examples.rs`).

use Fate::{Gets, Refused, Waits};

/// Every free device of green.
pub(crate) const GREEN: &[&str] = &[
    "node-1/0000-3b-02-0",
    "node-2/0000-3b-02-0",
    "node-3/0000-3b-02-0",
    "node-3/0000-5e-02-0",
];

/// What becomes of a manifest.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// Each request gets one of these devices.
    Gets(&'static [(&'static str, &'static [&'static str])]),
    /// The scheduler finds nothing, and says so with these words.
    Waits(&'static str),
    /// The API server does not take it, and says so with these words.
    Refused(&'static str),
}

const NOTHING: Fate = Waits("cannot allocate all claims");

/// A manifest.
pub(crate) struct Example {
    pub(crate) file: &'static str,
    pub(crate) fate: Fate,
    /// The same where Kubernetes is older, if it is another.
    pub(crate) at_1_35: Option<Fate>,
    /// What is written for what in it, and what becomes of it then.
    pub(crate) otherwise: &'static [(&'static str, &'static str, Fate)],
}

/// All of them.
pub(crate) const EXAMPLES: &[Example] = &[
    Example {
        file: "claim.yaml",
        fate: Gets(&[("net", GREEN)]),
        at_1_35: None,
        otherwise: &[("green.colvin.dev}", "green.colvin.dev, count: 3}", NOTHING)],
    },
    Example {
        file: "template.yaml",
        fate: Gets(&[("net", GREEN)]),
        at_1_35: None,
        otherwise: &[("green.colvin.dev}", "green.colvin.dev, count: 3}", NOTHING)],
    },
    Example {
        file: "extended-resource.yaml",
        fate: Gets(&[("container-0-request-0", GREEN)]),
        at_1_35: Some(Waits("Insufficient colvin.dev/green")),
        otherwise: &[("green: 1", "green: 3", NOTHING)],
    },
    Example {
        file: "two-switches.yaml",
        fate: Gets(&[
            ("first", &["node-2/0000-3b-02-0"]),
            ("second", &["node-2/0000-5e-02-0"]),
        ]),
        at_1_35: Some(Refused("matchAttribute: Required value")),
        otherwise: &[
            ("blue.colvin.dev", "green-shared.colvin.dev", NOTHING),
            (
                "distinctAttribute",
                "matchAttribute",
                Gets(&[
                    ("first", &["node-1/0000-3b-02-0"]),
                    ("second", &["node-1/0000-5e-02-0"]),
                ]),
            ),
        ],
    },
    Example {
        file: "same-numa-node.yaml",
        fate: Gets(&[
            ("gpu", &["node-3/gpu-0"]),
            ("net", &["node-3/0000-5e-02-0"]),
        ]),
        at_1_35: None,
        otherwise: &[
            ("green.colvin.dev}", "green.colvin.dev, count: 2}", NOTHING),
            (
                "matchAttribute: resource.kubernetes.io/numaNode",
                "matchAttribute: resource.kubernetes.io/pcieRoot",
                Gets(&[
                    ("gpu", &["node-3/gpu-0"]),
                    ("net", &["node-3/0000-5e-02-0"]),
                ]),
            ),
        ],
    },
    Example {
        file: "first-available.yaml",
        fate: Gets(&[("net/vf", GREEN)]),
        at_1_35: None,
        otherwise: &[
            (
                "deviceClassName: green.colvin.dev}",
                "deviceClassName: green.colvin.dev, count: 3}",
                Gets(&[("net/macvlan", &["node-1/0000-5e-00-0-green-shared-0"])]),
            ),
            (".colvin.dev}", ".colvin.dev, count: 3}", NOTHING),
        ],
    },
    Example {
        file: "interface.yaml",
        fate: Gets(&[("net", GREEN)]),
        at_1_35: None,
        otherwise: &[("green.colvin.dev}", "green.colvin.dev, count: 3}", NOTHING)],
    },
    Example {
        file: "by-speed.yaml",
        fate: Gets(&[("net", &["node-2/0000-3b-02-0"])]),
        at_1_35: None,
        otherwise: &[("100000", "400000", NOTHING)],
    },
    Example {
        file: "link-down.yaml",
        fate: Gets(&[("net", &["node-3/0000-af-02-0"])]),
        at_1_35: Some(NOTHING),
        otherwise: &[("colvin.dev/link-down", "colvin.dev/wrong-network", NOTHING)],
    },
];
