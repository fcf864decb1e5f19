//! Offers over random histories. Left to others: examples a person reads.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// Something that happens on the bench.
#[derive(Clone, Debug)]
enum Event {
    Link(usize, bool),
    Use(usize, usize, VfUse),
    /// The network of this number is on the uplink of that number now, or on none.
    Move(usize, usize),
    /// A pod takes the n-th free device of a network.
    Take(usize, usize),
    /// The n-th holder goes.
    Free(usize),
    Wait(u64),
    /// The journal has the VF of this number of that PF, or has it no more.
    Attach(usize, usize, bool),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let usage = prop_oneof![
        Just(VfUse::Here),
        Just(VfUse::Elsewhere),
        Just(VfUse::Userspace),
        Just(VfUse::NoDriver),
        Just(VfUse::HalfCreated)
    ];
    let event = prop_oneof![
        (0..2_usize, any::<bool>()).prop_map(|(uplink, up)| Event::Link(uplink, up)),
        (0..2_usize, 0..2_usize, usage).prop_map(|(pf, vf, usage)| Event::Use(pf, vf, usage)),
        (0..2_usize, 0..3_usize).prop_map(|(network, uplink)| Event::Move(network, uplink)),
        (0..2_usize, 0..2_usize).prop_map(|(network, nth)| Event::Take(network, nth)),
        (0..4_usize).prop_map(Event::Free),
        (0..5_u64).prop_map(Event::Wait),
        (0..2_usize, 0..2_usize, any::<bool>())
            .prop_map(|(pf, vf, made)| Event::Attach(pf, vf, made)),
    ];
    prop::collection::vec(event, 1..40)
}

const NAMES: [&str; 2] = ["green", "blue"];

fn happen(bench: &mut Bench, event: &Event) {
    match *event {
        Event::Link(uplink, true) => bench.link(uplink, LinkState::Up),
        Event::Link(uplink, false) => bench.link(uplink, LinkState::NoCarrier),
        Event::Use(pf, index, usage) => bench.vf(pf, index, usage),
        Event::Move(network, uplink) => {
            let netdev = ["ens4", "ens5", "ens9"][uplink];
            let created = i64::try_from(network).unwrap();
            bench.networks[network] = on(NAMES[network], created, netdev);
        }
        Event::Take(network, nth) => {
            let resource = resource(NAMES[network]);
            let offer = bench.offering.offers().get(&resource).cloned();
            let devices = offer.into_iter().flat_map(|offer| offer.devices);
            let well = devices
                .filter(|(id, device)| device.ill.is_none() && !bench.holders.holds(&resource, id));
            if let Some((id, _)) = { well }.nth(nth) {
                bench.hold(NAMES[network], id.as_str());
            }
        }
        Event::Free(nth) => {
            let mut all = bench.holders.held.iter().flat_map(|(resource, devices)| {
                devices.keys().map(|id| (resource.clone(), id.clone()))
            });
            if let Some((resource, id)) = all.nth(nth) {
                drop(all);
                bench.holders.held.get_mut(&resource).unwrap().remove(&id);
            }
        }
        Event::Attach(pf, index, made) => {
            let pf = &bench.node.inventory.uplinks[pf];
            let address = pf.virtual_functions[index].address;
            if made {
                bench.attached.insert(address);
            } else {
                bench.attached.remove(&address);
            }
        }
        Event::Wait(seconds) => bench.now += Duration::from_secs(seconds),
    }
    bench.look();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_device_is_in_one_offer_and_with_its_holder_while_it_has_one(history in events()) {
        let mut bench = Bench::new();
        for event in &history {
            happen(&mut bench, event);
            let mut owners: BTreeMap<PciAddress, &ResourceName> = BTreeMap::new();
            for (resource, offer) in &bench.offering.offers().0 {
                for device in offer.devices.values() {
                    let other = owners.insert(device.address.unwrap(), resource);
                    prop_assert!(other.is_none(), "{:?} is in two offers", device.address);
                }
            }
            let offered = bench.offering.offers().0.iter();
            let offered = offered.flat_map(|(resource, offer)| {
                offer.devices.iter().map(move |(id, device)| (resource, id, device))
            });
            for (resource, id, device) in offered {
                let is_attached = device.address.is_some_and(|it| bench.attached.contains(&it));
                prop_assert!(
                    !is_attached || device.ill.is_some() || bench.holders.holds(resource, id),
                    "{id} is attached, not held, and offered"
                );
            }
            for (resource, devices) in &bench.holders.held {
                for id in devices.keys() {
                    let offer = bench.offering.offers().get(resource);
                    let device = offer.and_then(|offer| offer.devices.get(id));
                    prop_assert!(device.is_some(), "{id} is held and not listed");
                    let ill = device.and_then(|device| device.ill.as_ref());
                    prop_assert!(
                        !matches!(ill, Some(Ill::LinkDown | Ill::NotReturned | Ill::NotUndone)),
                        "{id} is held and {ill:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_look_at_what_is_the_same_changes_nothing(history in events()) {
        let mut bench = Bench::new();
        for event in &history {
            happen(&mut bench, event);
            let before = bench.offering.offers().clone();
            bench.look();
            prop_assert_eq!(&before, bench.offering.offers());
        }
    }
}
