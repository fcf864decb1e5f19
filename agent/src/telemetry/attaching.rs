//! What the journal of attachments tells, as metrics. Left to others: when they change.

use std::collections::BTreeMap;

use colvin_attach::sweep::Seen;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// What an attachment is called whose record does not tell its kind.
const UNKNOWN: &str = "unknown";

/// The kinds that a configuration may name: each is told from the start, so that a zero can be seen.
const KINDS: [&str; 6] = [
    "VirtualFunction",
    "PhysicalFunction",
    "Macvlan",
    "Ipvlan",
    "Vlan",
    "HostDevice",
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabels {
    kind: String,
}

fn labels(kind: &str) -> KindLabels {
    KindLabels {
        kind: kind.to_owned(),
    }
}

/// What the agent sees of attachments.
#[derive(Clone, Debug)]
pub(crate) struct AttachMetrics {
    attachments: Family<KindLabels, Gauge>,
    leaks: Family<KindLabels, Counter>,
    unfinished: Gauge,
    chained: Gauge,
    unfollowed: Gauge,
}

impl AttachMetrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let this = Self {
            attachments: Family::default(),
            leaks: Family::default(),
            unfinished: Gauge::default(),
            chained: Gauge::default(),
            unfollowed: Gauge::default(),
        };
        for kind in KINDS.into_iter().chain([UNKNOWN]) {
            drop(this.leaks.get_or_create(&labels(kind)));
        }
        let help = "Attachments of this boot that the node's journal has, by their kind";
        registry.register("attachments", help, this.attachments.clone());
        let help = "Attachments that nobody owned any more and that the agent had to undo, by their kind; one that a reboot ended is none";
        registry.register("leaks", help, this.leaks.clone());
        let help = "Attachments that nobody owns and that the last sweep could not undo";
        registry.register("leaks_unfinished", help, this.unfinished.clone());
        let help = "1 while colvin-cni stands in the CNI configuration that the container runtime uses, by this agent";
        registry.register("chained", help, this.chained.clone());
        let help =
            "Attachments that do not follow their Network, though it says reconfigure: InPlace";
        registry.register("attachments_unfollowed", help, this.unfollowed.clone());
        this
    }

    /// The journal has these.
    pub(crate) fn attached<'a>(&self, seen: impl Iterator<Item = &'a Seen>) {
        let mut counts: BTreeMap<&str, i64> = KINDS.into_iter().map(|kind| (kind, 0)).collect();
        for each in seen {
            *counts
                .entry(each.kind.as_deref().unwrap_or(UNKNOWN))
                .or_default() += 1;
        }
        self.attachments.clear();
        for (kind, count) in counts {
            self.attachments.get_or_create(&labels(kind)).set(count);
        }
    }

    /// One of this kind was found that nobody owns.
    pub(crate) fn leaked(&self, kind: Option<&str>) {
        self.leaks
            .get_or_create(&labels(kind.unwrap_or(UNKNOWN)))
            .inc();
    }

    /// So many could not be undone.
    pub(crate) fn unfinished(&self, count: usize) {
        self.unfinished
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Whether the plugin stands in the runtime's configuration.
    pub(crate) fn chained(&self, is_chained: bool) {
        self.chained.set(is_chained.into());
    }

    /// So many do not follow their Network.
    pub(crate) fn unfollowed(&self, count: usize) {
        self.unfollowed
            .set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// How many leaks of a kind were found.
    #[cfg(test)]
    pub(crate) fn leaks_of(&self, kind: &str) -> u64 {
        self.leaks.get_or_create(&labels(kind)).get()
    }

    /// How many the last sweep could not undo.
    #[cfg(test)]
    pub(crate) fn left(&self) -> i64 {
        self.unfinished.get()
    }
}
