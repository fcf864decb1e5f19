//! Which of the free devices a container had better get (DP-18). Pure: the same question, the same answer.
//!
//! Devices of one container are of one uplink and one NUMA node where that is possible. `Packed` takes the
//! uplink with the fewest free devices that suffice, so that others stay whole; `Spread` the emptiest.
//! Left to others: asking.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use colvin_model::NumaNode;
use colvin_model::inventory::UplinkId;
use colvin_model::offer::{DeviceId, Offer, OfferedDevice, Placement};

/// Devices that are alike: of one uplink and one NUMA node.
type Place<'a> = (Option<&'a UplinkId>, Option<NumaNode>);

/// Chooses `size` devices of the available ones. Ids that are not offered are passed over, so it may be
/// fewer; there is always an answer.
pub(crate) fn choose(
    offer: &Offer,
    available: &[String],
    must_include: &[String],
    size: usize,
) -> Vec<DeviceId> {
    let mut free = known(offer, available);
    let mut chosen: Vec<DeviceId> = Vec::with_capacity(size.min(free.len()));
    let mut uplinks = BTreeSet::new();
    let mut numa = BTreeSet::new();
    for (id, device) in known(offer, must_include) {
        free.remove(&id);
        uplinks.insert(device.uplink.as_ref());
        numa.insert(device.numa_node);
        chosen.push(id);
    }
    let mut places: BTreeMap<Place<'_>, Vec<DeviceId>> = BTreeMap::new();
    for (id, device) in free {
        let place = (device.uplink.as_ref(), device.numa_node);
        places.entry(place).or_default().push(id);
    }
    let free_of = |uplink| offered_free(&places, uplink);
    let counts: BTreeMap<_, _> = places.keys().map(|(it, _)| (*it, free_of(*it))).collect();
    while chosen.len() < size {
        let wanted = size - chosen.len();
        let best = places.iter().min_by_key(|((uplink, node), ids)| {
            let total = counts.get(uplink).copied().unwrap_or_default();
            let suffices = ids.len() >= wanted;
            // who does not suffice takes the most at once, so that few uplinks are used
            let order = match offer.placement {
                Placement::Packed if suffices => (total, Reverse(0)),
                Placement::Packed => (0, Reverse(ids.len())),
                Placement::Spread => (0, Reverse(total)),
            };
            let (same_uplink, same_numa) = (uplinks.contains(uplink), numa.contains(node));
            (!same_uplink, !same_numa, !suffices, order, (*uplink, *node))
        });
        let Some(place) = best.map(|(place, _)| *place) else {
            break;
        };
        let ids = places.remove(&place).unwrap_or_default();
        uplinks.insert(place.0);
        numa.insert(place.1);
        chosen.extend(ids.into_iter().take(wanted));
    }
    chosen
}

/// The ids that are offered, each once.
fn known<'a>(offer: &'a Offer, ids: &[String]) -> BTreeMap<DeviceId, &'a OfferedDevice> {
    let parsed = ids.iter().filter_map(|id| id.parse::<DeviceId>().ok());
    let found = parsed.filter_map(|id| offer.devices.get(&id).map(|device| (id, device)));
    found.collect()
}

