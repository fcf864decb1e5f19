//! The journal's bytes: one line per state, each with a checksum over its raw bytes.
//!
//! ```text
//! {"version":1,"crc32":"1c291ca3","record":{"state":"Intent", ...}}
//! {"version":1,"crc32":"9ae0daaf","record":{"state":"Applied", ...}}
//! ```
//!
//! Each line is the whole record, so that one broken line leaves the one before it; the last whole
//! line counts. Left to others: what a record says, and its file.

use super::record::Record;

/// What stands before the version, the checksum and the record.
const BEFORE_VERSION: &[u8] = b"{\"version\":";
const BEFORE_CHECKSUM: &[u8] = b"1,\"crc32\":\"";
const BEFORE_RECORD: &[u8] = b"\",\"record\":";
const AFTER_RECORD: &[u8] = b"}";

/// What a file of the journal came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Read {
    /// The last record that is whole.
    pub(crate) record: Option<Record>,
    /// Whether something else is in the file than whole records.
    pub(crate) damaged: bool,
}

/// The line that says this record.
pub(crate) fn write(record: &Record) -> Result<Vec<u8>, serde_json::Error> {
    let body = serde_json::to_vec(record)?;
    let mut line = Vec::with_capacity(body.len() + 64);
    line.extend_from_slice(BEFORE_VERSION);
    line.extend_from_slice(BEFORE_CHECKSUM);
    line.extend_from_slice(format!("{:08x}", crc32(&body)).as_bytes());
    line.extend_from_slice(BEFORE_RECORD);
    line.extend_from_slice(&body);
    line.extend_from_slice(AFTER_RECORD);
    line.push(b'\n');
    Ok(line)
}

/// What the bytes of a file say.
pub(crate) fn read(bytes: &[u8]) -> Read {
    let mut read = Read {
        record: None,
        damaged: false,
    };
    let mut rest = bytes;
    while !rest.is_empty() {
        // a broken end of a line must not take the next one with it; what is quoted in a record has its
        // quotes escaped, so this begins none but a line
        let next = find(rest.get(1..).unwrap_or_default(), BEFORE_VERSION);
        let (part, after) = rest.split_at(next.map_or(rest.len(), |next| next + 1));
        let line = part.split_inclusive(|byte| *byte == b'\n').next();
        match line.and_then(record_of) {
            Some(record) => {
                read.record = Some(record);
                read.damaged |= line.is_some_and(|line| line.len() != part.len());
            }
            None => read.damaged = true,
        }
        rest = after;
    }
    read
}

/// Where a text begins in bytes.
fn find(bytes: &[u8], text: &[u8]) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text)
}

/// The record that a line says, if it is whole and of a version that is known here.
fn record_of(line: &[u8]) -> Option<Record> {
    let rest = line.strip_suffix(b"\n")?;
    let rest = rest.strip_prefix(BEFORE_VERSION)?;
    let rest = rest.strip_prefix(BEFORE_CHECKSUM)?;
    let (checksum, rest) = rest.split_at_checked(8)?;
    let rest = rest.strip_prefix(BEFORE_RECORD)?;
    let body = rest.strip_suffix(AFTER_RECORD)?;
    if format!("{:08x}", crc32(body)).as_bytes() != checksum {
        return None;
    }
    serde_json::from_slice(body).ok()
}

/// The checksum of IEEE 802.3, as `cksum -a crc32b` and zlib have it.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let carry = crc & 1;
            crc >>= 1;
            if carry == 1 {
                crc ^= 0xedb8_8320;
            }
        }
    }
    !crc
}
