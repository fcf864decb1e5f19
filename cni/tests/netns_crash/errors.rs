//! System calls that fail: each that can run out of something, at each place where ADD and DEL make it.
//!
//! Left to others: kills (`sweep.rs`).

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, Result, ensure};

use crate::call::{How, Verb};
use crate::state::State;
use crate::subject::Subject;
use crate::sweep::Sweep;

/// Calls that can fail without a fault of the caller's, and how. What a busy device or a full buffer
/// does to netlink is said by the first error of its `sendto` and `sendmsg`.
const CAN_FAIL: [(&str, &[&str]); 19] = [
    ("openat", &["ENOSPC"]),
    ("mkdir", &["ENOSPC"]),
    ("mkdirat", &["ENOSPC"]),
    ("write", &["ENOSPC"]),
    ("writev", &["ENOSPC"]),
    ("pwrite64", &["ENOSPC"]),
    ("fallocate", &["ENOSPC"]),
    ("ftruncate", &["ENOSPC"]),
    ("fsync", &["EIO"]),
    ("fdatasync", &["EIO"]),
    ("rename", &["ENOSPC"]),
    ("renameat", &["ENOSPC"]),
    ("renameat2", &["ENOSPC"]),
    ("linkat", &["ENOSPC"]),
    ("socket", &["ENOBUFS"]),
    ("sendto", &["EBUSY", "ENOBUFS"]),
    ("sendmsg", &["EBUSY", "ENOBUFS"]),
    ("recvfrom", &["ENOBUFS"]),
    ("recvmsg", &["ENOBUFS"]),
];

/// What was tried.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tried {
    errors: u32,
    failed: u32,
    went_on: u32,
}

impl fmt::Display for Tried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            errors,
            failed,
            went_on,
        } = self;
        write!(
            f,
            "{errors} errors: {failed} calls failed, {went_on} went on; nothing left"
        )
    }
}

/// Lets each system call of ADD and of DEL fail once.
pub(crate) fn everywhere(subject: Subject) -> Result<Tried> {
    let sweep = Sweep::new(subject)?;
    let mut tried = Tried::default();
    let adds = sweep.attachment.names(&sweep.arena, Verb::Add)?;
    sweep.well(Verb::Del)?;
    for how in places(&adds) {
        add(&sweep, &how, &mut tried).with_context(|| format!("ADD: {how:?}"))?;
    }
    sweep.well(Verb::Add)?;
    let dels = sweep.attachment.names(&sweep.arena, Verb::Del)?;
    for how in places(&dels) {
        sweep.well(Verb::Add)?;
        del(&sweep, &how, &mut tried).with_context(|| format!("DEL: {how:?}"))?;
    }
    Ok(tried)
}

/// A failed ADD has left the node as it was, before anybody asks for DEL.
fn add(sweep: &Sweep, how: &How, tried: &mut Tried) -> Result<()> {
    tried.errors += 1;
    let ended = sweep.attachment.ask(&sweep.arena, Verb::Add, how)?;
    if ended.is_well() {
        tried.went_on += 1;
        sweep.subject.judge(&sweep.arena, "pod0")?;
    } else {
        tried.failed += 1;
        // who could not say so in the end is asked for DEL, as every failed ADD is; a record that could
        // not be taken away is for DEL or the sweep
        let says = |words: &str| ended.output.contains(words);
        // each thread has the error once: what undoes may have it, too
        if says("\"code\"") && !says("in undoing it") {
            let mut leaks = State::look(&sweep.arena)?.leaks(&sweep.before);
            leaks.retain(|leak| !leak.starts_with("record left"));
            ensure!(leaks.is_empty(), "{ended:?}\n{}", leaks.join("\n"));
        }
    }
    sweep.well(Verb::Del)?;
    sweep.is_clean("DEL").with_context(|| format!("{ended:?}"))
}

/// DEL may fail; the next one finishes.
fn del(sweep: &Sweep, how: &How, tried: &mut Tried) -> Result<()> {
    tried.errors += 1;
    let ended = sweep.attachment.ask(&sweep.arena, Verb::Del, how)?;
    if ended.is_well() {
        tried.went_on += 1;
    } else {
        tried.failed += 1;
    }
    sweep.well(Verb::Del)?;
    sweep
        .is_clean("the second DEL")
        .with_context(|| format!("{ended:?}"))
}

/// Each error at each place of these calls.
fn places(names: &[String]) -> Vec<How> {
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    let mut all = Vec::new();
    for name in names {
        let nth = seen.entry(name).or_default();
        *nth += 1;
        let errors = CAN_FAIL.iter().find(|(call, _)| call == name);
        for error in errors.into_iter().flat_map(|(_, errors)| errors.iter()) {
            all.push(How::Failing(name.clone(), *nth, error));
        }
    }
    all
}

/// The folder of the journal is on a disk that is full; then the folder of the leases is.
pub(crate) fn full_disk(subject: Subject) -> Result<()> {
    let sweep = Sweep::new(subject)?;
    for (folder, room) in [
        ("/var/lib/colvin", 0),
        ("/var/lib/colvin", 1),
        ("/var/lib/cni", 0),
    ] {
        let (arena, before) = (&sweep.arena, &sweep.before);
        // pages: what a file's first byte takes
        arena.sh(&format!(
            "mkdir -p {folder}; mount -t tmpfs -o size=64k tmpfs {folder}
            dd if=/dev/zero of={folder}/full bs=4k count=$((16 - {room})) 2>/dev/null
            ip -o monitor link >/run/seen 2>&1 & echo $! >/run/monitor
            for try in $(seq 100); do
                ip link set leaf0 mtu $((1600 + try)); grep -q leaf0 /run/seen && exit; sleep .05
            done; exit 1"
        ))?;
        let ended = sweep.attachment.ask(arena, Verb::Add, &How::Whole)?;
        let seen = arena.sh(
            "ip link set leaf0 mtu 1600
            for try in $(seq 100); do tail -1 /run/seen | grep -q 'mtu 1600' && break; sleep .05; done
            kill $(cat /run/monitor); grep -v leaf0 /run/seen || true",
        )?;
        let what = format!("{folder} with room for {room} pages: {ended:?}");
        if ended.is_well() && room > 0 {
            // one page may be enough
            subject.judge(arena, "pod0").context(what.clone())?;
        } else {
            ensure!(!ended.is_well(), "{what}");
            let says = ended.output.contains("space") || ended.output.contains("ENOSPC");
            ensure!(says, "it does not say why: {what}");
            if folder == "/var/lib/colvin" {
                ensure!(seen.trim().is_empty(), "links were changed: {seen}\n{what}");
            }
            let leaks = State::look(arena)?.leaks(before);
            ensure!(leaks.is_empty(), "{what}\n{}", leaks.join("\n"));
        }
        sweep.well(Verb::Del).context(what.clone())?;
        arena.sh(&format!("umount {folder}"))?;
        sweep.is_clean("it").context(what)?;
    }
    Ok(())
}
