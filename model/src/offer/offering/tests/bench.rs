//! A small machine with networks, looked at over time. Left to others: what is expected of it.

use super::*;

pub(super) const SECOND: Duration = Duration::from_secs(1);

/// A node with two PFs of two VFs, of which `green` has the first and `blue` the second.
pub(super) struct Bench {
    pub(super) node: Node,
    pub(super) networks: Vec<NetworkSpec>,
    pub(super) from_file: Offers,
    pub(super) holders: Holders,
    pub(super) others: Holders,
    pub(super) attached: BTreeSet<PciAddress>,
    pub(super) offering: Offering,
    pub(super) now: Duration,
}

pub(super) fn pf(index: u32, name: &str) -> Uplink {
    let mut pf = machine::uplink(index, name);
    pf.virtual_functions = vec![vf(&pf, 0, VfUse::Here), vf(&pf, 1, VfUse::Here)];
    pf
}

pub(super) fn on(called: &str, created: i64, netdev: &str) -> NetworkSpec {
    let functions = Devices::VirtualFunction("0-7".parse().unwrap());
    giving(
        functions,
        called,
        created,
        &[member("pin", &[texts("interface", netdev)])],
    )
}

pub(super) fn resource(network: &str) -> ResourceName {
    ResourceName::of_network(&name(network))
}

impl Bench {
    pub(super) fn new() -> Self {
        let mut bench = Self {
            node: Node::with(vec![pf(4, "ens4"), pf(5, "ens5")]),
            networks: vec![on("green", 1, "ens4"), on("blue", 2, "ens5")],
            from_file: Offers::default(),
            holders: Holders {
                fresh: true,
                ..Holders::default()
            },
            others: Holders::default(),
            attached: BTreeSet::new(),
            offering: Offering::resume(Advertise::DevicePlugin, Offers::default(), Duration::ZERO),
            now: Duration::ZERO,
        };
        bench.look();
        bench
    }

    pub(super) fn look(&mut self) {
        let map = map(self.node.view(), &self.networks);
        let plan = crate::plan::plan(&self.node.inventory, &self.networks, &map);
        let situation = Situation {
            inventory: &self.node.inventory,
            networks: &self.networks,
            plan: &plan,
            from_file: &self.from_file,
            holders: &self.holders,
            others: &self.others,
            attached: &self.attached,
        };
        self.offering.next(situation, self.now);
    }

    pub(super) fn look_after(&mut self, time: Duration) {
        self.now += time;
        self.look();
    }

    pub(super) fn hold(&mut self, network: &str, device: &str) {
        let holder = Holder {
            namespace: "default".to_owned(),
            pod: "a".to_owned(),
            container: "main".to_owned(),
        };
        let devices = self.holders.held.entry(resource(network)).or_default();
        devices.insert(device.parse().unwrap(), Some(holder));
        self.look();
    }

    pub(super) fn link(&mut self, uplink: usize, state: LinkState) {
        self.node.inventory.uplinks[uplink].state = state;
    }

    pub(super) fn vf(&mut self, uplink: usize, index: usize, usage: VfUse) {
        let uplink = &mut self.node.inventory.uplinks[uplink];
        uplink.virtual_functions[index] = vf(uplink, u16::try_from(index).unwrap(), usage);
    }

    /// The devices of a network as `address` or `address why-not`; or `None` when it is not offered.
    pub(super) fn shown(&self, network: &str) -> Option<Vec<String>> {
        let offer = self.offering.offers().get(&resource(network))?;
        let device = |(id, device): (&DeviceId, &OfferedDevice)| match &device.ill {
            None => id.to_string(),
            Some(ill) => format!("{id} {}", ill.as_str()),
        };
        Some(offer.devices.iter().map(device).collect())
    }

    #[track_caller]
    pub(super) fn offers(&self, network: &str, devices: &[&str]) {
        assert_eq!(self.shown(network).unwrap(), devices, "{network}");
    }
}
