//! Measures the mapping: 64 uplinks, each a PF with 16 VFs and a neighbour, against 100 networks.
//!
//! Prints `pairs=<uplinks by networks> on=<places on networks> devices=<in pools> map_us=<median>
//! plan_us=<median> map_allocs=<of one run> plan_allocs=<of one run>`. It leaves judging the figures
//! to whoever runs it. `cargo run --release -p colvin-model --example mapping_bench`
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a program for people and scripts"
)]
#![expect(
    clippy::disallowed_types,
    reason = "a bench reads the clock; the library does not"
)]
#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use colvin_model::network::{
    Devices, Functions, Member, NetworkSpec, NodeFacts, NodeView, Shares, Term, match_members,
    settle,
};
use colvin_model::observation::{
    Addresses, Carrier, InterfaceAddress, Link, LinkParent, Neighbor, Observations, OperState,
    PciFunction, Role, SriovCapability, WireText,
};
use colvin_model::plan::plan;
use colvin_model::{IfIndex, Inventory, LinkAddress, MacAddr, PciAddress, PciClass, Symbol};

const UPLINKS: u16 = 64;
const VFS: u16 = 16;
const NETWORKS: u16 = 100;
const ROUNDS: usize = 501;

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on; `ptr` came from `System`.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let seen = observations();
    let (inventory, networks) = (Inventory::of(&seen), networks());
    let node = NodeFacts {
        name: Symbol::from("worker-1"),
        labels: BTreeMap::from([(Symbol::from("rack"), Symbol::from("b"))]),
    };
    let view = NodeView {
        node: &node,
        inventory: &inventory,
        addresses: seen.addresses.as_ref(),
    };
    let mapped = || {
        settle(
            match_members(black_box(view), black_box(&networks)),
            &networks,
        )
    };
    let (map, map_time, map_allocations) = measured(mapped);
    let planned = || plan(black_box(&inventory), &networks, &map);
    let (plan, plan_time, plan_allocations) = measured(planned);
    let on: usize = map
        .uplinks
        .keys()
        .map(|id| map.networks_of(id).count())
        .sum();
    let devices: usize = plan.pools().iter().map(|pool| pool.devices().len()).sum();
    println!(
        "pairs={} on={on} devices={devices} map_us={:.1} plan_us={:.1} map_allocs={map_allocations} plan_allocs={plan_allocations}",
        inventory.uplinks.len() * networks.len(),
        map_time.as_secs_f64() * 1e6,
        plan_time.as_secs_f64() * 1e6,
    );
}

/// The result, the median time of a run and the allocations of one.
fn measured<T>(run: impl Fn() -> T) -> (T, Duration, u64) {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let result = run();
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    let mut times = [Duration::ZERO; ROUNDS];
    for time in &mut times {
        let start = Instant::now();
        black_box(run());
        *time = start.elapsed();
    }
    times.sort_unstable();
    (result, times.get(ROUNDS / 2).copied().unwrap(), allocations)
}

/// A hundred networks as people write them: by neighbour, by address, by pin.
fn networks() -> Vec<NetworkSpec> {
    let text =
        |attribute: &str, wanted: &str| Term::text(attribute, [wanted.parse().unwrap()]).unwrap();
    let one = |number: u16| {
        let leaves = vec![
            text("neighbor.systemName", "leaf-*"),
            text("neighbor.portDescription", &format!("net-{number} *")),
            Term::number("neighbor.vlan", [u64::from(number) + 100]).unwrap(),
        ];
        let subnet = Term::subnet([format!("10.{number}.0.0/16").parse().unwrap()]).unwrap();
        let pin = vec![
            Term::node([format!("worker-{number}").parse().unwrap()]).unwrap(),
            text("interface", &format!("ens{number}")),
        ];
        let member = |name: &str, terms| Member::new(Symbol::from(name), terms).unwrap();
        let members = vec![
            member("leaves", leaves),
            member("by-address", vec![subnet]),
            member("pin", pin),
        ];
        let devices = match number % 4 {
            0 => Devices::Macvlan(Shares::new(64).unwrap()),
            _ => Devices::VirtualFunction(Functions::below(8)),
        };
        let name = format!("net-{number}").parse().unwrap();
        NetworkSpec::new(name, i64::from(number), devices, false, members).unwrap()
    };
    (0..NETWORKS).map(one).collect()
}

