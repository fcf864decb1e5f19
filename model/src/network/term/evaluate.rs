//! A term tried on one uplink: whether it holds, by which value, and what is there instead.
//!
//! Left to others: reading the facts (`facts`).

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{Kind, Term, cut};
use crate::attribute::AttributeValue;
use crate::network::facts::UplinkFacts;
use crate::network::{Found, NodeFacts, Numbers, Pattern, Subnet};

impl Term {
    /// What it costs to try, in no unit: numbers and addresses are compared, patterns are run.
    pub(in crate::network) fn cost(&self) -> u8 {
        match &*self.0 {
            Kind::Node(_) | Kind::NodeLabel(..) => 0,
            Kind::Numbers(..) => 1,
            Kind::Subnets(_) => 2,
            Kind::Texts(_, wanted) if wanted.iter().all(Pattern::is_literal) => 3,
            Kind::Texts(..) => 4,
        }
    }

    /// The value of the node that matched, or `None` when none does, or it is not about the node.
    pub(in crate::network) fn matched_on<'f>(&self, node: &'f NodeFacts) -> Option<Cow<'f, str>> {
        match &*self.0 {
            Kind::Node(wanted) => text(wanted, node.name.as_str()),
            Kind::NodeLabel(key, wanted) => {
                let value = node.labels.get(key)?;
                wanted.contains(value).then(|| value.as_str().into())
            }
            Kind::Texts(..) | Kind::Numbers(..) | Kind::Subnets(_) => None,
        }
    }

    /// Whether a value matches; makes no text of it.
    pub(in crate::network) fn matches(&self, facts: &UplinkFacts<'_>) -> bool {
        match &*self.0 {
            Kind::Numbers(row, wanted) => number(wanted, facts.value(*row)).is_some(),
            Kind::Subnets(wanted) => address(wanted, facts).is_some(),
            Kind::Node(_) | Kind::NodeLabel(..) | Kind::Texts(..) => self.matched(facts).is_some(),
        }
    }

    /// The value that matched, or `None` when none does.
    pub(in crate::network) fn matched<'f>(
        &self,
        facts: &'f UplinkFacts<'_>,
    ) -> Option<Cow<'f, str>> {
        match &*self.0 {
            Kind::Node(_) | Kind::NodeLabel(..) => self.matched_on(facts.node),
            Kind::Texts(row, wanted) => match facts.value(*row)? {
                AttributeValue::Text(value) => text(wanted, value),
                AttributeValue::Texts(values) => {
                    values.iter().find_map(|value| text(wanted, value))
                }
                AttributeValue::Number(_)
                | AttributeValue::Numbers(_)
                | AttributeValue::Flag(_) => None,
            },
            Kind::Numbers(row, wanted) => {
                number(wanted, facts.value(*row)).map(|number| number.to_string().into())
            }
            Kind::Subnets(wanted) => {
                address(wanted, facts).map(|address| address.to_string().into())
            }
        }
    }

    /// What is there, for who asks why it did not match.
    pub(in crate::network) fn found(&self, facts: &UplinkFacts<'_>) -> Found {
        match &*self.0 {
            Kind::Node(_) => Found::Values(vec![cut(facts.node.name.as_str()).to_owned()]),
            Kind::NodeLabel(key, _) => {
                let value = facts.node.labels.get(key);
                value.map_or(Found::Absent, |value| {
                    Found::Values(vec![cut(value.as_str()).to_owned()])
                })
            }
            Kind::Texts(row, _) | Kind::Numbers(row, _) => match facts.value(*row) {
                None if self.is_of_neighbor() && facts.uplink.neighbors.is_empty() => {
                    Found::NoNeighbor
                }
                None => Found::Absent,
                Some(value) => Found::Values(match value {
                    AttributeValue::Text(text) => vec![cut(text).to_owned()],
                    AttributeValue::Number(number) => vec![number.to_string()],
                    AttributeValue::Flag(flag) => vec![flag.to_string()],
                    AttributeValue::Texts(texts) => {
                        texts.iter().map(|text| cut(text).to_owned()).collect()
                    }
                    AttributeValue::Numbers(numbers) => {
                        numbers.iter().map(ToString::to_string).collect()
                    }
                }),
            },
            Kind::Subnets(_) => match &facts.addresses {
                None => Found::Unread,
                Some(none) if none.is_empty() => Found::Absent,
                Some(some) => Found::Values(some.iter().map(ToString::to_string).collect()),
            },
        }
    }
}

fn text<'f>(wanted: &BTreeSet<Pattern>, value: &'f str) -> Option<Cow<'f, str>> {
    let value = cut(value);
    let any = wanted.iter().any(|pattern| pattern.matches(value));
    any.then(|| value.into())
}

fn number(wanted: &Numbers, value: Option<&AttributeValue>) -> Option<u64> {
    match value? {
        AttributeValue::Number(value) => wanted.contains(*value).then_some(*value),
        AttributeValue::Numbers(values) => {
            let mut values = values.iter().copied();
            values.find(|value| wanted.contains(*value))
        }
        AttributeValue::Text(_) | AttributeValue::Texts(_) | AttributeValue::Flag(_) => None,
    }
}

fn address(wanted: &BTreeSet<Subnet>, facts: &UplinkFacts<'_>) -> Option<IpAddr> {
    let mut addresses = facts.addresses.iter().flatten().copied();
    addresses.find(|address| wanted.iter().any(|subnet| subnet.contains(*address)))
}
