//! One copy of each short text in one look. Left to others: which texts.

use std::collections::BTreeSet;

use colvin_model::Symbol;

/// The texts met so far.
#[derive(Debug, Default)]
pub(super) struct Symbols(BTreeSet<Symbol>);

impl Symbols {
    /// The shared copy of a text.
    pub(super) fn get(&mut self, text: &str) -> Symbol {
        if let Some(known) = self.0.get(text) {
            return known.clone();
        }
        let new = Symbol::from(text);
        self.0.insert(new.clone());
        new
    }
}

/// Whether a text may be a name that the kernel gave: some printable ASCII without white space.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a text may be one part of a path that the kernel named.
pub(super) fn is_part(text: &str) -> bool {
    is_name(text) && !text.contains('/') && text != "." && text != ".."
}
