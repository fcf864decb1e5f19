//! An LLDPDU as a report: every TLV in order, decoded as far as it is known, and its raw octets.
//!
//! Left to others: what the frame says about a port (`colvin_discovery`), files ([`crate::capture`]).

mod basic;
mod organizational;

use std::fmt::Write as _;

use lldp_rs::tlv::RawTlv;
use lldp_rs::{Lldpdu, Tlv};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// One TLV.
#[derive(Debug, Serialize)]
pub(crate) struct TlvReport {
    /// The TLV type, 0..=127.
    #[serde(rename = "type")]
    kind: u8,
    /// Whose it is, where the type is 127.
    #[serde(skip_serializing_if = "Option::is_none")]
    oui: Option<String>,
    /// The owner's number for it, where the type is 127.
    #[serde(skip_serializing_if = "Option::is_none")]
    subtype: Option<u8>,
    /// What it is called; `unknown` and `malformed` where it cannot be read.
    name: &'static str,
    /// What it says.
    #[serde(skip_serializing_if = "Fields::is_empty")]
    value: Fields,
    /// Its value as hexadecimal digits.
    raw: String,
}

/// Names and values in their order.
#[derive(Debug, Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Fields {
    fn of<const N: usize>(fields: [(&'static str, Value); N]) -> Self {
        Self(fields.into())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Every TLV of the LLDPDU, in order.
pub(crate) fn tlvs(lldpdu: &Lldpdu<'_>) -> Vec<TlvReport> {
    lldpdu.raw_tlvs().map(of_raw).collect()
}

fn of_raw(raw: RawTlv<'_>) -> TlvReport {
    let (oui, subtype, name, value) = match Tlv::decode(raw) {
        Ok(Tlv::Organizational(tlv)) => {
            let (name, value) = organizational::of(&tlv);
            (
                Some(tlv.oui().to_string()),
                Some(tlv.subtype()),
                name,
                value,
            )
        }
        Ok(tlv) => {
            let (name, value) = basic::of(&tlv);
            (None, None, name, value)
        }
        Err(error) => {
            let error = Value::from(error.to_string());
            (None, None, "malformed", Fields::of([("error", error)]))
        }
    };
    TlvReport {
        kind: raw.kind,
        oui,
        subtype,
        name,
        value,
        raw: hex(raw.value),
    }
}

/// Octets as hexadecimal digits.
fn hex(octets: &[u8]) -> String {
    octets.iter().fold(
        String::with_capacity(octets.len() * 2),
        |mut text, octet| {
            let written = write!(text, "{octet:02x}");
            debug_assert!(written.is_ok(), "writing to a string does not fail");
            text
        },
    )
}

/// A value by its `Display`, which is safe to print for all that `lldp_rs` decodes.
fn shown(value: impl std::fmt::Display) -> Value {
    Value::from(value.to_string())
}

/// Values in their order.
fn list<T: Into<Value>>(values: impl IntoIterator<Item = T>) -> Value {
    values.into_iter().map(Into::into).collect()
}

#[cfg(test)]
mod tests;
