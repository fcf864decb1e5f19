//! Our figures beside the peers', measured in the same run. Counts (system calls, allocations, peak
//! memory) are held; times are printed, since they belong to the machine.
//!
//! Left to others: the programs that are measured, and the situations (`testkit/`).

mod attach;
mod claims;
mod dranet;
mod dump;
mod inventory;
mod links;
mod lldp;
mod mapping;
mod measure;
mod neighbors;
mod peers;
mod serve;
mod show;
mod table;

use crate::{
    cni_peers, conformance, kube, place,
    run::{self},
};
use anyhow::{Result, bail};
use table::Row;

/// Rows of one subject, or why there are none.
type Subject = (&'static str, fn() -> Result<Vec<Row>>);

const SUBJECTS: [Subject; 9] = [
    ("inventory", inventory::rows),
    ("event", inventory::event_rows),
    ("show", show::rows),
    ("neighbors", neighbors::rows),
    ("lldp", lldp::rows),
    ("mapping", mapping::rows),
    ("links", links::rows),
    ("serve", serve::rows),
    ("attach", attach::rows),
];

/// Those that are measured only when they are named: a control plane and a large peer take minutes. The counts among their
/// figures are held by tests too (`kube_slices`).
const WHEN_NAMED: [Subject; 1] = [("claims", claims::rows)];

/// In place of those of [`SUBJECTS`] when they are named: the same, measured more often. All together hold counts, for which
/// a few calls do; who names one wants times that stand still.
const STEADIER: [Subject; 1] = [("attach", attach::steady_rows)];

/// What is built before anything is measured: package and what of it.
const OURS: [(&str, &str); 7] = [
    ("cni-conformance", "--bin cni-bench"),
    ("colvin", "--bins"),
    ("colvin-device-plugin", "--example serve_bench"),
    ("colvin-discovery", "--example scan --example rescan"),
    ("colvin-kernel", "--example link_dump"),
    ("colvin-model", "--example mapping_bench"),
    ("lldp-rs", "--example decode_bench"),
];

/// The same for those of [`WHEN_NAMED`].
const OURS_WHEN_NAMED: [(&str, &str); 1] = [("colvin-agent", "--bins --example claims_bench")];

/// Builds ours and the peers, measures these subjects (all when none is named) and prints the table.
///
/// # Errors
/// When a count is over its bar, or a peer or a program of ours is missing.
pub(crate) fn run(subjects: &[String]) -> Result<()> {
    let mut wrong = Vec::new();
    let is_named = |(name, _): &Subject| subjects.iter().any(|it| it == name);
    let is_large = WHEN_NAMED.iter().any(is_named);
    let more = OURS_WHEN_NAMED.into_iter().filter(|_| is_large);
    for (package, what) in OURS.into_iter().chain(more) {
        let build = format!("build --quiet --release --package {package} {what}");
        wrong.extend(
            run::succeed(run::cargo(&build))
                .err()
                .map(|error| format!("{error:#}")),
        );
    }
    let builds = [peers::build, cni_peers::build, conformance::build];
    let more = [dranet::build, kube::kubernetes];
    let more = more.into_iter().filter(|_| is_large);
    for build in builds.into_iter().chain(more) {
        wrong.extend(build().err().map(|error| format!("{error:#}")));
    }
    let measured = if run::is_root()? {
        measure(subjects)
    } else {
        // everything is built; what is left needs namespaces, not the network
        let ourselves = std::env::current_exe()?;
        let mut command = run::command("unshare", "--map-root-user --net --mount");
        command
            .arg(ourselves)
            .args(["bench", "--built"])
            .args(subjects);
        run::succeed(command)
    };
    wrong.extend(measured.err().map(|error| format!("{error:#}")));
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

/// Measures these subjects (all when none is named) with what is built, and prints the table.
///
/// # Errors
/// As [`run()`].
pub(crate) fn measure(subjects: &[String]) -> Result<()> {
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    let is_named = |(name, _): &Subject| subjects.iter().any(|it| it == name);
    let usual = SUBJECTS
        .into_iter()
        .filter(|it| subjects.is_empty() || is_named(it));
    let usual = usual.map(|(name, measure)| {
        let steadier = STEADIER.iter().find(|it| it.0 == name && is_named(it));
        (name, steadier.map_or(measure, |it| it.1))
    });
    let wanted = usual.chain(WHEN_NAMED.into_iter().filter(is_named));
    for (name, measure) in wanted {
        run::say(&format!("-- {name}"));
        match measure() {
            Ok(more) => rows.extend(more),
            Err(error) => wrong.push(format!("{name}: {error:#}")),
        }
    }
    if rows.is_empty() && wrong.is_empty() {
        bail!("there is nothing of that name to measure");
    }
    for line in table::lines(&rows) {
        run::say(&line);
    }
    wrong.extend(rows.iter().filter_map(Row::fault));
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    Ok(())
}

/// The path of a program of ours as [`run()`] built it: `colvin`, or an example.
fn ours(name: &str) -> std::path::PathBuf {
    let built = place::target().join("release");
    let example = built.join("examples").join(name);
    if example.exists() {
        example
    } else {
        built.join(name)
    }
}
