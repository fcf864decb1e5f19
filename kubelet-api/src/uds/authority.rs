//! Requests' `:authority`, on the way in: `localhost` takes the place of what a client of a unix socket says.
//!
//! The kubelet's plugin watcher dials without an authority of its own, so that the Go library sends the socket's path,
//! escaped: `%2Fvar%2Flib%2F…`. That is no authority (RFC 3986 section 3.2), and the server would reset the
//! stream before anybody sees it. On a unix socket the word means nothing, so another does as well.
//!
//! It walks the client's frames (RFC 9113 section 4.1) and, in header blocks, the fields by their lengths
//! (RFC 7541 section 6). A literal field with the static name `:authority` gets another value; all else stays
//! as it is. The dynamic table is the same by index on both sides, only with a shorter entry: the client never
//! refers to one that it has evicted. Left to others: everything that a header means.

/// What a client sends first (RFC 9113 section 3.4): so many bytes.
const PREFACE: usize = 24;
/// The bytes before each frame's payload.
const HEAD: usize = 9;
/// The type of frames that begin a header block.
const HEADERS: u8 = 1;
/// The header block is whole.
const END_HEADERS: u8 = 0x4;
/// The payload begins with the length of the padding at its end.
const PADDED: u8 = 0x8;
/// The block is preceded by five bytes about priority.
const PRIORITY: u8 = 0x20;
/// The index of `:authority` in the static table.
const AUTHORITY: usize = 1;
/// The new value as a string literal: its length, not Huffman coded, and its bytes.
const VALUE: &[u8] = b"\x09localhost";

/// Rewrites what a client sends, as it comes.
#[derive(Debug)]
pub(super) struct Rewriter {
    state: State,
    /// The part of a frame that came so far, where it must be seen whole.
    held: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// So many bytes go on as they are.
    Pass(usize),
    /// The head of a frame.
    Head,
    /// A header block's frame, of so many bytes in all.
    Block(usize),
}

impl Rewriter {
    pub(super) const fn new() -> Self {
        Self {
            state: State::Pass(PREFACE),
            held: Vec::new(),
        }
    }

    /// Takes bytes in, and adds those to `out` that can go on.
    pub(super) fn feed(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            match self.state {
                State::Pass(0) => self.state = State::Head,
                State::Pass(left) => {
                    let (now, rest) = input.split_at(left.min(input.len()));
                    out.extend_from_slice(now);
                    self.state = State::Pass(left.saturating_sub(now.len()));
                    input = rest;
                }
                State::Head => {
                    input = self.hold(input, HEAD);
                    if self.held.len() == HEAD {
                        self.head(out);
                    }
                }
                State::Block(whole) => {
                    input = self.hold(input, whole);
                    if self.held.len() == whole {
                        self.block(out);
                    }
                }
            }
        }
    }

    /// What is held back when nothing more comes.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.held);
    }

    /// Holds bytes back until there are so many.
    fn hold<'b>(&mut self, input: &'b [u8], until: usize) -> &'b [u8] {
        let missing = until.saturating_sub(self.held.len());
        let (now, rest) = input.split_at(missing.min(input.len()));
        self.held.extend_from_slice(now);
        rest
    }

    fn head(&mut self, out: &mut Vec<u8>) {
        let &[a, b, c, kind, flags, ..] = &*self.held else {
            return;
        };
        let length = u32::from_be_bytes([0, a, b, c]);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        // a block that goes on in another frame is one of many kilobytes: no kubelet sends such
        if kind == HEADERS && flags & END_HEADERS != 0 && length > 0 {
            self.state = State::Block(HEAD.saturating_add(length));
        } else {
            out.append(&mut self.held);
            self.state = State::Pass(length);
        }
    }

    fn block(&mut self, out: &mut Vec<u8>) {
        match with_authority(&self.held) {
            Some(frame) => out.extend_from_slice(&frame),
            None => out.extend_from_slice(&self.held),
        }
        self.held.clear();
        self.state = State::Head;
    }
}

/// The frame with another authority, or `None` when it cannot be read: who is behind judges it then.
fn with_authority(frame: &[u8]) -> Option<Vec<u8>> {
    let (head, payload) = frame.split_at_checked(HEAD)?;
    let &[_, _, _, kind, flags, ref stream @ ..] = head else {
        return None;
    };
    let pad_length = match flags & PADDED {
        0 => 0,
        _ => 1,
    };
    let priority = match flags & PRIORITY {
        0 => 0,
        _ => 5,
    };
    let (before, rest) = payload.split_at_checked(pad_length + priority)?;
    let padding = match flags & PADDED {
        0 => 0,
        _ => usize::from(*before.first()?),
    };
    let (block, padding) = rest.split_at_checked(rest.len().checked_sub(padding)?)?;
    let payload = [before, &fields(block)?, padding].concat();
    let [0, a, b, c] = u32::try_from(payload.len()).ok()?.to_be_bytes() else {
        return None;
    };
    Some([&[a, b, c, kind, flags], stream, &*payload].concat())
}

