//! What differs between two groups of nodes, in words.
//!
//! Left to others: which groups are compared.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Group, GroupUplink, Trait, Traits};

/// Something that is so on some nodes and not on others that are nearly alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A network is reached by another number of uplinks.
    Network {
        /// The network.
        network: String,
        /// The speeds of the uplinks that reach it here; empty for one without a speed.
        here: Vec<String>,
        /// The speeds of those that reach it elsewhere.
        others: Vec<String>,
    },
    /// A trait of an uplink has another value.
    Trait {
        /// What the uplink is called here.
        uplink: String,
        /// The trait.
        of: Trait,
        /// Its value here, or `None` where it has none.
        here: Option<String>,
        /// Its value elsewhere.
        others: Option<String>,
    },
    /// An uplink that the others have is missing.
    Missing {
        /// Its traits.
        traits: Traits,
    },
    /// There is an uplink that the others do not have.
    Surplus {
        /// What it is called here.
        uplink: String,
        /// Its traits.
        traits: Traits,
    },
}

/// The uplinks of two groups, each with the one that is most like it.
pub(super) struct Pairs<'a> {
    /// Both, and in how many traits they differ.
    pub(super) both: Vec<(&'a GroupUplink, &'a GroupUplink, usize)>,
    /// Those that only the first has.
    pub(super) only_first: Vec<&'a GroupUplink>,
    /// Those that only the second has.
    pub(super) only_second: Vec<&'a GroupUplink>,
}

/// Pairs the uplinks of two groups: those that differ least first.
pub(super) fn paired<'a>(a: &'a Group, b: &'a Group) -> Pairs<'a> {
    let of = |group: &'a Group| group.uplinks.iter().map(Some).collect::<Vec<_>>();
    let (mut first, mut second) = (of(a), of(b));
    let mut near = Vec::new();
    for (at, one) in a.uplinks.iter().enumerate() {
        let others = b.uplinks.iter().enumerate();
        near.extend(
            others.map(|(place, other)| (differing(&one.traits, &other.traits).count(), at, place)),
        );
    }
    near.sort_unstable();
    let mut both = Vec::new();
    for (differ, at, place) in near {
        let (Some(one), Some(other)) = (first.get_mut(at), second.get_mut(place)) else {
            continue;
        };
        if let (Some(mine), Some(theirs)) = (*one, *other) {
            both.push((mine, theirs, differ));
            (*one, *other) = (None, None);
        }
    }
    Pairs {
        both,
        only_first: first.into_iter().flatten().collect(),
        only_second: second.into_iter().flatten().collect(),
    }
}

/// The traits that are not the same on both.
fn differing<'a>(a: &'a Traits, b: &'a Traits) -> impl Iterator<Item = Trait> + use<'a> {
    Trait::ALL.into_iter().filter(|of| a.get(of) != b.get(of))
}

/// What differs on `here` from `others`: networks, then traits of uplinks, then uplinks.
pub(super) fn differences(here: &Group, others: &Group) -> Vec<Difference> {
    let mut told = networks(here, others);
    let pairs = paired(here, others);
    for (mine, theirs, _) in &pairs.both {
        let link = differing(&mine.traits, &theirs.traits).any(|of| of == Trait::Link);
        let telling = differing(&mine.traits, &theirs.traits)
            .filter(|of| *of != Trait::Networks && !(link && of.follows_link()));
        told.extend(telling.map(|of| Difference::Trait {
            uplink: called(mine),
            of,
            here: mine.traits.get(&of).cloned(),
            others: theirs.traits.get(&of).cloned(),
        }));
    }
    told.extend(pairs.only_second.iter().map(|uplink| Difference::Missing {
        traits: uplink.traits.clone(),
    }));
    told.extend(pairs.only_first.iter().map(|uplink| Difference::Surplus {
        uplink: called(uplink),
        traits: uplink.traits.clone(),
    }));
    told
}

/// The networks that another number of uplinks reach.
fn networks(here: &Group, others: &Group) -> Vec<Difference> {
    let (mine, theirs) = (reached(here), reached(others));
    let names: BTreeSet<_> = mine.keys().chain(theirs.keys()).collect();
    let speeds =
        |of: &BTreeMap<&str, Vec<String>>, name: &str| of.get(name).cloned().unwrap_or_default();
    let both = names
        .into_iter()
        .map(|name| (name, speeds(&mine, name), speeds(&theirs, name)));
    both.filter(|(_, here, others)| here.len() != others.len())
        .map(|(name, here, others)| Difference::Network {
            network: (*name).to_owned(),
            here,
            others,
        })
        .collect()
}

/// By network the speeds of the uplinks that reach it.
fn reached(group: &Group) -> BTreeMap<&str, Vec<String>> {
    let mut reached: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for uplink in &group.uplinks {
        let names = uplink.traits.get(&Trait::Networks).into_iter();
        for name in names.flat_map(|names| names.split(',')) {
            let speed = uplink
                .traits
                .get(&Trait::Speed)
                .cloned()
                .unwrap_or_default();
            reached.entry(name).or_default().push(speed);
        }
    }
    reached
}

/// What an uplink is called on the nodes of its group, or what it is where they have many names for it.
fn called(uplink: &GroupUplink) -> String {
    const SHOWN: usize = 3;
    if uplink.names.len() > SHOWN {
        return format!("an uplink ({})", kind(&uplink.traits));
    }
    let names: Vec<&str> = uplink.names.iter().map(String::as_str).collect();
    names.join("/")
}

/// An uplink in a few words: `ice 100G on green`.
fn kind(traits: &Traits) -> String {
    let of = |which: Trait| traits.get(&which).cloned();
    let driver = of(Trait::Driver).or_else(|| of(Trait::Card));
    let mut words: Vec<String> = driver.into_iter().chain(of(Trait::Speed)).collect();
    words.extend(of(Trait::Networks).map(|networks| format!("on {networks}")));
    if words.is_empty() {
        words.extend(of(Trait::Link).map(|link| format!("link {link}")));
    }
    words.join(" ")
}

/// How many, with their speeds where they are known: `2 at 100G`.
fn many(speeds: &[String]) -> String {
    let distinct: BTreeSet<&str> = speeds
        .iter()
        .map(String::as_str)
        .filter(|speed| !speed.is_empty())
        .collect();
    let distinct: Vec<_> = distinct.into_iter().collect();
    match distinct.as_slice() {
        [] => speeds.len().to_string(),
        some => format!("{} at {}", speeds.len(), some.join(" and ")),
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        match self {
            Self::Network {
                network,
                here,
                others,
            } => {
                match here.as_slice() {
                    [] => write!(f, "{network} by no uplink")?,
                    [_] => write!(f, "{network} by 1 uplink")?,
                    more => write!(f, "{network} by {} uplinks", more.len())?,
                }
                match others.as_slice() {
                    [] => f.write_str("; others have none"),
                    some => write!(f, "; others have {}", many(some)),
                }
            }
            Self::Trait {
                uplink,
                of,
                here,
                others,
            } => {
                write!(
                    f,
                    "{uplink}: {of} {}; others {}",
                    value(here),
                    value(others)
                )
            }
            Self::Missing { traits } => write!(f, "one uplink fewer: {}", kind(traits)),
            Self::Surplus { uplink, traits } => {
                write!(f, "one uplink more: {uplink} ({})", kind(traits))
            }
        }
    }
}
