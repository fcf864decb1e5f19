//! The end of a process between any two steps that change files, in tests: from then on every step of this thread fails,
//! and nothing is cleaned up.
//!
//! Left to others: what is found by the next process.

use std::cell::Cell;
use std::io;

thread_local! {
    /// How many steps are left; `None`: the process lives.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Does it in a process that ends after so many steps; says whether it ended before it was done.
pub(crate) fn after<T>(steps: usize, act: impl FnOnce() -> T) -> (T, bool) {
    LEFT.set(Some(steps));
    let done = act();
    let ended = LEFT.get() == Some(0);
    LEFT.set(None);
    (done, ended)
}

pub(super) fn step() -> io::Result<()> {
    match LEFT.get() {
        None => Ok(()),
        Some(0) => Err(io::Error::other("the process has ended")),
        Some(left) => {
            LEFT.set(Some(left - 1));
            Ok(())
        }
    }
}