fn offered_free(places: &BTreeMap<Place<'_>, Vec<DeviceId>>, uplink: Option<&UplinkId>) -> usize {
    let of_uplink = places.iter().filter(|((it, _), _)| *it == uplink);
    of_uplink.map(|(_, ids)| ids.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::examples;
    use colvin_model::offer::Origin;
    use proptest::prelude::*;

    /// Devices as (PF, VF, NUMA node).
    fn offer(placement: Placement, devices: &[(u8, u8, Option<u16>)]) -> Offer {
        let device = |&(pf, vf, node): &(u8, u8, Option<u16>)| {
            let mut grant = examples::vf(&id(pf, vf));
            grant.device.uplink = Some(id(pf, 0).parse().unwrap());
            grant.device.numa_node = node.map(NumaNode::new);
            (grant.id, grant.device)
        };
        Offer {
            origin: Origin::ConfigFile,
            placement,
            devices: devices.iter().map(device).collect(),
        }
    }

    fn id(pf: u8, vf: u8) -> String {
        format!("0000:{pf:02x}:{:02x}.{}", vf / 8, vf % 8)
    }

    fn ids(devices: &[(u8, u8)]) -> Vec<String> {
        devices.iter().map(|&(pf, vf)| id(pf, vf)).collect()
    }

    fn all(offer: &Offer) -> Vec<String> {
        offer.devices.keys().map(ToString::to_string).collect()
    }

    fn chosen(offer: &Offer, available: &[String], must: &[String], size: usize) -> Vec<String> {
        let chosen = choose(offer, available, must, size);
        chosen.iter().map(ToString::to_string).collect()
    }

    const THREE_AND_TWO: [(u8, u8, Option<u16>); 5] = [
        (1, 1, None),
        (1, 2, None),
        (1, 3, None),
        (2, 1, None),
        (2, 2, None),
    ];

    #[test]
    fn dp_18_packed_fills_the_uplink_with_the_fewest_free_devices() {
        let offer = offer(Placement::Packed, &THREE_AND_TWO);
        assert_eq!(chosen(&offer, &all(&offer), &[], 1), ids(&[(2, 1)]));
        assert_eq!(chosen(&offer, &all(&offer), &[], 2), ids(&[(2, 1), (2, 2)]));
        assert_eq!(
            chosen(&offer, &all(&offer), &[], 3),
            ids(&[(1, 1), (1, 2), (1, 3)])
        );
        let most = ids(&[(1, 1), (1, 2), (1, 3), (2, 1)]);
        assert_eq!(chosen(&offer, &all(&offer), &[], 4), most);
    }

    #[test]
    fn dp_18_spread_takes_the_emptiest_uplink() {
        let offer = offer(Placement::Spread, &THREE_AND_TWO);
        assert_eq!(chosen(&offer, &all(&offer), &[], 1), ids(&[(1, 1)]));
        let rest = ids(&[(1, 3), (2, 1), (2, 2)]);
        assert_eq!(chosen(&offer, &rest, &[], 1), ids(&[(2, 1)]));
    }

    #[test]
    fn dp_18_what_must_be_included_comes_first_and_draws_its_neighbours() {
        let offer = offer(Placement::Packed, &THREE_AND_TWO);
        let answer = chosen(&offer, &all(&offer), &ids(&[(1, 2)]), 2);
        assert_eq!(answer, ids(&[(1, 2), (1, 1)]));
    }

    #[test]
    fn dp_18_devices_are_of_one_numa_node_where_that_is_possible() {
        let devices = [
            (1, 1, Some(0)),
            (1, 2, Some(1)),
            (2, 1, Some(1)),
            (2, 2, Some(0)),
        ];
        let offer = offer(Placement::Packed, &devices);
        let answer = chosen(&offer, &all(&offer), &ids(&[(2, 1)]), 2);
        assert_eq!(answer, ids(&[(2, 1), (2, 2)]), "the uplink counts more");
        let free = ids(&[(1, 1), (1, 2), (2, 1)]);
        let answer = chosen(&offer, &free, &ids(&[(2, 1)]), 2);
        assert_eq!(answer, ids(&[(2, 1), (1, 2)]));
    }

    #[test]
    fn dp_18_unknown_ids_are_passed_over_and_there_is_an_answer_to_everything() {
        let offer = offer(Placement::Packed, &THREE_AND_TWO);
        let strange = [String::new(), "0000:99:00.0".to_owned(), id(2, 1)];
        assert_eq!(chosen(&offer, &strange, &strange, 2), ids(&[(2, 1)]));
        assert_eq!(chosen(&offer, &[], &[], 7), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn dp_18_an_answer_is_of_the_available_of_the_asked_size_and_the_same_again(
            devices in prop::collection::vec((0..4u8, 1..20u8, prop::option::of(0..2u16)), 0..40),
            free in prop::collection::vec(any::<bool>(), 40),
            must in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            size in 0..20usize,
            spread in any::<bool>(),
        ) {
            let placement = if spread { Placement::Spread } else { Placement::Packed };
            let offer = offer(placement, &devices);
            let mut available = all(&offer);
            let mut keep = free.into_iter();
            available.retain(|_| keep.next().unwrap_or(true));
            let mut must: Vec<_> = must.iter().filter(|_| !available.is_empty())
                .map(|it| it.get(&available).clone()).collect();
            must.truncate(size);
            let answer = chosen(&offer, &available, &must, size);
            let set: BTreeSet<_> = answer.iter().collect();
            prop_assert_eq!(set.len(), answer.len());
            prop_assert!(answer.iter().all(|id| available.contains(id)));
            prop_assert!(must.iter().all(|id| answer.contains(id)));
            prop_assert_eq!(answer.len(), size.min(available.len()));
            available.reverse();
            prop_assert_eq!(answer, chosen(&offer, &available, &must, size));
        }
    }
}
