//! What must hold whatever the bytes are: shared by the property tests and the fuzz targets.

use std::time::Duration;

use lldp_rs::tlv::{ChassisId, PortId, RawTlv, SystemName};
use lldp_rs::{
    Destination, EncodeError, Frame, FrameHeader, Limits, Lldpdu, LldpduBuilder, MAX_LLDPDU,
    MAX_TLVS, MacAddr, Neighbors, Outcome, Tlv,
};

/// Ask everything of a frame; whatever it says, the bounds hold and two ways to the same fact agree.
pub(crate) fn walk(bytes: &[u8]) {
    let Ok(frame) = Frame::decode(bytes) else {
        return;
    };
    let lldpdu = frame.lldpdu();
    let counts = lldpdu.counts();
    assert!(lldpdu.as_bytes().len() <= MAX_LLDPDU);
    assert!(usize::from(counts.total) <= MAX_TLVS);
    assert_eq!(lldpdu.raw_tlvs().count(), usize::from(counts.total));
    assert_eq!(lldpdu.malformed().count(), usize::from(counts.malformed));
    assert_eq!(
        lldpdu.tlvs().count(),
        usize::from(counts.total - counts.malformed)
    );
    let unrecognized = lldpdu.tlvs().filter(Tlv::is_unrecognized).count();
    assert_eq!(unrecognized, usize::from(counts.unrecognized));
    assert_eq!(Lldpdu::decode(lldpdu.as_bytes()).as_ref(), Ok(lldpdu));
    for shown in [
        lldpdu.chassis_id().to_string(),
        lldpdu.port_id().to_string(),
    ] {
        assert!(!shown.chars().any(char::is_control), "{shown:?}");
    }
    for tlv in lldpdu.tlvs() {
        assert!(!format!("{tlv:?}").chars().any(char::is_control));
    }
    reencode(lldpdu);
}

