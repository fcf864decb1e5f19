//! The agent's sweep, run once inside the guest by the test program itself.
//!
//! Left to others: when the agent sweeps, and that it waits for a second miss.

use std::time::SystemTime;

use colvin_attach::trace::Trace;
use colvin_attach::{Patience, Roots, sweep};

/// Set where a test runs for the second time, inside the guest.
const INSIDE: &str = "COLVIN_INSIDE_THE_GUEST";

/// Whether this is the guest.
pub(crate) fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// The shell command that runs the test of this name in the guest.
pub(crate) fn again(test: &str) -> String {
    let program = std::env::current_exe().unwrap();
    format!(
        "{INSIDE}=1 {} --ignored --exact {test} --nocapture",
        program.display()
    )
}

/// Looks, and undoes what is dead.
pub(crate) fn sweep() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let roots = Roots::node(now.unwrap()).unwrap();
    for seen in sweep::look(&roots).unwrap() {
        println!("{}: {:?}", seen.record, seen.dead);
        if seen.dead.is_some() {
            let mut trace = Trace::begin();
            sweep::undo(&roots, &seen, Patience::default(), &mut trace).unwrap();
        }
    }
}
