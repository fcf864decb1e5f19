//! Measures decoding: prints `lldp_decode_ns=<ns per frame> allocs=<allocations> octets=<frame> tlvs=<TLVs>`.
//!
//! It leaves judging the figures to whoever runs it. `cargo run --release -p lldp-rs --example decode_bench`
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
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use lldp_rs::Frame;

/// Frames of one round, and rounds. A round is shorter than a time slice and the fastest one counts, so that a
/// busy machine does not show.
const FRAMES: u32 = 1_000;
const ROUNDS: u32 = 3_000;

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
    let bytes = include_bytes!("frame-17-tlvs.bin");
    let tlvs = Frame::decode(bytes).unwrap().lldpdu().tlvs().count();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    let mut best = u128::MAX;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..FRAMES {
            let frame = Frame::decode(black_box(bytes));
            black_box(&frame).as_ref().unwrap();
        }
        best = best.min(start.elapsed().as_nanos());
    }
    let allocations = ALLOCATIONS.load(Ordering::Relaxed) - before;
    let picoseconds = best * 1000 / u128::from(FRAMES);
    println!(
        "lldp_decode_ns={}.{:01} allocs={allocations} octets={} tlvs={tlvs}",
        picoseconds / 1000,
        picoseconds % 1000 / 100,
        bytes.len(),
    );
}
