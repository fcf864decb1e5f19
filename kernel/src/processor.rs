//! Staying on one processor while the kernel waits for itself.
//!
//! Moving and deleting links ends with `rcu_barrier`: the kernel waits until what was left to RCU on every processor is
//! done. What one processor left is done with the grace period that begins at its next tick. What two of them left often
//! takes two grace periods, two ticks more: the one that ticks first begins a period that the other's do not count for.
//! A thread that wakes up on another processor in the middle of a move leaves something on both.
//!
//! Source: `__dev_change_net_namespace`, `netdev_run_todo` (kernel `net/core/dev.c`), `rcu_accelerate_cbs`
//! (`kernel/rcu/tree.c`). Left to others: which changes are of that kind ([`crate::netlink::change`]).

use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// Keeps the calling thread where it is until it is dropped: on that thread, and before others do the same.
#[derive(Debug)]
pub(crate) struct Stay {
    /// Where it may run otherwise; `None` when nothing was changed.
    before: Option<CpuSet>,
}

impl Stay {
    /// From now on. It is for speed alone: where the kernel does not let it (a processor that was just taken from this
    /// thread, a filter of system calls), nothing changes.
    pub(crate) fn here() -> Self {
        let mut one = CpuSet::new();
        let here = sched_getcpu();
        if here >= CpuSet::MAX_CPU {
            return Self { before: None };
        }
        one.set(here);
        let before = sched_getaffinity(None).ok();
        Self {
            before: before.filter(|_| sched_setaffinity(None, &one).is_ok()),
        }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // refused when none of them is left to it, which the kernel sees to by itself
            sched_setaffinity(None, before).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, thread};

    #[test]
    fn a_thread_stays_where_it_is_and_may_go_everywhere_again() {
        let before = sched_getaffinity(None).unwrap();
        let stay = Stay::here();
        assert_eq!(sched_getaffinity(None).unwrap().count(), 1);
        drop(stay);
        assert_eq!(sched_getaffinity(None).unwrap(), before);
    }

    #[test]
    fn other_threads_run_where_they_like() {
        let (asked, question) = mpsc::channel::<()>();
        let (answer, answered) = mpsc::channel();
        let other = thread::spawn(move || {
            for () in question {
                answer
                    .send(sched_getaffinity(None).unwrap().count())
                    .unwrap();
            }
        });
        let before = sched_getaffinity(None).unwrap().count();
        let stay = Stay::here();
        asked.send(()).unwrap();
        assert_eq!(answered.recv().unwrap(), before);
        drop((stay, asked));
        other.join().unwrap();
    }
}
