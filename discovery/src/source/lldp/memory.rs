//! Neighbours over a restart (LLDP-15): kept in a file with the time they were heard, and loaded as
//! `stale` until a frame confirms them or their time to live is over.
//!
//! Plain text, written beside its place and renamed into it; a line per neighbour with its device
//! (PCI address, or the link's name where it has none), the time and the frame. Time runs on over a
//! restart of the program. Over a restart of the machine the clock starts anew, so a neighbour that
//! was alive at the end gets its whole time to live once more.
//!
//! Left to others: where the file is, and when to write it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use colvin_model::IfIndex;
use colvin_model::observation::Observations;

use super::LldpSource;
use crate::replace_file;

/// First line of the file.
const HEAD: &str = "colvin-neighbors 1";

/// More bytes than this are not read: 1,000 ports with 8 neighbours of 1,500 bytes, in hexadecimal.
const LONGEST_FILE: u64 = 32 << 20;

/// What was remembered and not taken in yet, by device.
pub(super) type Remembered = BTreeMap<String, Vec<Memory>>;

/// A frame that was heard in an earlier run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Memory {
    heard: Duration,
    frame: Vec<u8>,
}

/// The neighbours could not be kept or brought back.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    /// The file could not be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is torn or no such file; nothing was taken from it.
    #[error("{} is torn in line {line}", path.display())]
    Torn {
        /// The file.
        path: PathBuf,
        /// The line that is not as it should be, from 1.
        line: usize,
    },
}

impl LldpSource {
    /// Keeps the neighbours in this file, for the boot with this id.
    ///
    /// # Errors
    /// [`MemoryError::Write`]; the file that was there before stands.
    pub fn save(
        &self,
        path: &Path,
        boot_id: &str,
        known: &Observations,
    ) -> Result<(), MemoryError> {
        let mut lines = vec![HEAD.to_owned(), format!("boot {boot_id}")];
        for (index, neighbor) in self.neighbors.iter() {
            let Some(device) = device_of(*index, known) else {
                continue;
            };
            let millis = neighbor.last_heard().as_millis();
            let frame = neighbor.to_frame();
            let hex: Vec<String> = frame.iter().map(|byte| format!("{byte:02x}")).collect();
            lines.push(format!("n {device} {millis} {}", hex.concat()));
        }
        let count = lines.len() - 2;
        lines.push(format!("end {count}\n"));
        let text = lines.join("\n");
        replace_file(path, text.as_bytes()).map_err(|source| MemoryError::Write {
            path: path.to_owned(),
            source,
        })
    }

    /// Brings back what was kept in this file, at the next look; no file is no neighbours.
    ///
    /// # Errors
    /// [`MemoryError::Read`] and [`MemoryError::Torn`]; then nothing is brought back.
    pub fn load(&mut self, path: &Path, boot_id: &str, now: Duration) -> Result<(), MemoryError> {
        use io::Read as _;
        let mut bytes = Vec::new();
        let read =
            File::open(path).and_then(|file| file.take(LONGEST_FILE).read_to_end(&mut bytes));
        match read {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(source) => {
                return Err(MemoryError::Read {
                    path: path.to_owned(),
                    source,
                });
            }
        }
        self.remembered = parse(&bytes, boot_id, now).map_err(|line| MemoryError::Torn {
            path: path.to_owned(),
            line,
        })?;
        Ok(())
    }

    /// Takes in what is remembered of the ports that are there and have a carrier.
    pub(super) fn recall(&mut self, known: &Observations, now: Duration) {
        if self.remembered.is_empty() {
            return;
        }
        let present = self.ports.iter().filter(|(_, port)| port.carrier);
        let present: Vec<IfIndex> = present.map(|(index, _)| *index).collect();
        for index in present {
            let memories =
                device_of(index, known).and_then(|device| self.remembered.remove(&device));
            for Memory { heard, frame } in memories.into_iter().flatten() {
                let is_known = |identity: &[u8]| {
                    let port = self.neighbors.port(&index);
                    port.is_some_and(|port| {
                        port.neighbors()
                            .iter()
                            .any(|one| one.identity() == identity)
                    })
                };
                let Ok(decoded) = lldp_rs::Frame::decode(&frame) else {
                    continue;
                };
                let identity = decoded.lldpdu().identity();
                if is_known(identity) {
                    continue;
                }
                self.neighbors
                    .ingest(index, &frame, None, &[], heard.min(now));
                self.stale.insert((index, identity.into()));
            }
        }
        self.neighbors.expire(now);
    }
}

fn device_of(index: IfIndex, known: &Observations) -> Option<String> {
    let link = known.links.get(&index)?;
    let function = link.function.map(|function| function.to_string());
    // a name has no white space, so a line has its four words
    Some(function.unwrap_or_else(|| link.name.to_string()))
}

/// What the file says, or the number of the line that is wrong.
fn parse(bytes: &[u8], boot_id: &str, now: Duration) -> Result<Remembered, usize> {
    let text = str::from_utf8(bytes).map_err(|_not_text| 1_usize)?;
    let lines: Vec<&str> = text.split_terminator('\n').collect();
    let [HEAD, boot, middle @ .., end] = lines.as_slice() else {
        return Err(lines.len().max(1));
    };
    let boot = boot.strip_prefix("boot ").ok_or(2_usize)?;
    let whole = end
        .strip_prefix("end ")
        .is_some_and(|count| count.parse() == Ok(middle.len()));
    if !whole || !text.ends_with('\n') {
        return Err(lines.len());
    }
    let mut remembered = Remembered::new();
    for (line, number) in middle.iter().zip(3_usize..) {
        let (device, mut memory) = parse_line(line).ok_or(number)?;
        if boot != boot_id {
            memory.heard = now;
        }
        remembered.entry(device).or_default().push(memory);
    }
    Ok(remembered)
}

fn parse_line(line: &str) -> Option<(String, Memory)> {
    let mut words = line.strip_prefix("n ")?.split(' ');
    let (device, millis, hex) = (words.next()?, words.next()?, words.next()?);
    let mut frame = Vec::with_capacity(hex.len() / 2);
    for pair in hex.as_bytes().chunks(2) {
        frame.push(u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?);
    }
    let heard = Duration::from_millis(millis.parse().ok()?);
    (words.next().is_none() && hex.len() % 2 == 0)
        .then(|| (device.to_owned(), Memory { heard, frame }))
}

#[cfg(test)]
mod tests;
