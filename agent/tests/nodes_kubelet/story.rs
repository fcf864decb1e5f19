//! A story in parts, told to a cluster that was booted once. Left to others: the parts.

use std::time::Instant;

use anyhow::Result;

use colvin_testkit::cluster::Cluster;

/// A part of the story. Where it fails, the next ones find what it left.
pub(crate) type Part = fn(&mut Cluster) -> Result<()>;

/// Which parts are told, by words of their names with commas between them: for who mends one of them. Unset, all are.
const SOME: &str = "COLVIN_PARTS";

/// Tells all parts, which go on where one fails.
pub(crate) fn tell(cluster: &mut Cluster, parts: &[(&str, Part)]) {
    let some = std::env::var(SOME).ok();
    let is_meant = |what: &str| {
        let some = some.as_deref();
        some.is_none_or(|some| some.split(',').any(|word| what.contains(word)))
    };
    let mut wrong = Vec::new();
    for (what, part) in parts.iter().filter(|(what, _)| is_meant(what)) {
        let begun = Instant::now();
        match part(cluster) {
            Ok(()) => println!("ok: {what} ({:.1} s)", begun.elapsed().as_secs_f32()),
            Err(error) => {
                println!("WRONG: {what}: {error:#}");
                wrong.push(what);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
