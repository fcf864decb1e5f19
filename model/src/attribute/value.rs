//! An attribute's value and its type. Left to others: which attributes there are.

use std::fmt;

/// What type an attribute's value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeType {
    /// Text.
    Text,
    /// A whole number, in the row's unit where it has one.
    Number,
    /// True or false.
    Flag,
    /// Several texts.
    Texts,
    /// Several whole numbers.
    Numbers,
}

/// An attribute's value on one uplink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AttributeValue {
    /// Text.
    Text(String),
    /// A whole number.
    Number(u64),
    /// True or false.
    Flag(bool),
    /// Several texts; never empty.
    Texts(Vec<String>),
    /// Several whole numbers; never empty.
    Numbers(Vec<u64>),
}

impl AttributeValue {
    /// The type it has.
    pub const fn kind(&self) -> AttributeType {
        match self {
            Self::Text(_) => AttributeType::Text,
            Self::Number(_) => AttributeType::Number,
            Self::Flag(_) => AttributeType::Flag,
            Self::Texts(_) => AttributeType::Texts,
            Self::Numbers(_) => AttributeType::Numbers,
        }
    }
}

impl fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.pad(text),
            Self::Number(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
            Self::Texts(texts) => f.pad(&texts.join(",")),
            Self::Numbers(numbers) => {
                let texts: Vec<String> = numbers.iter().map(ToString::to_string).collect();
                f.pad(&texts.join(","))
            }
        }
    }
}
