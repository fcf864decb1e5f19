//! The one walk over an LLDPDU's TLVs that decides whether it stands.
//!
//! It leaves the convenient questions to `facts.rs`.

use super::{Lldpdu, TlvCounts};
use crate::tlv::{ChassisId, Organizational, PortId, RawTlv, TimeToLive, Tlv, kind};
use crate::{LldpduError, MAX_LLDPDU, MAX_TLVS, Mandatory};

/// The TLVs of a payload up to its End Of LLDPDU TLV, each with the offset behind it.
#[derive(Clone, Debug)]
pub(super) struct RawTlvs<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> RawTlvs<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            offset: 0,
        }
    }

    #[cold]
    fn fail(&mut self, error: LldpduError) -> LldpduError {
        self.rest = &[];
        error
    }
}

impl<'a> Iterator for RawTlvs<'a> {
    type Item = Result<(usize, RawTlv<'a>), LldpduError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let offset = self.offset;
        let Some((header, rest)) = self.rest.split_first_chunk::<2>() else {
            if self.rest.is_empty() {
                return None;
            }
            return Some(Err(self.fail(LldpduError::TornHeader { offset })));
        };
        let [first, second] = *header;
        let kind = first >> 1;
        let length = (usize::from(first & 1) << 8) | usize::from(second);
        if kind == kind::END {
            if length > 0 {
                return Some(Err(self.fail(LldpduError::EndNotEmpty { length })));
            }
            self.rest = &[];
            return None;
        }
        let Some((value, rest)) = rest.split_at_checked(length) else {
            let left = rest.len();
            return Some(Err(self.fail(LldpduError::TornTlv {
                kind,
                offset,
                length,
                left,
            })));
        };
        self.rest = rest;
        self.offset = offset + 2 + length;
        Some(Ok((self.offset, RawTlv { kind, value })))
    }
}

#[inline]
pub(super) fn decode(payload: &[u8]) -> Result<Lldpdu<'_>, LldpduError> {
    if payload.len() > MAX_LLDPDU {
        return Err(LldpduError::TooLong {
            length: payload.len(),
        });
    }
    let mut tlvs = RawTlvs::new(payload);
    let (_, chassis) = mandatory(&mut tlvs, kind::CHASSIS_ID, Mandatory::ChassisId)?;
    let chassis_id = ChassisId::decode(chassis.value).map_err(in_tlv(Mandatory::ChassisId))?;
    let (identity, port) = mandatory(&mut tlvs, kind::PORT_ID, Mandatory::PortId)?;
    let port_id = PortId::decode(port.value).map_err(in_tlv(Mandatory::PortId))?;
    let (end, ttl) = mandatory(&mut tlvs, kind::TIME_TO_LIVE, Mandatory::TimeToLive)?;
    let ttl = TimeToLive::decode(ttl.value).map_err(in_tlv(Mandatory::TimeToLive))?;
    let mut lldpdu = Lldpdu {
        bytes: payload.get(..end).unwrap_or_default(),
        identity: payload.get(..identity).unwrap_or_default(),
        chassis_id,
        port_id,
        ttl_secs: ttl.ttl_secs,
        port_description: None,
        system_name: None,
        system_description: None,
        capabilities: None,
        counts: TlvCounts {
            total: 3,
            ..TlvCounts::default()
        },
    };
    if !ttl.is_shutdown() {
        optional(&mut lldpdu, tlvs, payload)?;
    }
    Ok(lldpdu)
}

#[inline]
fn optional<'a>(
    lldpdu: &mut Lldpdu<'a>,
    tlvs: RawTlvs<'a>,
    payload: &'a [u8],
) -> Result<(), LldpduError> {
    let mut end = lldpdu.bytes.len();
    let mut total = 3_usize;
    for tlv in tlvs {
        let (behind, raw) = tlv?;
        if total >= MAX_TLVS {
            return Err(LldpduError::TooManyTlvs);
        }
        total += 1;
        end = behind;
        take(lldpdu, raw)?;
    }
    lldpdu.counts.total = u8::try_from(total).unwrap_or(u8::MAX);
    lldpdu.bytes = payload.get(..end).unwrap_or_default();
    Ok(())
}

/// Remember what an optional TLV says, if it is one that has a place.
#[inline]
fn take<'a>(lldpdu: &mut Lldpdu<'a>, raw: RawTlv<'a>) -> Result<(), LldpduError> {
    let counts = &mut lldpdu.counts;
    let again = match raw.kind {
        kind::CHASSIS_ID => return Err(LldpduError::Duplicate(Mandatory::ChassisId)),
        kind::PORT_ID => return Err(LldpduError::Duplicate(Mandatory::PortId)),
        kind::TIME_TO_LIVE => return Err(LldpduError::Duplicate(Mandatory::TimeToLive)),
        kind::ORGANIZATIONAL => {
            match Organizational::check(raw.value) {
                Ok(known) => counts.unrecognized += u8::from(!known),
                Err(_) => counts.malformed += 1,
            }
            false
        }
        _ => match Tlv::decode(raw) {
            Ok(Tlv::PortDescription(tlv)) => lldpdu.port_description.replace(tlv).is_some(),
            Ok(Tlv::SystemName(tlv)) => lldpdu.system_name.replace(tlv).is_some(),
            Ok(Tlv::SystemDescription(tlv)) => lldpdu.system_description.replace(tlv).is_some(),
            Ok(Tlv::SystemCapabilities(tlv)) => lldpdu.capabilities.replace(tlv).is_some(),
            Ok(other) => {
                counts.unrecognized += u8::from(other.is_unrecognized());
                false
            }
            Err(_) => {
                counts.malformed += 1;
                false
            }
        },
    };
    counts.duplicates += u8::from(again);
    Ok(())
}

#[inline]
fn mandatory<'a>(
    tlvs: &mut RawTlvs<'a>,
    kind: u8,
    which: Mandatory,
) -> Result<(usize, RawTlv<'a>), LldpduError> {
    match tlvs.next() {
        Some(Ok((end, raw))) if raw.kind == kind => Ok((end, raw)),
        Some(Ok(_)) | None => Err(LldpduError::Missing(which)),
        Some(Err(error)) => Err(error),
    }
}

fn in_tlv(tlv: Mandatory) -> impl Fn(crate::TlvError) -> LldpduError {
    move |source| LldpduError::Malformed { tlv, source }
}
