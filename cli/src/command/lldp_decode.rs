//! `colvin lldp decode FILE`: the neighbours that speak in a capture, and every TLV of what each said last.
//!
//! A torn file is an error after all that was read is shown. Memory is bounded by [`MAX_NEIGHBORS`], whatever is in
//! the file. Left to others: the file's form ([`crate::capture`]), the TLVs ([`crate::frame_report`]).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};

use anyhow::Context as _;
use colvin_crds::v1alpha1::node_topology::Neighbor as ApiNeighbor;
use colvin_discovery::source::lldp::neighbor_of;
use colvin_model::observation::Neighbor;
use lldp_rs::{Frame, FrameError, Lldpdu, MacAddr};
use serde::Serialize;

use super::Ended;
use crate::args::{Decode, Format};
use crate::capture::{self, LinkType, Packet};
use crate::frame_report::{self, TlvReport};
use crate::output::{Output, Tone};
use crate::ports::{or_empty, system};
use crate::table::{Table, column};

/// The most neighbours that are kept; a capture of a flood may hold more.
const MAX_NEIGHBORS: usize = 4096;

/// The most refused frames that are shown one by one.
const MAX_REFUSED: usize = 20;

/// What is in a capture.
#[derive(Debug, Default, Serialize)]
struct Report {
    neighbors: Vec<Heard>,
    /// The first frames that are LLDP and are refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<Refused>,
    packets: Counts,
}

/// How many packets there are of each kind.
#[derive(Debug, Default, Serialize)]
struct Counts {
    total: u64,
    lldp: u64,
    refused: u64,
    /// LLDP of neighbours beyond [`MAX_NEIGHBORS`].
    #[serde(rename = "overLimit", skip_serializing_if = "is_zero")]
    over_limit: u64,
}

/// A neighbour, by what it said last.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Heard {
    #[serde(flatten)]
    said: ApiNeighbor,
    /// Seconds that it counts; 0 is a farewell.
    ttl_seconds: u16,
    /// The address the frame came from; a capture without Ethernet headers may not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// How many frames it sent.
    frames: u64,
    tlvs: Vec<TlvReport>,
    #[serde(skip)]
    shown: Neighbor,
}

/// A frame that is LLDP and is refused.
#[derive(Debug, Serialize)]
struct Refused {
    /// Where its record begins in the file.
    offset: u64,
    error: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Decodes the capture.
///
/// # Errors
/// When the file cannot be opened, or is torn: then after what was read is shown.
pub(super) fn run(args: &Decode, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let mut decoder = Decoder::default();
    let read = open(args).and_then(|mut file| {
        let opened = capture::read(&mut file, &mut |packet| decoder.take(&packet));
        opened.with_context(|| format!("cannot decode {}", args.file.display()))
    });
    if read.is_err() && decoder.counts.total == 0 {
        return read.map(|()| Ended::Well);
    }
    let report = decoder.report();
    let mut output = Output::new(to, args.look.color);
    match args.look.output.form() {
        Some(form) => output.object(form, &report)?,
        None => show(&mut output, &report, args.look.output)?,
    }
    output.flush()?;
    read.map(|()| Ended::Well)
}

fn open(args: &Decode) -> anyhow::Result<Box<dyn Read>> {
    if args.file.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file =
        File::open(&args.file).with_context(|| format!("cannot open {}", args.file.display()))?;
    Ok(Box::new(BufReader::new(file)))
}

/// Takes packets and keeps what neighbours said.
#[derive(Default)]
struct Decoder {
    /// By chassis and port ID, as they came.
    heard: BTreeMap<Vec<u8>, Heard>,
    refused: Vec<Refused>,
    counts: Counts,
}

impl Decoder {
    fn take(&mut self, packet: &Packet) {
        self.counts.total += 1;
        match decode(packet) {
            Decoded::Lldp(lldpdu, source) => {
                self.counts.lldp += 1;
                self.hear(&lldpdu, source);
            }
            Decoded::Refused(error) => {
                self.counts.refused += 1;
                if self.refused.len() < MAX_REFUSED {
                    let error = format!("{:#}", anyhow::Error::new(error));
                    self.refused.push(Refused {
                        offset: packet.offset,
                        error,
                    });
                }
            }
            Decoded::Other => {}
        }
    }

