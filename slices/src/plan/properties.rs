//! Whatever is wanted and whatever was left behind, the steps lead there and then end.

use std::collections::BTreeSet;

use k8s_openapi::api::resource::v1::{Device, ResourceSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::feature::Feature;
use crate::form::Form;
use crate::model_server::ModelServer;
use crate::samples::{device, node, pool, scope, shared, tainted};
use crate::wanted::{Pool, Wanted};

const POOLS: [&str; 4] = ["n1", "n1/a-0", "n1/a-1", "n1/b-0"];

#[derive(Clone, Debug)]
struct Leftover {
    pool: &'static str,
    generation: i64,
    slices: i64,
    devices: Vec<Device>,
    owned: bool,
    terminating: bool,
}

impl Leftover {
    fn put(self, server: &mut ModelServer) {
        let Self {
            pool,
            generation,
            slices,
            devices,
            owned,
            terminating,
        } = self;
        server.put_odd((pool, generation), devices, |object: &mut ResourceSlice| {
            object.spec.pool.resource_slice_count = slices;
            if !owned {
                object.metadata.owner_references = None;
            }
            if terminating {
                object.metadata.deletion_timestamp = Some(Time(Timestamp::UNIX_EPOCH));
            }
        });
    }
}

fn devices() -> impl Strategy<Value = Vec<Device>> {
    let one = |name: &'static str| {
        prop_oneof![
            Just(device(name)),
            Just(tainted(name, &["x"])),
            Just(tainted(name, &["x", "y"])),
            Just(shared(name, "1000M")),
        ]
    };
    let several = (one("a"), one("b"), one("c"), 0..=3_usize);
    several.prop_map(|(a, b, c, count)| [a, b, c].into_iter().take(count).collect())
}

fn wishes() -> impl Strategy<Value = Wanted> {
    let pools =
        proptest::collection::btree_map(proptest::sample::select(&POOLS[..]), devices(), 0..=4);
    pools.prop_map(|pools| {
        let pools = pools.into_iter();
        Wanted::new(
            &node(),
            pools.map(|(name, devices)| (pool(name), Pool { devices })),
        )
    })
}

fn leftover() -> impl Strategy<Value = Leftover> {
    let pool = proptest::sample::select(&POOLS[..]);
    let often = proptest::bool::weighted(0.8);
    let seldom = proptest::bool::weighted(0.2);
    (pool, 0..4_i64, 1..3_i64, devices(), often, seldom).prop_map(
        |(pool, generation, slices, devices, owned, terminating)| Leftover {
            pool,
            generation,
            slices,
            devices,
            owned,
            terminating,
        },
    )
}

fn drops() -> impl Strategy<Value = BTreeSet<Feature>> {
    proptest::collection::btree_set(proptest::sample::select(&Feature::ALL[..]), 0..=2)
}

/// Does a step, and remembers what it taught.
fn act(server: &mut ModelServer, memory: &mut Memory, wanted: &Checked, step: &Step) {
    let name = step.pool();
    let before = server.slices();
    let answer = server.answer(step).unwrap();
    let Some(object) = answer else {
        if wanted.wants(name) {
            memory.tore(name);
        }
        return;
    };
    let stored = Slice::of(&scope(), object).unwrap();
    let before = before.iter().find(|slice| slice.uid == stored.uid);
    let form = &wanted.contents()[name].form;
    memory.answered(
        before.map(|slice| &slice.form),
        form,
        &stored,
        std::time::Duration::ZERO,
    );
    // what was written is the pool, for whoever reads the newest generation
    let slices = server.slices();
    let of_pool = slices.iter().filter(|slice| slice.pool == *name);
    let newest = of_pool.filter(|slice| slice.generation >= stored.generation);
    assert_eq!(
        newest.map(|slice| &slice.uid).collect::<Vec<_>>(),
        [&stored.uid]
    );
    assert_eq!(stored.form.slices, 1);
}

/// What a pool shall look like on a server that drops this, but for what it keeps of before.
fn is_reached(server: &ModelServer, wanted: &Checked) -> Result<(), TestCaseError> {
    let slices = server.slices();
    let alive: Vec<&Slice> = slices.iter().filter(|slice| !slice.terminating).collect();
    let pools: Vec<_> = alive.iter().map(|slice| slice.pool.clone()).collect();
    let unique: BTreeSet<_> = pools.iter().cloned().collect();
    prop_assert_eq!(pools.len(), unique.len());
    prop_assert_eq!(unique, wanted.contents().keys().cloned().collect());
    for slice in alive {
        let form = &wanted.contents()[&slice.pool].form;
        let keeps = |form: &Form| form.without(&server.drops);
        prop_assert_eq!(keeps(&slice.form), keeps(form));
        let lost = form.lost_in(&slice.form);
        prop_assert!(lost.is_subset(&server.drops), "{:?}", lost);
    }
    Ok(())
}

proptest! {
    /// DRA-22, DRA-23: at no time is a pool two slices of its newest generation by our doing, and the
    /// second plan has no steps, whatever the server drops (DRA-26).
    #[test]
    fn the_steps_lead_to_what_is_wanted_and_then_there_are_none(
        wishes in proptest::collection::vec(wishes(), 1..4),
        leftovers in proptest::collection::vec(leftover(), 0..7),
        drops in drops(),
        finalizes in any::<bool>(),
    ) {
        let (mut server, mut memory) = (ModelServer::default(), Memory::default());
        for leftover in leftovers {
            leftover.put(&mut server);
        }
        server.drops = drops;
        for wanted in wishes {
            let wanted = Checked::of(&wanted);
            for step in plan(&scope(), &wanted, &server.slices(), &memory) {
                act(&mut server, &mut memory, &wanted, &step);
            }
            is_reached(&server, &wanted)?;
            prop_assert_eq!(plan(&scope(), &wanted, &server.slices(), &memory), []);
            if finalizes {
                server.finalize();
                prop_assert_eq!(plan(&scope(), &wanted, &server.slices(), &memory), []);
            }
        }
    }

    /// The same when the plan is made anew after each step, as the keeper does.
    #[test]
    fn a_plan_made_anew_after_each_step_leads_there_in_as_many_writes(
        wanted in wishes(),
        leftovers in proptest::collection::vec(leftover(), 0..7),
        drops in drops(),
    ) {
        let (mut server, mut memory) = (ModelServer::default(), Memory::default());
        for leftover in leftovers {
            leftover.put(&mut server);
        }
        server.drops = drops;
        let wanted = Checked::of(&wanted);
        let most = plan(&scope(), &wanted, &server.slices(), &memory).len();
        let mut steps = 0;
        while let Some(step) = plan(&scope(), &wanted, &server.slices(), &memory).first() {
            act(&mut server, &mut memory, &wanted, step);
            steps += 1;
            prop_assert!(steps <= most, "{} planned", most);
        }
        is_reached(&server, &wanted)?;
    }
}
