//! Decoding, walking and refusing allocate nothing; a refresh of a known neighbour neither.
//!
//! Each thread counts for itself: the test harness allocates on its own.
#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::time::Duration;

use lldp_rs::{Frame, Lldpdu, Neighbors, Outcome};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
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

const FRAME: &[u8] = include_bytes!("../examples/frame-17-tlvs.bin");

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

fn ask_everything(lldpdu: &Lldpdu<'_>) {
    let tlvs = lldpdu.tlvs().count() + lldpdu.malformed().count() + lldpdu.vlan_names().count();
    black_box(tlvs + lldpdu.management_addresses().count() + lldpdu.med().count());
    black_box((
        lldpdu.chassis_id(),
        lldpdu.port_id(),
        lldpdu.system_name().map(|name| name.cut(64)),
    ));
    black_box((
        lldpdu.port_vlan_id(),
        lldpdu.link_aggregation(),
        lldpdu.max_frame_size(),
    ));
}

#[test]
fn lldp_10_to_decode_to_refuse_and_to_refresh_allocate_nothing() {
    let decoded = allocations(|| ask_everything(Frame::decode(black_box(FRAME)).unwrap().lldpdu()));
    assert_eq!(decoded, 0, "decode and every accessor");

    let refused = allocations(|| {
        let accepted =
            (0..FRAME.len()).filter(|end| Frame::decode(black_box(&FRAME[..*end])).is_ok());
        assert_eq!(
            black_box(accepted.count()),
            15,
            "only those cut between two TLVs"
        );
    });
    assert_eq!(refused, 0, "every truncation");

    let encoded = allocations(|| {
        let mut buffer = [0; 1500];
        black_box(
            Frame::decode(FRAME)
                .unwrap()
                .lldpdu()
                .encode(&mut buffer)
                .unwrap(),
        );
    });
    assert_eq!(encoded, 0, "encode");

    let mut table = Neighbors::<u32>::default();
    table.ingest(2, FRAME, None, &[], Duration::ZERO);
    let refreshed = allocations(|| {
        let outcome = table.ingest(2, FRAME, None, &[], Duration::from_secs(30));
        assert!(matches!(outcome, Outcome::Refreshed(_)));
        assert!(table.expire(Duration::from_secs(31)).is_empty());
    });
    assert_eq!(refreshed, 0, "a refresh, and expiry when nothing is due");
}
