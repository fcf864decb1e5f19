//! A cursor that fills the caller's buffer and never writes past its end.
//!
//! It leaves TLV headers and the LLDPDU's rules to the builder.

use crate::EncodeError;

/// The buffer and how much of it is written.
#[derive(Debug)]
pub(crate) struct Writer<'b> {
    buffer: &'b mut [u8],
    used: usize,
}

impl<'b> Writer<'b> {
    pub(crate) fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, used: 0 }
    }

    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// Forget what was written after `used`.
    pub(crate) fn rewind(&mut self, used: usize) {
        self.used = self.used.min(used);
    }

    pub(crate) fn written_from(&self, start: usize) -> &[u8] {
        self.buffer.get(start..self.used).unwrap_or_default()
    }

    pub(crate) fn finish(self) -> &'b [u8] {
        self.buffer.get(..self.used).unwrap_or_default()
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let full = EncodeError::Full {
            needed: bytes.len(),
        };
        let end = self.used.checked_add(bytes.len()).ok_or(full)?;
        let place = self.buffer.get_mut(self.used..end).ok_or(full)?;
        place.copy_from_slice(bytes);
        self.used = end;
        Ok(())
    }

    /// Write over two octets that were written before.
    pub(crate) fn patch_u16(&mut self, at: usize, value: u16) -> Result<(), EncodeError> {
        let full = EncodeError::Full { needed: 2 };
        let end = at
            .checked_add(2)
            .filter(|end| *end <= self.used)
            .ok_or(full)?;
        let place = self.buffer.get_mut(at..end).ok_or(full)?;
        place.copy_from_slice(&value.to_be_bytes());
        Ok(())
    }

    pub(crate) fn u8(&mut self, value: u8) -> Result<(), EncodeError> {
        self.bytes(&[value])
    }

    pub(crate) fn u16(&mut self, value: u16) -> Result<(), EncodeError> {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn u32(&mut self, value: u32) -> Result<(), EncodeError> {
        self.bytes(&value.to_be_bytes())
    }

    /// An inner length in one octet.
    pub(crate) fn length_u8(&mut self, length: usize) -> Result<(), EncodeError> {
        match u8::try_from(length) {
            Ok(length) => self.u8(length),
            Err(_) => Err(EncodeError::TlvTooLong { length }),
        }
    }
}
