//! What a claim of the pod asks for. Left to others: what a class means (`ask`), who has what.

use colvin_crds::v1alpha1::Network;

use super::{Ask, Choice, Meaning, of_class};
use crate::claims::{Claims, PodClaim};

/// Puts an ask to the others: two for the same network are one for more.
pub(super) fn put(asks: &mut Vec<Ask>, ask: Ask) {
    let plain = |ask: &Ask| match &ask.meaning {
        Meaning::Claimed(choices) => match choices.as_slice() {
            [one] if one.tolerations.is_empty() => Some(one.network.clone()),
            _ => None,
        },
        Meaning::Network(_) | Meaning::Nothing(_) | Meaning::Elsewhere => None,
    };
    let network = plain(&ask);
    let same = |known: &&mut Ask| network.is_some() && plain(known) == network;
    match asks.iter_mut().find(same) {
        None => asks.push(ask),
        Some(known) => {
            known.resource = format!("{}, {}", known.resource, ask.resource);
            known.number = known.number.saturating_add(ask.number);
            if let Meaning::Claimed(choices) = &mut known.meaning {
                for choice in choices {
                    choice.number = known.number;
                }
            }
        }
    }
}

/// What a claim of the pod asks for that it was not given yet, of Colvin's networks.
pub(super) fn of_claim(
    entry: &PodClaim,
    namespace: &str,
    networks: &[Network],
    claims: &Claims,
) -> Vec<Ask> {
    let nothing = |why: String| {
        vec![Ask {
            resource: format!("claim {}", entry.entry),
            number: 1,
            meaning: Meaning::Nothing(why),
        }]
    };
    let Some(name) = &entry.claim else {
        let template = entry.template.as_deref().unwrap_or_default();
        return nothing(format!(
            "the pod waits for its claim {}, which is not made from the ResourceClaimTemplate {template} yet: kubectl get \
             resourceclaimtemplates -n {namespace} {template}",
            entry.entry
        ));
    };
    let Some(claim) = claims.claim(namespace, name) else {
        return nothing(format!(
            "the pod waits for the ResourceClaim {name}, which is not in the namespace {namespace}"
        ));
    };
    if claim.is_allocated {
        return Vec::new();
    }
    let asks = claim.requests.iter().filter_map(|request| {
        let alternatives = request.alternatives.iter();
        let meant = alternatives.map(|one| {
            let choice = |network: String| Choice {
                network,
                number: one.number,
                tolerations: one.tolerations.clone(),
            };
            of_class(&one.class, networks, choice)
        });
        let meaning = first(meant)?;
        Some(Ask {
            resource: format!("claim {}/{}", entry.entry, request.name),
            number: match &meaning {
                Meaning::Claimed(choices) => choices.first().map_or(1, |it| it.number),
                Meaning::Network(_) | Meaning::Nothing(_) | Meaning::Elsewhere => 1,
            },
            meaning,
        })
    });
    asks.collect()
}

/// The choices of these together; where there is none, why; nothing where others' drivers are asked.
fn first(meant: impl Iterator<Item = Meaning>) -> Option<Meaning> {
    let (mut choices, mut nothing, mut elsewhere) = (Vec::new(), None, false);
    for meaning in meant {
        match meaning {
            Meaning::Claimed(some) => choices.extend(some),
            Meaning::Nothing(why) => nothing = nothing.or(Some(why)),
            Meaning::Network(_) | Meaning::Elsewhere => elsewhere = true,
        }
    }
    if !choices.is_empty() {
        return Some(Meaning::Claimed(choices));
    }
    nothing.filter(|_| !elsewhere).map(Meaning::Nothing)
}
