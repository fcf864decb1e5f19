//! A taint, of a node or of a device: its words, and whether it is tolerated; both kinds follow the same rule.
//!
//! Left to others: which taints there are.

/// A taint.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taint<'a> {
    /// Its key.
    pub(crate) key: &'a str,
    /// Its value; empty where it has none.
    pub(crate) value: &'a str,
    /// Its effect.
    pub(crate) effect: &'a str,
}

/// A toleration; what is absent is as empty.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Toleration<'a> {
    /// The key; without one and with `Exists` all are tolerated.
    pub(crate) key: Option<&'a str>,
    /// `Exists` or `Equal`.
    pub(crate) operator: Option<&'a str>,
    /// The value.
    pub(crate) value: Option<&'a str>,
    /// The effect; without one every effect.
    pub(crate) effect: Option<&'a str>,
}

impl Taint<'_> {
    /// As `kubectl` writes it.
    pub(crate) fn words(self) -> String {
        let Self { key, value, effect } = self;
        if value.is_empty() {
            format!("{key}:{effect}")
        } else {
            format!("{key}={value}:{effect}")
        }
    }

    /// Whether this tolerates it.
    pub(crate) fn is_tolerated(self, by: Toleration<'_>) -> bool {
        let effect = by.effect.unwrap_or_default();
        let key = by.key.unwrap_or_default();
        let exists = by.operator == Some("Exists");
        (effect.is_empty() || effect == self.effect)
            && (key == self.key || key.is_empty() && exists)
            && (exists || by.value.unwrap_or_default() == self.value)
    }
}
