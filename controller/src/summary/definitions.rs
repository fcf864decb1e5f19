//! What is said of a network's `NetworkAttachmentDefinition`s. Left to others: how they are ([`crate::definitions`]).

use super::{Verdict, named};
use crate::definitions::{Defined, Lacks};
use crate::reason::Reason;

/// Whether a namespace lacks one; `None` where that is not known.
pub(super) fn undefined(defined: &Defined) -> Option<Verdict> {
    Some(match defined {
        Defined::Unknown => return None,
        Defined::NoneAsked => Verdict::no(Reason::NoneAsked, "it asks for none"),
        Defined::KindMissing => Verdict::yes(
            Reason::DefinitionKindMissing,
            "the cluster has no NetworkAttachmentDefinitions",
        ),
        Defined::Forbidden => Verdict::yes(
            Reason::DefinitionsForbidden,
            "the controller may not read NetworkAttachmentDefinitions",
        ),
        Defined::But(lacks) => lacking(lacks),
    })
}

/// What is said before anything is known.
pub(super) fn pending() -> Verdict {
    Verdict::yes(Reason::DefinitionPending, "none is made yet")
}

/// All that lacks, under the reason that needs somebody most.
fn lacking(lacks: &Lacks) -> Verdict {
    let Lacks {
        foreign,
        no_namespace,
        refused,
        pending,
    } = lacks;
    let mut reasons = Vec::new();
    let mut clauses = Vec::new();
    let mut say = |reason, words: &str, of: &[String]| {
        if !of.is_empty() {
            reasons.push(reason);
            clauses.push(format!("{words} {}", named(of)));
        }
    };
    let foreign_words = "somebody else's definition of this name is in";
    say(Reason::DefinitionForeign, foreign_words, foreign);
    say(
        Reason::NamespaceMissing,
        "there is no namespace",
        no_namespace,
    );
    let refused = refused
        .iter()
        .map(|(namespace, words)| format!("{namespace} ({words})"));
    let refused: Vec<String> = refused.collect();
    say(Reason::DefinitionRefused, "refused in", &refused);
    say(Reason::DefinitionPending, "not made yet in", pending);
    match reasons.first() {
        None => Verdict::no(Reason::DefinitionsMade, "each namespace has its definition"),
        Some(first) => Verdict::yes(*first, clauses.join("; ")),
    }
}