/// What the sources see of 64 cards, each with a switch behind it.
fn observations() -> Observations {
    let mut seen = Observations::default();
    let mut addresses = Vec::new();
    for number in 0..UPLINKS {
        let pf = PciAddress::from_routing_id(0, number << 8);
        let index = IfIndex::new(u32::from(number) + 1).unwrap();
        seen.functions.insert(pf, physical(pf));
        for vf in 0..VFS {
            let address = pf.virtual_function(8, 1, vf).unwrap();
            let role = Role::Virtual { pf };
            seen.functions
                .insert(address, function(address, "iavf", role));
            let number = number * VFS + vf;
            let index = IfIndex::new(1000 + u32::from(number)).unwrap();
            let [high, low] = number.to_be_bytes();
            let vf = Link {
                name: format!("vf{number}").parse().unwrap(),
                address: LinkAddress::from_bytes(&[2, 0, 0, 1, high, low]),
                ..link(index, number, address)
            };
            seen.links.insert(index, vf);
        }
        seen.links.insert(index, link(index, number, pf));
        seen.neighbors.insert(index, vec![neighbor(number)]);
        addresses.push(InterfaceAddress {
            link: index,
            address: format!("10.{}.0.{}", number % 4 + 50, number + 1)
                .parse()
                .unwrap(),
            prefix_length: 16,
        });
    }
    seen.addresses = Some(Addresses {
        addresses,
        default_routes: Vec::new(),
    });
    seen
}

fn physical(address: PciAddress) -> PciFunction {
    let sriov = SriovCapability {
        total: VFS,
        configured: VFS,
        offset: 8,
        stride: 1,
        vf_device: None,
        drivers_autoprobe: Some(true),
        virtfn: BTreeMap::new(),
    };
    function(address, "ice", Role::Physical { sriov: Some(sriov) })
}

fn function(address: PciAddress, driver: &str, role: Role) -> PciFunction {
    PciFunction {
        address,
        class: PciClass::new(0x02_0000),
        id: "8086:1592".parse().unwrap(),
        subsystem: None,
        driver: Some(Symbol::from(driver)),
        numa_node: None,
        iommu_group: None,
        pcie_root: Some(Symbol::from("pci0000:00")),
        role,
        slot: None,
    }
}

fn link(index: IfIndex, number: u16, function: PciAddress) -> Link {
    Link {
        index,
        name: format!("ens{number}").parse().unwrap(),
        alt_names: Vec::new(),
        alias: None,
        hardware_type: 1,
        address: None,
        permanent_address: None,
        mtu_bytes: 9000,
        admin_up: true,
        carrier: Carrier::Up,
        oper_state: OperState::Up,
        master: None,
        lower: None,
        kind: None,
        parent: Some(LinkParent {
            bus: Symbol::from("pci"),
            name: Symbol::from(function.to_string().as_str()),
        }),
        function: Some(function),
        switch_id: None,
        port_name: None,
        bond: None,
    }
}

fn neighbor(number: u16) -> Neighbor {
    let text = |text: String| WireText::from_wire(text.as_bytes());
    Neighbor {
        chassis_id: text(format!("00:1c:73:00:00:{number:02x}")).unwrap(),
        port_id: text(format!("Ethernet1/{number}")).unwrap(),
        port_description: text(format!("net-{number} bay 7")),
        system_name: text(format!("leaf-{number}")),
        system_description: None,
        vlan: (number + 100).try_into().ok(),
        vlans: Vec::new(),
        management_vlan: None,
        management_addresses: Vec::new(),
        capabilities: Vec::new(),
        max_frame_bytes: None,
        aggregation_port: None,
        source: MacAddr::new([2, 0, 0, 0, 1, 1]),
        stale: false,
    }
}
