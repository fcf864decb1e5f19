//! Why something is no term. Left to others: what is one.

/// Something that is no term.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTerm {
    /// The attribute table has no such row.
    #[error("there is no attribute {name:?}")]
    UnknownAttribute {
        /// The name asked for, cut.
        name: String,
    },
    /// A number was asked of a text, or a text of a number.
    #[error("{name} is {}", if *.number { "a number" } else { "text" })]
    WrongType {
        /// The attribute.
        name: &'static str,
        /// Whether its values are numbers.
        number: bool,
    },
    /// No value would do.
    #[error("{name} has no value to match")]
    NoValue {
        /// The term's name.
        name: &'static str,
    },
}
