//! The images that every node has: the pause container, and a busybox for pods of tests.
//!
//! Left to others: how an image is written (`crate::oci`).

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::oci::{self, Image};
use crate::vm::Bench;
use crate::vm::process::checked;

/// What holds a pod's namespaces.
pub(super) const PAUSE: &str = "bench.local/pause:1";

/// An image with busybox under all its names in `/bin`; it does nothing until it is told to.
pub const BUSYBOX: &str = "bench.local/busybox:1";

/// The file with both images, in the bench's cache.
///
/// # Errors
/// When it cannot be written.
pub(super) fn prepare(bench: &Bench) -> Result<PathBuf> {
    let file = bench.cache().join("images/node.tar");
    let busybox = bench.busybox();
    let fresh = |made: &fs::Metadata, from: &fs::Metadata| {
        Some(made.modified().ok()? > from.modified().ok()?)
    };
    let from = busybox.metadata().context("looking at busybox")?;
    if file
        .metadata()
        .is_ok_and(|made| fresh(&made, &from) == Some(true))
    {
        return Ok(file);
    }
    let told = checked(Command::new(&busybox).arg("--list"))?;
    let applets = told.lines().filter(|applet| *applet != "busybox");
    let links = applets.map(|applet| (format!("/bin/{applet}"), "busybox".to_owned()));
    let image = Image {
        name: BUSYBOX.to_owned(),
        programs: BTreeMap::from([("/bin/busybox".to_owned(), busybox)]),
        links: links.collect(),
        environment: vec!["PATH=/bin".to_owned()],
        // it ends at once when it is asked to
        entrypoint: [
            "/bin/sh",
            "-c",
            "trap 'exit 0' TERM; sleep 2147483647 & wait",
        ]
        .map(ToOwned::to_owned)
        .to_vec(),
        ..Image::default()
    };
    let pause = Image {
        name: PAUSE.to_owned(),
        ..image.clone()
    };
    oci::write(&[pause, image], &file)?;
    Ok(file)
}
