//! Which attachments nobody owns any more: dead in two looks in a row. Pure.
//!
//! Left to others: looking, and undoing.

use std::collections::{BTreeMap, BTreeSet};

use colvin_attach::sweep::{Dead, Seen};

/// So many looks in a row must find an attachment dead before it is undone.
const MISSES: u32 = 2;

/// A pod's namespace and name.
pub(crate) type PodName = (String, String);

/// What earlier looks found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sweep {
    misses: BTreeMap<(String, u64), Miss>,
}

#[derive(Clone, Copy, Debug)]
struct Miss {
    count: u32,
    why: Dead,
}

/// An attachment that is to be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Orphan {
    /// What was seen, with why it is dead.
    pub(crate) seen: Seen,
    /// Whether it is found now, and not one that could not be undone the last time.
    pub(crate) is_new: bool,
}

impl Sweep {
    /// Takes in a look at the journal, and gives what is to be undone.
    ///
    /// `pods` are those that the kubelet has, or `None` when it did not tell, or did not know them all: then
    /// a missing pod proves nothing, and what was found before stands.
    pub(crate) fn judge(
        &mut self,
        seen: Vec<Seen>,
        pods: Option<&BTreeSet<PodName>>,
    ) -> Vec<Orphan> {
        let before = std::mem::take(&mut self.misses);
        let mut orphans = Vec::new();
        for mut seen in seen {
            let key = (seen.record.clone(), seen.generation);
            let last = before.get(&key).copied();
            let why = seen
                .dead
                .or_else(|| is_gone(&seen, pods).then_some(Dead::OwnerGone));
            let Some(why) = why else {
                let stands = last.filter(|it| it.why == Dead::OwnerGone && pods.is_none());
                if let Some(miss) = stands {
                    self.misses.insert(key, miss);
                }
                continue;
            };
            let count = last.map_or(1, |miss| miss.count.saturating_add(1));
            self.misses.insert(key, Miss { count, why });
            if count >= MISSES {
                seen.dead = Some(why);
                let is_new = count == MISSES;
                orphans.push(Orphan { seen, is_new });
            }
        }
        orphans
    }
}

/// Whether its pod is none of the kubelet's any more. What has no pod (podman, nerdctl) is not judged so.
fn is_gone(seen: &Seen, pods: Option<&BTreeSet<PodName>>) -> bool {
    let (Some(pods), Some(namespace), Some(pod)) = (pods, &seen.owner.namespace, &seen.owner.pod)
    else {
        return false;
    };
    !pods.contains(&(namespace.clone(), pod.clone()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use colvin_attach::Owner;

    use super::*;

    fn seen(record: &str, pod: Option<&str>, dead: Option<Dead>) -> Seen {
        Seen {
            record: record.into(),
            key: None,
            owner: Owner {
                namespace: pod.map(|_| "default".into()),
                pod: pod.map(Into::into),
                uid: None,
            },
            device: record.parse().ok(),
            given: None,
            network: None,
            is_changing: false,
            interface: None,
            netns: None,
            state: None,
            kind: None,
            since: Duration::ZERO,
            dead,
            this_boot: true,
            generation: 1,
        }
    }

    fn pods(names: &[&str]) -> BTreeSet<PodName> {
        let pods = names.iter();
        pods.map(|name| ("default".into(), (*name).into()))
            .collect()
    }

    fn found(orphans: &[Orphan]) -> Vec<(&str, Dead, bool)> {
        let orphans = orphans.iter();
        let found = orphans.map(|it| (it.seen.record.as_str(), it.seen.dead.unwrap(), it.is_new));
        found.collect()
    }

    const VF: &str = "0000:3b:00.2";

    #[test]
    fn what_is_dead_twice_in_a_row_is_undone_and_is_new_once() {
        let mut sweep = Sweep::default();
        let dead = || vec![seen(VF, Some("web"), Some(Dead::NetnsGone))];
        let web = pods(&["web"]);
        assert_eq!(sweep.judge(dead(), Some(&web)), []);
        let orphans = sweep.judge(dead(), Some(&web));
        assert_eq!(found(&orphans), [(VF, Dead::NetnsGone, true)]);
        let orphans = sweep.judge(dead(), Some(&web));
        assert_eq!(
            found(&orphans),
            [(VF, Dead::NetnsGone, false)],
            "it could not be undone"
        );
    }

    #[test]
    fn a_sign_of_life_between_two_misses_begins_anew() {
        let mut sweep = Sweep::default();
        let dead = || vec![seen(VF, None, Some(Dead::Unfinished))];
        assert_eq!(sweep.judge(dead(), None), []);
        assert_eq!(sweep.judge(vec![seen(VF, None, None)], None), []);
        assert_eq!(sweep.judge(dead(), None), []);
        assert_eq!(sweep.judge(vec![], None), []);
        assert_eq!(sweep.judge(dead(), None), [], "it was gone meanwhile");
    }

    #[test]
    fn a_later_attachment_of_the_same_device_does_not_inherit_a_miss() {
        let mut sweep = Sweep::default();
        let dead = |generation| {
            vec![Seen {
                generation,
                ..seen(VF, None, Some(Dead::NetnsGone))
            }]
        };
        assert_eq!(sweep.judge(dead(1), None), []);
        assert_eq!(sweep.judge(dead(2), None), []);
        assert_eq!(sweep.judge(dead(2), None).len(), 1);
    }

    #[test]
    fn a_pod_that_the_kubelet_has_no_more_is_gone_and_one_without_a_pod_is_not() {
        let mut sweep = Sweep::default();
        let attached = || {
            vec![
                seen(VF, Some("web"), None),
                seen("0000:3b:00.3", Some("db"), None),
                seen("0000:3b:00.4", None, None),
            ]
        };
        let left = pods(&["db"]);
        assert_eq!(sweep.judge(attached(), Some(&left)), []);
        let orphans = sweep.judge(attached(), Some(&left));
        assert_eq!(found(&orphans), [(VF, Dead::OwnerGone, true)]);
    }

    #[test]
    fn a_kubelet_that_does_not_tell_proves_nothing_and_takes_nothing_back() {
        let mut sweep = Sweep::default();
        let attached = || vec![seen(VF, Some("web"), None)];
        for _ in 0..3 {
            assert_eq!(sweep.judge(attached(), None), []);
        }
        assert_eq!(sweep.judge(attached(), Some(&pods(&[]))), []);
        assert_eq!(sweep.judge(attached(), None), []);
        assert_eq!(sweep.judge(attached(), Some(&pods(&[]))).len(), 1);
    }
}