/// Parse, encode, parse: the same values in the same order.
fn reencode(lldpdu: &Lldpdu<'_>) {
    let mut buffer = [0; MAX_LLDPDU];
    let written = match lldpdu.encode(&mut buffer) {
        Ok(written) => written,
        Err(EncodeError::Full { .. }) if lldpdu.as_bytes().len() > MAX_LLDPDU - 2 => return,
        Err(error) => unreachable!("{error}"),
    };
    let again = Lldpdu::decode(written).unwrap();
    assert_eq!(
        (again.counts().malformed, again.counts().duplicates),
        (0, 0)
    );
    assert_eq!(again.port_description(), lldpdu.port_description());
    assert_eq!(again.system_name(), lldpdu.system_name());
    assert_eq!(again.system_description(), lldpdu.system_description());
    assert_eq!(again.capabilities(), lldpdu.capabilities());
    let rest = |lldpdu: &Lldpdu<'_>| {
        let numbers = |tlv: &RawTlv<'_>| !matches!(tlv.kind, 4..=7);
        let raws: Vec<_> = lldpdu.raw_tlvs().filter(numbers).collect();
        raws.into_iter()
            .filter_map(|raw| Tlv::decode(raw).ok())
            .map(|tlv| format!("{tlv:?}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(rest(&again), rest(lldpdu));
    if lldpdu.counts().duplicates == 0 {
        assert!(again.tlvs().eq(lldpdu.tlvs()));
    }
}

/// Read `steps` as frames heard and time passed on two ports; after each the bounds hold.
///
/// A step is an octet: 0 the next two octets of seconds pass; 1 a port is cleared; 2 a raw frame follows, its
/// length in two octets before it; above, a frame is built of the next three octets: ids, TTL, name.
pub(crate) fn hear(mut steps: &[u8]) {
    let own = MacAddr([2, 0, 0, 0, 0, 0xff]);
    let limits = Limits {
        neighbors_per_port: 3,
        octets_per_neighbor: 64,
    };
    let mut table = Neighbors::<u8>::new(limits);
    let mut now = Duration::from_secs(1 << 20);
    while let Some((&step, rest)) = steps.split_first() {
        let port = step >> 7;
        let used = match (step & 0x07, rest) {
            (0, [high, low, ..]) => {
                now += Duration::from_secs(u64::from(u16::from_be_bytes([*high, *low])));
                2
            }
            (1, _) => {
                table.clear(&port);
                0
            }
            (2, [high, low, frame @ ..]) => {
                let length = usize::from(u16::from_be_bytes([*high, *low])).min(frame.len());
                let frame = frame.get(..length).unwrap_or_default();
                let tci = (step & 0x08 != 0).then_some(100);
                judge(&table.ingest(port, frame, tci, &[own], now), now);
                2 + length
            }
            (_, [ids, ttl, name, ..]) => {
                let mut buffer = [0; 128];
                let frame = build(&mut buffer, step, [*ids, *ttl, *name]);
                judge(&table.ingest(port, frame, None, &[own], now), now);
                3
            }
            _ => return,
        };
        steps = rest.get(used..).unwrap_or_default();
        check(&mut table, limits, now);
    }
}

fn build(buffer: &mut [u8], step: u8, [ids, ttl, name]: [u8; 3]) -> &[u8] {
    let last = if step & 0x40 != 0 { 0xff } else { step & 0x08 };
    let source = MacAddr([2, 0, 0, 0, 0, last]);
    let header = FrameHeader {
        destination: Destination::NearestBridge,
        source,
        tag: None,
    };
    let (chassis, port, name) = ([ids >> 4 | 1], [ids & 0x03], [name; 48]);
    let chassis = ChassisId::Local(chassis.as_slice().into());
    let port = PortId::Local(port.as_slice().into());
    let built = LldpduBuilder::frame(buffer, header, chassis, port, u16::from(ttl));
    let Ok(mut open) = built else {
        unreachable!("128 octets are enough")
    };
    let length = usize::from(ids & 0x0c) * 4;
    let name = SystemName(name.get(..length).unwrap_or_default().into());
    let pushed = open.push(&Tlv::SystemName(name)).map(|_| ());
    assert!(pushed.is_ok() || ttl == 0, "{pushed:?}");
    open.finish().unwrap_or_default()
}

fn judge(outcome: &Outcome<'_>, now: Duration) {
    match outcome {
        Outcome::New(one) => {
            assert_eq!(
                (one.first_heard(), one.last_heard(), one.frames_in_a_row()),
                (now, now, 1)
            );
        }
        Outcome::Changed(one) => {
            assert_eq!(
                (one.last_changed(), one.last_heard(), one.frames_in_a_row()),
                (now, now, 1)
            );
        }
        Outcome::Refreshed(one) => {
            assert!(one.last_heard() == now && one.frames_in_a_row() > 1);
        }
        Outcome::Removed(one) => assert!(one.last_heard() <= now),
        Outcome::Refused(_) => {}
    }
}

fn check(table: &mut Neighbors<u8>, limits: Limits, now: Duration) {
    if let Some(next) = table.next_expiry() {
        let before = next.saturating_sub(Duration::from_nanos(1)).min(now);
        assert!(
            next <= now || table.expire(before).is_empty(),
            "nothing is due before"
        );
    }
    for (_, gone) in table.expire(now) {
        assert!(gone.expires() <= now);
    }
    assert!(table.next_expiry().is_none_or(|next| next > now));
    for (_, port) in table.ports() {
        let neighbors = port.neighbors();
        assert!(neighbors.len() <= limits.neighbors_per_port);
        let statistics = port.statistics();
        let held = u64::try_from(neighbors.len()).unwrap_or(u64::MAX);
        assert_eq!(statistics.inserts - statistics.deletes, held);
        assert!(statistics.frames_in >= statistics.inserts + statistics.frames_discarded);
        for (at, one) in neighbors.iter().enumerate() {
            assert!(one.lldpdu_bytes().len() <= limits.octets_per_neighbor);
            assert_eq!(one.lldpdu().as_bytes(), one.lldpdu_bytes());
            assert_eq!(one.lldpdu().identity(), one.identity());
            let twin = neighbors
                .iter()
                .skip(at + 1)
                .any(|other| other.identity() == one.identity());
            assert!(!twin, "one neighbour, one row");
            assert!(one.first_heard() <= one.last_changed());
        }
        let ages = neighbors.iter().map(lldp_rs::Neighbor::first_heard);
        assert!(ages.is_sorted(), "the oldest first");
    }
}
