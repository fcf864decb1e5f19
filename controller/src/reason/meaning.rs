//! What each condition and reason means: `docs/reference/conditions.md` is made from here.

use super::{Kind, Reason};

impl Kind {
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Ready => "Pods can be given devices of the network somewhere",
            Self::Ambiguous => "A port that members put on the network has more than one neighbour",
            Self::Overlap => "Another network keeps what members ask for too",
            Self::Protected => "Members choose an uplink that carries the node's own traffic",
            Self::Exhausted => {
                "A node wants addresses of the network, and its ranges have none left"
            }
            Self::AddressesOverlap => {
                "Addresses are in its ranges and in those of another Network or of the cluster, or twice in its own"
            }
            Self::Undefined => {
                "A namespace that `attach.definitions` names lacks its NetworkAttachmentDefinition"
            }
            Self::Unclassed => {
                "It says `advertise: DRA`, and its DeviceClass `<network>.colvin.dev` is missing or not whole"
            }
        }
    }
}

impl Reason {
    pub(crate) const ALL: [Self; 38] = [
        Self::Reachable,
        Self::InvalidSpec,
        Self::NoMembers,
        Self::NoTopology,
        Self::NoUplink,
        Self::NoDevices,
        Self::NoneUsable,
        Self::AmbiguousPort,
        Self::ProtectedUplink,
        Self::Unconfirmed,
        Self::ExclusiveUplink,
        Self::OlderNetwork,
        Self::Refused,
        Self::NoneAmbiguous,
        Self::NoOverlap,
        Self::NoneProtected,
        Self::PoolExhausted,
        Self::AddressesFree,
        Self::NoPool,
        Self::RangesHideCluster,
        Self::RangesOverlap,
        Self::RangesApart,
        Self::DefinitionForeign,
        Self::NamespaceMissing,
        Self::DefinitionRefused,
        Self::DefinitionPending,
        Self::DefinitionKindMissing,
        Self::DefinitionsForbidden,
        Self::DefinitionsMade,
        Self::NoneAsked,
        Self::ClassForeign,
        Self::ClassRefused,
        Self::ClassPending,
        Self::ClassKindMissing,
        Self::ClassesForbidden,
        Self::ExtendedNameDropped,
        Self::ClassMade,
        Self::ByDevicePlugin,
    ];

