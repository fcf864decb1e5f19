//! What a Kubernetes Event tells of a port, in one word. Left to others: when ([`crate::event`]).

/// What a Kubernetes Event tells of a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum EventReason {
    UplinkJoined,
    NetworksOverlap,
    UplinkLeft,
    PortAmbiguous,
}

impl EventReason {
    #[cfg(test)]
    pub(super) const ALL: [Self; 4] = [
        Self::PortAmbiguous,
        Self::UplinkLeft,
        Self::NetworksOverlap,
        Self::UplinkJoined,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::UplinkJoined => "UplinkJoined",
            Self::NetworksOverlap => "NetworksOverlap",
            Self::UplinkLeft => "UplinkLeft",
            Self::PortAmbiguous => "PortAmbiguous",
        }
    }

    /// Kubernetes' own two words for how bad it is.
    pub(crate) const fn severity(self) -> &'static str {
        match self {
            Self::UplinkJoined => "Normal",
            Self::NetworksOverlap | Self::UplinkLeft | Self::PortAmbiguous => "Warning",
        }
    }

    #[cfg(test)]
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::UplinkJoined => "A port is on a network that it was not on",
            Self::NetworksOverlap => {
                "A port is asked for by networks that cannot share it; the older keeps it"
            }
            Self::UplinkLeft => "A port is no longer on a network: a cable may have been moved",
            Self::PortAmbiguous => {
                "A port has more than one neighbour, or hears one of the node's own VFs, and leaves every network"
            }
        }
    }
}
