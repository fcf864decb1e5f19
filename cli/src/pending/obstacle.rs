//! What keeps a pod from a node, a value for each, and its words. Left to others: finding it.

/// What keeps a pod from a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// The node does not reach the network, or has no such resource.
    NotReached {
        /// The network, or the resource.
        name: String,
    },
    /// The agent has usable devices, and the kubelet offers none.
    NotRegistered {
        /// The network, or the resource.
        name: String,
        /// How many the agent has.
        usable: u64,
    },
    /// The agent has usable devices, and no slice has them.
    NotPublished {
        /// The network.
        name: String,
        /// How many the agent has.
        usable: u64,
    },
    /// No device is usable.
    NoneUsable {
        /// The network, or the resource.
        name: String,
    },
    /// Every device has a taint that the claim does not tolerate.
    Tainted {
        /// The network.
        name: String,
        /// The taints, each as `kubectl` writes it.
        taints: Vec<String>,
    },
    /// A claim of the pod was given devices of another node.
    ClaimElsewhere {
        /// The claim.
        claim: String,
        /// The node.
        node: String,
    },
    /// The pod asks for more than the node has.
    TooMany {
        /// The network, or the resource.
        name: String,
        /// How many are asked for.
        asked: u64,
        /// How many there are.
        there: u64,
    },
    /// Other pods hold what it asks for.
    Taken {
        /// The network, or the resource.
        name: String,
        /// How many are asked for.
        asked: u64,
        /// How many there are.
        there: u64,
        /// How many are held.
        taken: u64,
        /// By whom, as `namespace/name`.
        by: Vec<String>,
    },
    /// There is not enough of something else.
    Short {
        /// Of what: `cpu`, `memory`, `pods`.
        resource: String,
        /// How much is asked for.
        asked: String,
        /// How much is free.
        free: String,
        /// How much there is.
        there: String,
    },
    /// The node is cordoned.
    Cordoned,
    /// Its kubelet does not say that it is well.
    NotReady,
    /// It has this taint, which the pod does not tolerate.
    Taint(String),
    /// It has not this label, which the pod's `nodeSelector` asks for.
    Label(String),
    /// It does not match the pod's required node affinity.
    Affinity,
}

impl Obstacle {
    /// The word for programs.
    pub(crate) const fn reason(&self) -> &'static str {
        match self {
            Self::NotReached { .. } => "NotReached",
            Self::NotRegistered { .. } => "NotRegistered",
            Self::NotPublished { .. } => "NotPublished",
            Self::NoneUsable { .. } => "NoneUsable",
            Self::Tainted { .. } => "DeviceTaint",
            Self::ClaimElsewhere { .. } => "ClaimElsewhere",
            Self::TooMany { .. } => "TooMany",
            Self::Taken { .. } => "Taken",
            Self::Short { .. } => "Short",
            Self::Cordoned => "Cordoned",
            Self::NotReady => "NotReady",
            Self::Taint(_) => "Taint",
            Self::Label(_) => "NodeSelector",
            Self::Affinity => "NodeAffinity",
        }
    }

    /// The words for people. `named` says which network is meant where the pod asks for several.
    pub(crate) fn told(&self, named: bool) -> String {
        let of = |name: &str| {
            if named {
                format!("{name}: ")
            } else {
                String::new()
            }
        };
        match self {
            Self::NotReached { name } => format!("does not reach {name}"),
            Self::NotRegistered { name, usable } => format!(
                "{}its agent has {usable} to give and its kubelet offers none: is the agent registered there? See its /readyz",
                of(name)
            ),
            Self::NotPublished { name, usable } => format!(
                "{}its agent has {usable} to give and no ResourceSlice has them: see its /readyz",
                of(name)
            ),
            Self::NoneUsable { name } => format!("{}none of its devices is usable", of(name)),
            Self::Tainted { name, taints } => format!(
                "{}its devices have the taint {}, which the claim does not tolerate",
                of(name),
                super::words::names(taints, false)
            ),
            Self::ClaimElsewhere { claim, node } => {
                format!("the claim {claim} has its devices on {node}")
            }
            Self::TooMany { name, asked, there } => {
                format!("{}{asked} asked, it has {there}", of(name))
            }
            Self::Taken {
                name,
                asked,
                there,
                taken,
                by,
            } => {
                let devices = if *there == 1 { "device" } else { "devices" };
                let asked = match asked {
                    1 => String::new(),
                    more => format!(", {more} asked"),
                };
                let by = super::words::names(by, false);
                format!(
                    "{}{taken} of {there} {devices} taken by {by}{asked}",
                    of(name)
                )
            }
            Self::Short {
                resource,
                asked,
                free,
                there,
            } => {
                format!("{resource}: {asked} asked, {free} of {there} free")
            }
            Self::Cordoned => "cordoned".to_owned(),
            Self::NotReady => "not ready".to_owned(),
            Self::Taint(taint) => format!("taint {taint}, which the pod does not tolerate"),
            Self::Label(label) => format!("no label {label}, which the nodeSelector asks for"),
            Self::Affinity => "the required node affinity does not match".to_owned(),
        }
    }
}