    fn hear(&mut self, lldpdu: &Lldpdu<'_>, source: Option<MacAddr>) {
        // The raw octets of both ids, so that two ids that look alike stay two.
        let ids = lldpdu.raw_tlvs().take(2).flat_map(|tlv| {
            let length = u16::try_from(tlv.value.len())
                .unwrap_or(u16::MAX)
                .to_be_bytes();
            length.into_iter().chain(tlv.value.iter().copied())
        });
        let key: Vec<u8> = ids.collect();
        if let Some(known) = self.heard.get_mut(&key) {
            known.frames += 1;
            known.ttl_seconds = lldpdu.ttl_secs();
            if lldpdu.is_shutdown() {
                return; // A farewell says nothing else: what was said before stands.
            }
        } else if self.heard.len() >= MAX_NEIGHBORS {
            self.counts.over_limit += 1;
            return;
        }
        let Some(shown) = neighbor_of(lldpdu, source.unwrap_or_default()) else {
            return;
        };
        let frames = self.heard.get(&key).map_or(1, |known| known.frames);
        let heard = Heard {
            said: ApiNeighbor::from(&shown),
            ttl_seconds: lldpdu.ttl_secs(),
            source: source.map(|source| source.to_string()),
            frames,
            tlvs: frame_report::tlvs(lldpdu),
            shown,
        };
        self.heard.insert(key, heard);
    }

    fn report(self) -> Report {
        Report {
            neighbors: self.heard.into_values().collect(),
            refused: self.refused,
            packets: self.counts,
        }
    }
}

enum Decoded<'a> {
    Lldp(Lldpdu<'a>, Option<MacAddr>),
    Refused(FrameError),
    Other,
}

fn decode(packet: &Packet) -> Decoded<'_> {
    let bytes = packet.bytes.as_slice();
    match packet.link_type {
        LinkType::Ethernet => match Frame::decode(bytes) {
            Ok(frame) => Decoded::Lldp(*frame.lldpdu(), Some(frame.source())),
            Err(error @ FrameError::Lldpdu(_)) => Decoded::Refused(error),
            // Another protocol; or a torn header or two tags, of which it is not to be known.
            Err(_) => Decoded::Other,
        },
        LinkType::LinuxSll => match bytes.split_first_chunk::<16>() {
            Some(([_, _, _, _, _, _, source @ .., _, _, high, low], payload)) => cooked(
                u16::from_be_bytes([*high, *low]),
                source.first_chunk(),
                payload,
            ),
            None => Decoded::Other,
        },
        LinkType::LinuxSll2 => match bytes.split_first_chunk::<20>() {
            Some(([high, low, _, _, _, _, _, _, _, _, _, _, source @ ..], payload)) => cooked(
                u16::from_be_bytes([*high, *low]),
                source.first_chunk(),
                payload,
            ),
            None => Decoded::Other,
        },
        LinkType::Other(_) => Decoded::Other,
    }
}

fn cooked<'a>(protocol: u16, source: Option<&[u8; 6]>, payload: &'a [u8]) -> Decoded<'a> {
    if protocol != lldp_rs::ETHERTYPE_LLDP {
        return Decoded::Other;
    }
    match Lldpdu::decode(payload) {
        Ok(lldpdu) => Decoded::Lldp(lldpdu, source.map(|source| MacAddr(*source))),
        Err(error) => Decoded::Refused(FrameError::Lldpdu(error)),
    }
}

fn show(output: &mut Output<'_>, report: &Report, format: Format) -> io::Result<()> {
    let columns = [
        column("SYSTEM").cut(),
        column("PORT").cut(),
        column("DESCRIPTION").cut(),
        column("VLAN"),
        column("CHASSIS").expendable(2),
        column("MGMT").expendable(1),
        column("TTL").expendable(3),
        column("FRAMES").expendable(4),
    ];
    let mut table = Table::new(columns.map(|column| column.in_format(format)));
    for heard in &report.neighbors {
        let said = &heard.shown;
        let addresses: Vec<String> = said
            .management_addresses
            .iter()
            .map(ToString::to_string)
            .collect();
        let ttl = match heard.ttl_seconds {
            0 => "left".to_owned(),
            seconds => format!("{seconds}s"),
        };
        table.row([
            system(said),
            said.port_id.to_string(),
            or_empty(said.port_description.as_ref()),
            or_empty(said.vlan),
            said.chassis_id.to_string(),
            addresses.join(","),
            ttl,
            heard.frames.to_string(),
        ]);
    }
    if !table.is_empty() {
        output.table(table)?;
    }
    for refused in &report.refused {
        output.marked(
            Tone::Odd,
            "!",
            &format!("packet at byte {}: {}", refused.offset, refused.error),
        )?;
    }
    let Counts {
        total,
        lldp,
        refused,
        over_limit,
    } = &report.packets;
    let beyond = match over_limit {
        0 => String::new(),
        count => format!(", {count} of neighbours beyond the first {MAX_NEIGHBORS}"),
    };
    let packets = if *total == 1 { "packet" } else { "packets" };
    output.aside(&format!(
        "{total} {packets}: {lldp} LLDP, {refused} refused{beyond}"
    ))
}

#[cfg(test)]
mod tests;
