//! Events of watches, with their objects read: what is not understood is said once here.
//!
//! Left to others: what objects mean ([`crate::facts`]), what follows ([`super::desk`]).

use colvin_crds::v1alpha1::{AddressBlock, Network, NodeTopology};
use kube::core::DeserializeGuard;
use kube::runtime::watcher::Event;
use tracing::warn;

use crate::cluster::Seen;
use crate::facts::kept::KeptFacts;
use crate::facts::{BlockFacts, NetworkFacts, NodeFacts};
use crate::kept::Kept;

pub(super) fn network(event: Event<DeserializeGuard<Network>>) -> Seen<NetworkFacts> {
    seen(event, NetworkFacts::read)
}

/// `None` for an object that does not parse.
pub(super) fn topology(event: Event<DeserializeGuard<NodeTopology>>) -> Seen<Option<NodeFacts>> {
    seen(event, |object| {
        let (name, facts) = NodeFacts::read(object);
        let facts = facts.inspect_err(|error| {
            warn!(
                node = name,
                error, "a NodeTopology does not parse; it is passed over"
            );
        });
        (name, facts.ok())
    })
}

pub(super) fn address_block(event: Event<DeserializeGuard<AddressBlock>>) -> Seen<BlockFacts> {
    seen(event, |object| {
        let (block, facts) = BlockFacts::read(object);
        if let Err(error) = &facts.range {
            let network = &facts.network;
            warn!(
                block,
                network, error, "an AddressBlock does not parse; its network gets no others"
            );
        }
        (block, facts)
    })
}

pub(super) fn kept<K: Kept>(event: Event<DeserializeGuard<K::Object>>) -> Seen<KeptFacts<K::Says>> {
    seen(event, K::read)
}

fn seen<K, T>(event: Event<K>, read: impl FnOnce(K) -> (String, T)) -> Seen<T> {
    match event {
        Event::Init => Seen::ListBegins,
        Event::InitDone => Seen::ListEnds,
        Event::InitApply(object) => {
            let (name, facts) = read(object);
            Seen::Listed(name, facts)
        }
        Event::Apply(object) => {
            let (name, facts) = read(object);
            Seen::Changed(name, facts)
        }
        Event::Delete(object) => Seen::Gone(read(object).0),
    }
}
