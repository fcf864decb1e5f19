//! A number for a text, the same in every process and version: for short names and checksums. It finds what was torn or has
//! flipped, and is no guard against somebody. Left to others: secrets.

/// FNV-1a of 64 bits.
///
/// Source: <http://www.isthe.com/chongo/tech/comp/fnv/>.
pub fn digest(bytes: &[u8]) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_published_one() {
        assert_eq!(digest(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(digest(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
