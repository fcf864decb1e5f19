//! A cursor over borrowed bytes whose every step is checked.
//!
//! It leaves what the fields mean to the TLVs.

use crate::TlvError;

/// What is left of a value; each read names the field it is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    #[inline]
    pub(crate) fn rest(self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(crate) fn is_empty(self) -> bool {
        self.rest.is_empty()
    }

    #[inline]
    pub(crate) fn array<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], TlvError> {
        let Some((head, rest)) = self.rest.split_first_chunk::<N>() else {
            return Err(TlvError::Short {
                field,
                needed: N,
                left: self.rest.len(),
            });
        };
        self.rest = rest;
        Ok(*head)
    }

    #[inline]
    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, TlvError> {
        self.array(field).map(u8::from_be_bytes)
    }

    #[inline]
    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, TlvError> {
        self.array(field).map(u16::from_be_bytes)
    }

    #[inline]
    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, TlvError> {
        self.array(field).map(u32::from_be_bytes)
    }

    #[inline]
    pub(crate) fn take(
        &mut self,
        length: usize,
        field: &'static str,
    ) -> Result<&'a [u8], TlvError> {
        let Some((head, rest)) = self.rest.split_at_checked(length) else {
            return Err(TlvError::Short {
                field,
                needed: length,
                left: self.rest.len(),
            });
        };
        self.rest = rest;
        Ok(head)
    }
}

/// `bytes`, if they are `least` to `most` long.
#[inline]
pub(crate) fn bounded<'a>(
    bytes: &'a [u8],
    least: usize,
    most: usize,
    field: &'static str,
) -> Result<&'a [u8], TlvError> {
    let length = bytes.len();
    if length < least {
        return Err(TlvError::Short {
            field,
            needed: least,
            left: length,
        });
    }
    if length > most {
        return Err(TlvError::Long {
            field,
            length,
            most,
        });
    }
    Ok(bytes)
}

/// A VLAN id of 0 ("none", where the TLV knows it) to 4094.
#[inline]
pub(crate) fn vlan_id(id: u16, field: &'static str) -> Result<u16, TlvError> {
    if id > 4094 {
        return Err(TlvError::Range {
            field,
            value: u32::from(id),
        });
    }
    Ok(id)
}
