//! What is told of blocks as pods come and go. Left to others: objects of the API, the state folder (the follower).

use serde_json::json;

use super::*;

fn block(range: &str) -> Block {
    Block {
        network: "green".parse().unwrap(),
        range: range.parse().unwrap(),
        is_deleted: false,
        uid: None,
        usage: None,
    }
}

/// The network `green` with these blocks in its record and these addresses given out.
fn green(blocks: &[&str], given: impl IntoIterator<Item = u8>) -> BTreeMap<NetworkName, Network> {
    let record = json!({
        "version": 1, "network": "green", "kind": "VirtualFunction", "blocks": blocks,
        "attach": {"trust": false, "spoofCheck": true, "interfaceName": "green", "reconfigure": "Never",
            "ipam": {"type": "pool", "ranges": ["10.20.4.0/24"]}},
    });
    let network = Network {
        record: serde_json::from_value(record).unwrap(),
        given: given
            .into_iter()
            .map(|host| IpAddr::from([10, 20, 4, host]))
            .collect(),
    };
    BTreeMap::from([("green".parse().unwrap(), network)])
}

fn blocks<const N: usize>(all: [(&str, Block); N]) -> BTreeMap<String, Block> {
    all.map(|(name, block)| (name.to_owned(), block)).into()
}

fn told<const N: usize>(all: [(&str, Usage); N]) -> BTreeMap<String, Usage> {
    all.map(|(name, usage)| (name.to_owned(), usage)).into()
}

const A: &str = "10.20.4.16/28";
const B: &str = "10.20.4.32/28";

#[test]
fn a_block_is_told_when_the_plugin_has_it() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let one = blocks([("a", block(A))]);
    assert_eq!(of(&one, &green(&[], []), true, &mut memory, now), told([]));
    assert_eq!(of(&one, &BTreeMap::new(), true, &mut memory, now), told([]));
    let usages = of(&one, &green(&[A], []), true, &mut memory, now);
    assert_eq!(usages, told([("a", Usage::Unused)]));
    let usages = of(&one, &green(&[A], [16]), true, &mut memory, now);
    assert_eq!(usages, told([("a", Usage::InUse)]));
}

#[test]
fn another_block_is_wanted_when_fewer_than_a_quarter_are_free() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let one = blocks([("a", block(A))]);
    let usages = of(&one, &green(&[A], 16..28), true, &mut memory, now);
    assert_eq!(usages, told([("a", Usage::InUse)]), "4 of 16 are free");
    let usages = of(&one, &green(&[A], 16..29), true, &mut memory, now);
    assert_eq!(usages, told([("a", Usage::Short)]));
    let two = blocks([("a", block(A)), ("b", block(B))]);
    let usages = of(&two, &green(&[A, B], 16..29), true, &mut memory, now);
    let wanted = told([("a", Usage::InUse), ("b", Usage::InUse)]);
    assert_eq!(usages, wanted, "without b it would be short again");
    let usages = of(&two, &green(&[A, B], 16..20), true, &mut memory, now);
    assert_eq!(usages, told([("a", Usage::InUse), ("b", Usage::Unused)]));
}

#[test]
fn what_pods_leave_for_a_moment_is_not_told() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let mut one = block(A);
    one.usage = Some(Usage::InUse);
    let one = blocks([("a", one)]);
    let usages = of(&one, &green(&[A], []), true, &mut memory, now);
    assert_eq!(usages, told([("a", Usage::InUse)]));
    // a pod comes, and the time begins anew
    of(&one, &green(&[A], [20]), true, &mut memory, now + CALM / 2);
    let usages = of(&one, &green(&[A], []), true, &mut memory, now + CALM);
    assert_eq!(usages, told([("a", Usage::InUse)]));
    let usages = of(&one, &green(&[A], []), true, &mut memory, now + CALM * 2);
    assert_eq!(usages, told([("a", Usage::Unused)]));
}

#[test]
fn a_deleted_block_is_released_when_nobody_can_have_an_address_of_it() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let mut gone = block(A);
    gone.is_deleted = true;
    gone.usage = Some(Usage::InUse);
    let all = blocks([("a", gone), ("b", block(B))]);
    let b = ("b", Usage::Unused);
    assert_eq!(
        of(&all, &green(&[A, B], []), true, &mut memory, now),
        told([b]),
        "the record has it"
    );
    assert_eq!(
        of(&all, &green(&[B], []), true, &mut memory, now),
        told([b]),
        "one may have read it"
    );
    let later = now + READ_BEFORE;
    assert_eq!(
        of(&all, &green(&[B], [17]), true, &mut memory, later),
        told([b]),
        "a pod has one"
    );
    let usages = of(&all, &green(&[B], []), true, &mut memory, later);
    assert_eq!(usages, told([("a", Usage::Released), b]));
}

#[test]
fn where_nobody_gives_out_of_blocks_they_are_unused_and_let_go() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let one = blocks([("a", block(A))]);
    let none = BTreeMap::from([("green".parse().unwrap(), Network::default())]);
    let told_of = |seen: &BTreeMap<_, _>, memory: &mut Memory| of(&one, seen, false, memory, now);
    assert_eq!(told_of(&none, &mut memory), told([("a", Usage::Unused)]));
    // what was given while pods were attached is still a pod's, and no other block is wanted
    let usages = told_of(&green(&[A], 16..30), &mut memory);
    assert_eq!(usages, told([("a", Usage::InUse)]));
    let mut gone = block(A);
    gone.is_deleted = true;
    let one = blocks([("a", gone)]);
    assert_eq!(of(&one, &none, false, &mut memory, now), told([]));
    let later = now + READ_BEFORE;
    // a plugin that was left behind could give out of what an old record has
    let usages = of(&one, &green(&[A], []), false, &mut memory, later);
    assert_eq!(usages, told([]));
    of(&one, &none, false, &mut memory, later);
    let usages = of(&one, &none, false, &mut memory, later + READ_BEFORE);
    assert_eq!(usages, told([("a", Usage::Released)]));
}
