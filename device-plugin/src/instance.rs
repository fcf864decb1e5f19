//! What tells this process from every other of ours on the node. Left to others: what it names.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;

/// A number that nobody else has.
///
/// Two pods may each be process 1 of a namespace of their own, so it is chance and no process id: the
/// standard library's hash keys come of the system's randomness.
pub(crate) fn fresh() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().hash_one("instance").to_ne_bytes();
    u32::from_ne_bytes([a, b, c, d])
}

/// The number of this process.
pub(crate) fn id() -> u32 {
    static ID: OnceLock<u32> = OnceLock::new();
    *ID.get_or_init(fresh)
}

/// A short name for a long text, the same in every process and version: FNV-1a, 32 bits.
pub(crate) fn digest(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// A text as part of a file's name: other than letters, digits, `.`, `:`, `_` and `-` are written `_`, and
/// what is longer than `most` bytes is cut.
pub(crate) fn in_name(text: &str, most: usize) -> String {
    let safe = |c: char| match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | ':' | '_' | '-' => c,
        _ => '_',
    };
    text.chars().take(most).map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_published_vectors() {
        // from the FNV authors' test vectors
        assert_eq!(digest(""), 0x811c_9dc5);
        assert_eq!(digest("a"), 0xe40c_292c);
        assert_eq!(digest("foobar"), 0xbf9c_f968);
    }

    #[test]
    fn a_process_keeps_its_number() {
        assert_eq!(id(), id());
    }

    #[test]
    fn a_name_has_no_separators() {
        assert_eq!(in_name("a/b c", 4), "a_b_");
    }
}
