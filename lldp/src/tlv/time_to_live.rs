//! Time To Live TLV, type 3: how long the sender's word counts (IEEE 802.1AB-2016, 8.5.4).
//!
//! It leaves ageing, and what 0 does, to [`crate::Neighbors`].

use core::time::Duration;

use crate::reader::Reader;
use crate::writer::Writer;
use crate::{EncodeError, TlvError};

/// Seconds for which what was said is valid; 0 is a farewell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeToLive {
    /// 0..=65535 seconds.
    pub ttl_secs: u16,
}

impl TimeToLive {
    #[inline]
    pub(crate) fn decode(value: &[u8]) -> Result<Self, TlvError> {
        Ok(Self {
            ttl_secs: Reader::new(value).u16("time to live")?,
        })
    }

    pub(crate) fn encode(self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.u16(self.ttl_secs)
    }

    /// The same as a span of time.
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.ttl_secs))
    }

    /// Whether the sender says farewell.
    pub fn is_shutdown(self) -> bool {
        self.ttl_secs == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Tlv;
    use crate::tlv::assert_wire;

    #[test]
    fn a_ttl_is_sixteen_bits_of_seconds() {
        let value = [
            0x00, 0x78, // 120 s
        ];
        let ttl = TimeToLive { ttl_secs: 120 };
        assert_wire(3, &value, &Tlv::TimeToLive(ttl));
        assert_eq!(ttl.duration(), Duration::from_mins(2));
        assert!(!ttl.is_shutdown());
        assert!(TimeToLive::decode(&[0, 0]).unwrap().is_shutdown());
    }
}
