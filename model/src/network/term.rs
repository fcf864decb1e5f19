//! What a member asks of an uplink: one fact, and which values of it will do.
//!
//! Left to others: trying it on an uplink (`evaluate`), joining terms to members.

mod evaluate;
mod invalid;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

pub use invalid::InvalidTerm;

use super::{Numbers, Pattern, Subnet};
use crate::Symbol;
use crate::attribute::{ATTRIBUTES, AttributeType};

/// One condition on an uplink: any one of the wanted values will do.
///
/// Terms are ordered as members show them: the node, then rows of the attribute table in its order,
/// then addresses. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term(Arc<Kind>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Node(BTreeSet<Pattern>),
    NodeLabel(Symbol, BTreeSet<Symbol>),
    Texts(Row, BTreeSet<Pattern>),
    Numbers(Row, Numbers),
    Subnets(BTreeSet<Subnet>),
}

/// A row of the attribute table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) position: usize,
    name: &'static str,
}

impl Term {
    /// The node's name is one of these.
    ///
    /// # Errors
    /// [`InvalidTerm::NoValue`] without a pattern.
    pub fn node(wanted: impl IntoIterator<Item = Pattern>) -> Result<Self, InvalidTerm> {
        Ok(Self(Arc::new(Kind::Node(some(NODE, wanted)?))))
    }

    /// The node's label with this key has one of these values.
    ///
    /// # Errors
    /// [`InvalidTerm::NoValue`] without a value.
    pub fn node_label(
        key: Symbol,
        wanted: impl IntoIterator<Item = Symbol>,
    ) -> Result<Self, InvalidTerm> {
        Ok(Self(Arc::new(Kind::NodeLabel(
            key,
            some(NODE_SELECTOR, wanted)?,
        ))))
    }

    /// The attribute, or one of its values where it has several, is one of these.
    ///
    /// # Errors
    /// [`InvalidTerm`] when there is no such attribute, it is a number, or nothing is wanted.
    pub fn text(
        attribute: &str,
        wanted: impl IntoIterator<Item = Pattern>,
    ) -> Result<Self, InvalidTerm> {
        let row = row(attribute, false)?;
        Ok(Self(Arc::new(Kind::Texts(row, some(row.name, wanted)?))))
    }

    /// The attribute, or one of its values where it has several, is one of these.
    ///
    /// # Errors
    /// As [`Term::numbers`].
    pub fn number(
        attribute: &str,
        wanted: impl IntoIterator<Item = u64>,
    ) -> Result<Self, InvalidTerm> {
        Self::numbers(attribute, wanted.into_iter().collect())
    }

    /// The attribute, or one of its values where it has several, is in this set.
    ///
    /// # Errors
    /// [`InvalidTerm`] when there is no such attribute, it is text, or nothing is wanted.
    pub fn numbers(attribute: &str, wanted: Numbers) -> Result<Self, InvalidTerm> {
        let row = row(attribute, true)?;
        if wanted.is_empty() {
            return Err(InvalidTerm::NoValue { name: row.name });
        }
        Ok(Self(Arc::new(Kind::Numbers(row, wanted))))
    }

    /// An address of the uplink, or of the bond or bridge it is a port of, lies in one of these.
    ///
    /// # Errors
    /// [`InvalidTerm::NoValue`] without a subnet.
    pub fn subnet(wanted: impl IntoIterator<Item = Subnet>) -> Result<Self, InvalidTerm> {
        Ok(Self(Arc::new(Kind::Subnets(some(SUBNET, wanted)?))))
    }

    /// What evidence calls it: the attribute's name, `subnet`, `node` or `nodeSelector`.
    pub fn name(&self) -> &'static str {
        match &*self.0 {
            Kind::Node(_) => NODE,
            Kind::NodeLabel(..) => NODE_SELECTOR,
            Kind::Texts(row, _) | Kind::Numbers(row, _) => row.name,
            Kind::Subnets(_) => SUBNET,
        }
    }

    /// Whether it believes what a neighbour says.
    pub fn is_of_neighbor(&self) -> bool {
        self.name().starts_with("neighbor.")
    }

    /// Whether it is about the node and not about one of its uplinks.
    pub fn is_of_node(&self) -> bool {
        matches!(*self.0, Kind::Node(_) | Kind::NodeLabel(..))
    }

    /// Whether it names one uplink of a node: by name, PCI or MAC address, without a wildcard.
    pub fn names_the_uplink(&self) -> bool {
        match &*self.0 {
            Kind::Texts(row, wanted) => {
                matches!(row.name, "interface" | "altName" | "pciAddress" | "mac")
                    && wanted.iter().all(Pattern::is_literal)
            }
            Kind::Node(_) | Kind::NodeLabel(..) | Kind::Numbers(..) | Kind::Subnets(_) => false,
        }
    }

    /// The values that would do, as `110 or 120`.
    pub fn wanted(&self) -> String {
        match &*self.0 {
            Kind::Node(wanted) | Kind::Texts(_, wanted) => or(wanted),
            Kind::NodeLabel(key, wanted) => format!("{key}={}", or(wanted)),
            Kind::Numbers(_, wanted) => wanted.alternatives(),
            Kind::Subnets(wanted) => or(wanted),
        }
    }
}

const NODE: &str = "node";
const NODE_SELECTOR: &str = "nodeSelector";
const SUBNET: &str = "subnet";

fn some<T: Ord>(
    name: &'static str,
    wanted: impl IntoIterator<Item = T>,
) -> Result<BTreeSet<T>, InvalidTerm> {
    let wanted: BTreeSet<T> = wanted.into_iter().collect();
    if wanted.is_empty() {
        Err(InvalidTerm::NoValue { name })
    } else {
        Ok(wanted)
    }
}

fn row(asked: &str, number: bool) -> Result<Row, InvalidTerm> {
    let (position, attribute) = ATTRIBUTES
        .iter()
        .enumerate()
        .find(|(_, attribute)| attribute.name == asked)
        .ok_or_else(|| InvalidTerm::UnknownAttribute {
            name: cut(asked).to_owned(),
        })?;
    let name = attribute.name;
    let has_numbers = matches!(
        attribute.kind,
        AttributeType::Number | AttributeType::Numbers
    );
    if has_numbers == number {
        Ok(Row { position, name })
    } else {
        Err(InvalidTerm::WrongType {
            name,
            number: has_numbers,
        })
    }
}

/// As much of a text as is published: who maps from the object sees what the node saw.
fn cut(text: &str) -> &str {
    if text.len() <= Pattern::MAX_CHARACTERS {
        return text;
    }
    match text.char_indices().nth(Pattern::MAX_CHARACTERS) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

fn or<T: ToString>(wanted: &BTreeSet<T>) -> String {
    let wanted: Vec<_> = wanted.iter().map(ToString::to_string).collect();
    wanted.join(" or ")
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name(), self.wanted())
    }
}
