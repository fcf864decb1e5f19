//! Our programs as they are released, for whoever starts them: the benchmarks, and the tests with a machine or a control
//! plane.
//!
//! One cargo call makes them for all: with another choice of packages dependencies would have other features, and
//! everything would be built and linked again. Left to others: the CNI plugin (`cni`), the image (`image`).

use crate::run;
use anyhow::Result;

const PROGRAMS: [&str; 5] = [
    "colvin",
    "colvin-agent",
    "colvin-controller",
    "cni-bench",
    "cni-conformance",
];

/// Builds them.
///
/// # Errors
/// When one does not build.
pub(crate) fn build() -> Result<()> {
    let mut cargo = run::cargo("build --release --workspace");
    for program in PROGRAMS {
        cargo.args(["--bin", program]);
    }
    run::succeed(cargo)
}