/// The header block with another authority.
fn fields(block: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(block.len());
    let mut rest = block;
    while let Some(&first) = rest.first() {
        let field = rest;
        let taken = |rest: &[u8]| field.get(..field.len().checked_sub(rest.len())?);
        if first & 0x80 != 0 {
            (_, rest) = integer(rest, 7)?;
        } else if first & 0xe0 == 0x20 {
            (_, rest) = integer(rest, 5)?;
        } else {
            let bits = if first & 0x40 == 0 { 4 } else { 6 };
            let (name, value) = integer(rest, bits)?;
            let value = if name == 0 { string(value)? } else { value };
            rest = string(value)?;
            if name == AUTHORITY {
                out.extend_from_slice(taken(value)?);
                out.extend_from_slice(VALUE);
                continue;
            }
        }
        out.extend_from_slice(taken(rest)?);
    }
    Some(out)
}

/// An integer with a prefix of so many bits (RFC 7541 section 5.1), and what is behind it.
fn integer(bytes: &[u8], bits: u8) -> Option<(usize, &[u8])> {
    let (first, mut rest) = bytes.split_first()?;
    let most = (1_u8 << bits) - 1;
    let mut value = usize::from(first & most);
    if first & most != most {
        return Some((value, rest));
    }
    for shift in [0_u32, 7, 14, 21] {
        let (next, behind) = rest.split_first()?;
        rest = behind;
        value = value.checked_add(usize::from(next & 0x7f).checked_shl(shift)?)?;
        if next & 0x80 == 0 {
            return Some((value, rest));
        }
    }
    None
}

/// What is behind a string literal (RFC 7541 section 5.2), Huffman coded or not.
fn string(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = integer(bytes, 7)?;
    rest.get(length..)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    const SETTINGS: &[u8] = &[
        0, 0, 0, // no payload
        4, 0, // SETTINGS, no flags
        0, 0, 0, 0, // the connection
    ];

    fn headers(flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, HEADERS, flags, 0, 0, 0, 1], payload].concat()
    }

    fn rewritten(input: &[u8], chunk: usize) -> Vec<u8> {
        let (mut rewriter, mut out) = (Rewriter::new(), Vec::new());
        for part in input.chunks(chunk) {
            rewriter.feed(part, &mut out);
        }
        rewriter.end(&mut out);
        out
    }

    /// `:method: POST`, and a `:path` with a literal value, as the Go library sends them.
    const METHOD: &[u8] = &[0x83];
    const PATH: &[u8] = &[0x45, 2, b'/', b'x'];
    /// A field with a literal name.
    const TE: &[u8] = &[
        0x40, 2, b't', b'e', 8, b't', b'r', b'a', b'i', b'l', b'e', b'r', b's',
    ];

    #[test]
    fn a_path_as_authority_gives_way_to_localhost_however_it_is_written() {
        let path = b"%2Fvar%2Flib%2Fkubelet%2Fplugins_registry%2Fgreen.sock";
        let length = u8::try_from(path.len()).unwrap();
        for first in [0x41_u8, 0x01, 0x11] {
            for huffman in [0_u8, 0x80] {
                let before = [METHOD, &[first, huffman | length], path, PATH, TE].concat();
                let after = [METHOD, &[first], VALUE, PATH, TE].concat();
                let sent = [HELLO, SETTINGS, &headers(END_HEADERS, &before), SETTINGS].concat();
                let wanted = [HELLO, SETTINGS, &headers(END_HEADERS, &after), SETTINGS].concat();
                for chunk in [1, 7, 4096] {
                    assert_eq!(rewritten(&sent, chunk), wanted, "{first:#x} {huffman:#x}");
                }
            }
        }
    }

    #[test]
    fn a_long_authority_padding_and_priority_are_walked_over() {
        let path = [b'a'; 130];
        // 127 in the prefix, 3 more
        let field = [&[0x41, 0x7f, 3], &path[..]].concat();
        let flags = END_HEADERS | PADDED | PRIORITY;
        let around = |field: &[u8]| [&[2, 0, 0, 0, 0, 16], field, PATH, &[0, 0]].concat();
        let sent = [HELLO, &headers(flags, &around(&field))].concat();
        let wanted = [HELLO, &headers(flags, &around(&[&[0x41], VALUE].concat()))].concat();
        assert_eq!(rewritten(&sent, 5), wanted);
    }

    #[test]
    fn what_cannot_be_read_is_left_to_who_is_behind() {
        for payload in [
            &[0x41, 0x7f][..],                    // a length without an end
            &[0x41, 5, b'a'],                     // shorter than it says
            &[0x7f, 0xff, 0xff, 0xff, 0xff, 0xf], // an index without an end
        ] {
            let sent = [HELLO, &headers(END_HEADERS, payload), SETTINGS].concat();
            assert_eq!(rewritten(&sent, 3), sent, "{payload:?}");
        }
        let cut = &[HELLO, &headers(END_HEADERS, PATH)[..10]].concat();
        assert_eq!(rewritten(cut, 4), *cut, "the client went away");
    }

    proptest! {
        #[test]
        fn bytes_of_any_kind_and_cut_give_the_same(
            bytes in prop::collection::vec(any::<u8>(), 0..300),
            chunk in 1..50_usize,
        ) {
            let sent = [HELLO, &bytes].concat();
            prop_assert_eq!(rewritten(&sent, chunk), rewritten(&sent, usize::MAX));
        }
    }
}
