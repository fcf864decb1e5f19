//! What a call did, kept for people: `trace/<container>-<ifname>.json` in `/run/colvin`, for as long as
//! the attachment is there; then among the last 64 that ended, `trace/ended-<nn>.json`.
//!
//! Kept when it can be: a call never fails by it. Left to others: showing it (`colvin trace`).

use std::fs;
use std::path::PathBuf;

use colvin_attach::trace::Step;
use serde::Serialize;
use serde_json::value::RawValue;

use super::Call;
use crate::device_info::whole;
use crate::environment::Verb;
use crate::failure::Failure;

/// How many attachments that ended are remembered.
const ENDED: u64 = 64;

/// The most bytes of a file that are read again.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Serialize)]
struct Attachment<'a> {
    version: u32,
    network: &'a str,
    container: &'a str,
    ifname: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    add: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    del: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    /// When it ended, in milliseconds since the epoch.
    at_ms: u64,
    took_us: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    steps: &'a [Step],
}

#[derive(serde::Deserialize)]
struct Before<'a> {
    #[serde(borrow, default)]
    add: Option<&'a RawValue>,
}

/// Keeps what an ADD or DEL did.
pub(super) fn keep(call: &mut Call<'_>, failure: Option<&Failure>) {
    if let Err(error) = try_keep(call, failure) {
        call.notes.push(format!("the trace was not kept: {error}"));
    }
}

fn try_keep(call: &Call<'_>, failure: Option<&Failure>) -> std::io::Result<()> {
    let verb = call.environment.verb;
    let (Verb::Add | Verb::Del, Ok((container, ifname))) = (verb, call.names()) else {
        return Ok(());
    };
    let trace = call.environment.trace.as_ref();
    let told = Told {
        at_ms: u64::try_from(call.roots.now.as_millis()).unwrap_or(u64::MAX),
        took_us: u64::try_from(call.trace.elapsed().as_micros()).unwrap_or(u64::MAX),
        traceparent: trace.map(|trace| trace.parent.as_str()),
        error: failure.map(ToString::to_string),
        steps: call.trace.steps(),
    };
    let told = serde_json::value::to_raw_value(&told)?;
    let folder = call.roots.run.join("trace");
    let living = folder.join(format!("{container}-{ifname}.json"));
    let before = if verb == Verb::Del {
        read(&living)
    } else {
        None
    };
    let before: Option<Before<'_>> = before
        .as_deref()
        .and_then(|bytes| serde_json::from_slice(bytes).ok());
    let attachment = Attachment {
        version: 1,
        network: &call.config.name,
        container,
        ifname: ifname.as_str(),
        add: match verb {
            Verb::Add => Some(&told),
            _ => before.and_then(|before| before.add),
        },
        del: (verb == Verb::Del).then_some(&told),
    };
    let text = serde_json::to_vec(&attachment)?;
    let lives = verb == Verb::Add && failure.is_none();
    let file = if lives {
        living.clone()
    } else {
        ended(&folder, &[container, ifname.as_str()])
    };
    whole(&file, &text)?;
    if verb == Verb::Del {
        return crate::device_info::remove(&living);
    }
    Ok(())
}

fn read(file: &std::path::Path) -> Option<Vec<u8>> {
    let small = fs::metadata(file).ok()?.len() <= MOST_BYTES;
    small.then(|| fs::read(file).ok()).flatten()
}

/// One of the places for what ended, by the attachment's names.
fn ended(folder: &std::path::Path, names: &[&str]) -> PathBuf {
    // FNV-1a: spreads ids that differ in one digit
    let hash = names
        .iter()
        .flat_map(|name| name.bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    folder.join(format!("ended-{:02}.json", hash % ENDED))
}
