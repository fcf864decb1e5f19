//! Writes an LLDPDU, or a whole frame, into the caller's buffer.
//!
//! Every TLV is decoded again as soon as it is written, so what [`LldpduBuilder::finish`] returns decodes to
//! the values that were pushed. What to say, and when to send it, is left to the caller.

use crate::tlv::{ChassisId, PortId, RawTlv, TimeToLive, Tlv, kind};
use crate::writer::Writer;
use crate::{ETHERTYPE_LLDP, EncodeError, FrameHeader, Lldpdu, MAX_LLDPDU, MAX_TLVS};

/// The longest value that nine bits of length can tell.
const MAX_VALUE: usize = 511;

/// An LLDPDU in the making; it starts with the mandatory TLVs, so their order cannot be wrong.
#[derive(Debug)]
pub struct LldpduBuilder<'b> {
    out: Writer<'b>,
    start: usize,
    tlvs: usize,
    /// Bit n: a TLV of type n (1 to 7) is there.
    seen: u8,
    shutdown: bool,
}

impl<'b> LldpduBuilder<'b> {
    /// Begin an LLDPDU without a frame around it.
    ///
    /// # Errors
    /// [`EncodeError`] when the buffer is too small or an id cannot be written as it is.
    pub fn new(
        buffer: &'b mut [u8],
        chassis_id: ChassisId<'_>,
        port_id: PortId<'_>,
        ttl_secs: u16,
    ) -> Result<Self, EncodeError> {
        Self::begin(Writer::new(buffer), chassis_id, port_id, ttl_secs)
    }

    /// Begin a whole frame: addresses, the header's tag if it has one, `EtherType`. No padding is added; a card
    /// pads short frames by itself.
    ///
    /// # Errors
    /// [`EncodeError`] when the buffer is too small or an id cannot be written as it is.
    pub fn frame(
        buffer: &'b mut [u8],
        header: FrameHeader,
        chassis_id: ChassisId<'_>,
        port_id: PortId<'_>,
        ttl_secs: u16,
    ) -> Result<Self, EncodeError> {
        let mut out = Writer::new(buffer);
        out.bytes(&header.destination.mac().0)?;
        out.bytes(&header.source.0)?;
        if let Some(tag) = header.tag {
            out.u16(tag.kind.ethertype())?;
            out.u16(tag.tci)?;
        }
        out.u16(ETHERTYPE_LLDP)?;
        Self::begin(out, chassis_id, port_id, ttl_secs)
    }

    fn begin(
        out: Writer<'b>,
        chassis_id: ChassisId<'_>,
        port_id: PortId<'_>,
        ttl_secs: u16,
    ) -> Result<Self, EncodeError> {
        let start = out.used();
        let mut builder = Self {
            out,
            start,
            tlvs: 0,
            seen: 0,
            shutdown: false,
        };
        builder.push(&Tlv::ChassisId(chassis_id))?;
        builder.push(&Tlv::PortId(port_id))?;
        builder.push(&Tlv::TimeToLive(TimeToLive { ttl_secs }))?;
        builder.shutdown = ttl_secs == 0;
        Ok(builder)
    }

    /// Append one TLV. After an error the LLDPDU is what it was before.
    ///
    /// # Errors
    /// [`EncodeError`] when there is no room, a TLV of types 1 to 7 is there already, the LLDPDU is a farewell,
    /// or the value has a field that its format cannot carry.
    pub fn push(&mut self, tlv: &Tlv<'_>) -> Result<&mut Self, EncodeError> {
        let bit = 1_u8.checked_shl(u32::from(tlv.kind())).unwrap_or(0);
        if self.shutdown {
            return Err(EncodeError::AfterShutdown);
        }
        if self.tlvs >= MAX_TLVS {
            return Err(EncodeError::TooManyTlvs);
        }
        if self.seen & bit != 0 {
            return Err(EncodeError::Duplicate { kind: tlv.kind() });
        }
        let before = self.out.used();
        if let Err(error) = self.write(tlv) {
            self.out.rewind(before);
            return Err(error);
        }
        self.seen |= bit;
        self.tlvs += 1;
        Ok(self)
    }

    /// Close the LLDPDU with its End TLV; returns all that was written, the frame's header included.
    ///
    /// # Errors
    /// [`EncodeError::Full`] when the buffer has no room for the two octets.
    pub fn finish(mut self) -> Result<&'b [u8], EncodeError> {
        self.out.u16(0)?;
        Ok(self.out.finish())
    }

    fn write(&mut self, tlv: &Tlv<'_>) -> Result<(), EncodeError> {
        let kind = tlv.kind();
        let at = self.out.used();
        self.out.u16(0)?;
        let start = self.out.used();
        tlv.encode(&mut self.out)?;
        let length = self.out.written_from(start).len();
        // the End TLV needs two octets
        let total = self.out.used().saturating_sub(self.start).saturating_add(2);
        if total > MAX_LLDPDU {
            return Err(EncodeError::Full {
                needed: total.saturating_sub(MAX_LLDPDU),
            });
        }
        let header = match u16::try_from(length) {
            Ok(short) if length <= MAX_VALUE => u16::from(kind) << 9 | short,
            _ => return Err(EncodeError::TlvTooLong { length }),
        };
        let raw = RawTlv {
            kind,
            value: self.out.written_from(start),
        };
        if Tlv::decode(raw).as_ref() != Ok(tlv) {
            return Err(EncodeError::NotRepresentable { kind });
        }
        self.out.patch_u16(at, header)
    }
}

impl Lldpdu<'_> {
    /// Write what this LLDPDU says as an LLDPDU of its own: the same values in the same order, without what was
    /// discarded and with one TLV of each of types 4 to 7.
    ///
    /// # Errors
    /// [`EncodeError::Full`] when the buffer is too small, or the LLDPDU had [`MAX_LLDPDU`] octets and no End TLV.
    pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], EncodeError> {
        let mut builder =
            LldpduBuilder::new(buffer, self.chassis_id(), self.port_id(), self.ttl_secs())?;
        for tlv in self.tlvs().skip(3) {
            let last = match tlv.kind() {
                kind::PORT_DESCRIPTION => self
                    .port_description()
                    .map(|text| Tlv::PortDescription(text.into())),
                kind::SYSTEM_NAME => self.system_name().map(|text| Tlv::SystemName(text.into())),
                kind::SYSTEM_DESCRIPTION => self
                    .system_description()
                    .map(|text| Tlv::SystemDescription(text.into())),
                kind::SYSTEM_CAPABILITIES => self.capabilities().map(Tlv::SystemCapabilities),
                _ => None,
            };
            match builder.push(&last.unwrap_or(tlv)) {
                Ok(_) | Err(EncodeError::Duplicate { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        builder.finish()
    }
}
