//! A node's folders, for the tests in this room. Left to others: what is in them.

use std::path::Path;
use std::time::Duration;

use colvin_attach::{BootId, Roots};

/// A node whose folders are all in this one, in the boot `boot-1`.
pub(super) fn roots(state: &Path) -> Roots {
    std::fs::create_dir_all(state.join("sys")).unwrap();
    Roots {
        state: state.to_owned(),
        run: state.join("run"),
        sysfs: state.to_owned(),
        proc: "/proc".into(),
        sees_all: false.into(),
        boot_id: BootId::new("boot-1"),
        now: Duration::ZERO,
    }
}
