//! Frames of a recorded machine, taken in as if they were heard at time 0, in the order of their names.
//!
//! Left to others: where they come from (`snapshot`).

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use colvin_model::{Finding, FindingReason};

use super::LldpSource;

/// The most frames of one link that are taken in, and the most bytes one may have.
const FRAMES: usize = 4096;
const FRAME_BYTES: u64 = 64 << 10;

impl LldpSource {
    /// Takes in the frames of every port from `folder/<ifname>/`.
    pub(super) fn replay(&mut self, folder: &Path, findings: &mut Vec<Finding>) {
        let mut ports = std::mem::take(&mut self.ports);
        for (index, port) in &mut ports {
            let of_link = folder.join(port.name.as_str());
            let frames =
                frames(&of_link).and_then(|paths| paths.iter().map(|path| read(path)).collect());
            match frames {
                Ok(frames) => {
                    let frames: Vec<Vec<u8>> = frames;
                    for frame in frames {
                        self.take(*index, port, &frame, None, None, Duration::ZERO);
                    }
                }
                Err(error) => {
                    let message =
                        format!("cannot read the frames in {}: {error}", of_link.display());
                    findings.push(Finding::of_node(FindingReason::UnreadableFile, message));
                }
            }
        }
        self.ports = ports;
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "recorded frames are no sysfs; absent and unreadable are told apart"
)]
fn frames(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let listing = match std::fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut paths = listing
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    paths.truncate(FRAMES);
    Ok(paths)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    use io::Read as _;
    let mut frame = Vec::new();
    std::fs::File::open(path)?
        .take(FRAME_BYTES)
        .read_to_end(&mut frame)?;
    Ok(frame)
}