    /// Which conditions give it.
    pub(super) const fn of(self) -> &'static str {
        match self {
            Self::Reachable
            | Self::InvalidSpec
            | Self::NoMembers
            | Self::NoTopology
            | Self::NoUplink
            | Self::NoDevices
            | Self::NoneUsable
            | Self::Unconfirmed
            | Self::Refused => "`Ready`",
            Self::AmbiguousPort => "`Ready`, `Ambiguous`",
            Self::ProtectedUplink => "`Ready`, `Protected`",
            Self::ExclusiveUplink | Self::OlderNetwork => "`Ready`, `Overlap`",
            Self::NoneAmbiguous => "`Ambiguous`",
            Self::NoOverlap => "`Overlap`",
            Self::NoneProtected => "`Protected`",
            Self::PoolExhausted | Self::AddressesFree => "`Exhausted`",
            Self::NoPool => "`Exhausted`, `AddressesOverlap`",
            Self::RangesHideCluster | Self::RangesOverlap | Self::RangesApart => {
                "`AddressesOverlap`"
            }
            Self::DefinitionForeign
            | Self::NamespaceMissing
            | Self::DefinitionRefused
            | Self::DefinitionPending
            | Self::DefinitionKindMissing
            | Self::DefinitionsForbidden
            | Self::DefinitionsMade
            | Self::NoneAsked => "`Undefined`",
            Self::ClassForeign
            | Self::ClassRefused
            | Self::ClassPending
            | Self::ClassKindMissing
            | Self::ClassesForbidden
            | Self::ExtendedNameDropped
            | Self::ClassMade
            | Self::ByDevicePlugin => "`Unclassed`",
        }
    }

    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Reachable => "At least one node reaches it and has a device that can be used",
            Self::InvalidSpec => {
                "The object means nothing: the message names the field. Agents pass over it"
            }
            Self::NoMembers => "It has no members, so nothing belongs to it: add one",
            Self::NoTopology => "No node has reported what it has: look at the agents",
            Self::NoUplink => {
                "No uplink of any node matches a member: `colvin why NODE NETWORK` names the nearest"
            }
            Self::NoDevices => {
                "Uplinks are on it, and none has a device to give: VFs may not have been made yet"
            }
            Self::NoneUsable => {
                "There are devices, and none can be used: no driver is bound, the kernel has not finished making them, or the uplink is a port of a bond or bridge"
            }
            Self::AmbiguousPort => {
                "A port has more than one neighbour, or frames of one of the node's own VFs; it leaves every network until one neighbour is left"
            }
            Self::ProtectedUplink => {
                "An uplink carries the node's own traffic or cannot be shown not to; it is never given away, and shared only where a member names it"
            }
            Self::Unconfirmed => {
                "A neighbour has said only once what a member asks for: the second frame in a row confirms it"
            }
            Self::ExclusiveUplink => {
                "The network or another one on the same uplink asks for it alone; the older keeps it"
            }
            Self::OlderNetwork => "An older network keeps VFs that this one asks for too",
            Self::Refused => {
                "Members match, and every match is refused, for several reasons: the message counts them"
            }
            Self::NoneAmbiguous => "Every port that members choose has one neighbour at most",
            Self::NoOverlap => "No other network keeps what members ask for",
            Self::NoneProtected => {
                "No member chooses an uplink that carries the node's own traffic"
            }
            Self::PoolExhausted => {
                "Every block of the ranges is some node's, and the nodes that the message names want one more: add a range, or a smaller `blockSize` for blocks to come"
            }
            Self::AddressesFree => "Every node that wants addresses of the ranges gets some",
            Self::NoPool => "Its addresses do not come out of ranges, or the object means nothing",
            Self::RangesHideCluster => {
                "The message names the subnets that are the cluster's services' or its nodes' pods'. A pod's way to them is by this network then, so that it does not reach them: take other ranges"
            }
            Self::RangesOverlap => {
                "The message names the subnets, and who has them too. Each Network gives them out by itself, so that two pods may have one address: where a pod or router reaches both, exclude them in one of the two. Where nothing reaches both it is well"
            }
            Self::RangesApart => {
                "No address of its ranges is in those of another Network, or of the cluster as far as they are known"
            }
            Self::DefinitionForeign => {
                "Somebody else's NetworkAttachmentDefinition has the Network's name in the namespaces that the message names, and stays as it is: delete it, or take the namespaces off the list"
            }
            Self::NamespaceMissing => {
                "There are no namespaces as the message names; definitions come when they do"
            }
            Self::DefinitionRefused => {
                "The API server does not take a definition: the message has its words. It is tried again"
            }
            Self::DefinitionPending => "Definitions are about to be made",
            Self::DefinitionKindMissing => {
                "The cluster has no NetworkAttachmentDefinitions: Multus is not installed"
            }
            Self::DefinitionsForbidden => {
                "The controller may not read NetworkAttachmentDefinitions: it may with the chart's `attach.mode: BelowMultus`"
            }
            Self::DefinitionsMade => "Each namespace that it names has its definition",
            Self::NoneAsked => "It asks for no definitions, or the object means nothing",
            Self::ClassForeign => {
                "Somebody else's DeviceClass has the name of the Network's, and stays as it is: delete it, or name the Network otherwise"
            }
            Self::ClassRefused => {
                "The API server does not take the DeviceClass: the message has its words. It is tried again"
            }
            Self::ClassPending => "The DeviceClass is about to be made",
            Self::ClassKindMissing => {
                "The cluster has no DeviceClasses of `resource.k8s.io/v1`: that is Kubernetes 1.34 or newer. Networks with `advertise: DevicePlugin` are served as ever"
            }
            Self::ClassesForbidden => {
                "The controller may not read DeviceClasses: it may with the chart's `dra.enabled`"
            }
            Self::ExtendedNameDropped => {
                "The API server keeps no `extendedResourceName`, which it does from Kubernetes 1.36 on (feature gate `DRAExtendedResource`): claims of the class work, and pods that ask for `colvin.dev/<network>` get none of it. It is offered again every hour"
            }
            Self::ClassMade => "Its DeviceClass is there",
            Self::ByDevicePlugin => {
                "It is advertised by the device plugin, or the object means nothing"
            }
        }
    }
}
