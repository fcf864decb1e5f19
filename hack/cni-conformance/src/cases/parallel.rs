//! Many pods at once: runtimes serialize the calls of one container only.

use crate::{
    bed::{Bed, IFNAME, NETWORK, Pod, host_local, with},
    call::{Answer, step},
    sight,
    suite::case_list,
    verdict::{Verdict, must},
};
use anyhow::{Result, anyhow};
use serde_json::json;
use std::collections::BTreeSet;

case_list! {
    "CNI-P8" sixteen_adds_at_once_give_sixteen_pods_an_address_each [Link];
    "CNI-P8" sixteen_dels_at_once_leave_host_and_pods_as_before [Link];
    "CNI-P8" two_pods_that_want_one_device_at_once_do_not_both_get_it [Link, Exclusive];
}

const PODS: u32 = 16;

fn many(bed: &Bed<'_>) -> Result<Vec<Pod>> {
    bed.ports(PODS)?;
    (0..PODS).map(|number| bed.pod(number)).collect()
}

/// One call for each pod, all at once.
fn at_once(bed: &Bed<'_>, verb: &str, pods: &[Pod]) -> Result<Vec<Answer>> {
    let calls = pods.iter().map(|pod| {
        let config = with(&bed.config(pod), &json!({"ipam": host_local()}));
        bed.call(verb, pod).config(&config)
    });
    let calls: Vec<_> = calls.collect();
    std::thread::scope(|scope| {
        let running: Vec<_> = calls
            .into_iter()
            .map(|call| scope.spawn(move || call.run()))
            .collect();
        let answers = running.into_iter().map(|call| {
            let answer = call.join();
            answer.unwrap_or_else(|_| Err(anyhow!("a call's thread panicked")))
        });
        answers.collect()
    })
}

fn all_succeed(answers: &[Answer]) -> Verdict {
    let mut failed: Vec<_> = answers
        .iter()
        .filter_map(|it| it.succeeded().err())
        .collect();
    let count = failed.len();
    match failed.pop() {
        Some(last) => step(
            &format!("{count} of {} failed, one so", answers.len()),
            Err(last),
        ),
        None => Ok(()),
    }
}

fn sixteen_adds_at_once_give_sixteen_pods_an_address_each(bed: &Bed<'_>) -> Verdict {
    let pods = many(bed)?;
    all_succeed(&at_once(bed, "ADD", &pods)?)?;
    let mut addresses = BTreeSet::new();
    for pod in &pods {
        let its = pod.addresses(IFNAME)?;
        must!(its.len() == 1, "{} has {its:?}", pod.id);
        addresses.extend(its);
    }
    must!(
        addresses.len() == pods.len(),
        "the addresses are {addresses:?}"
    );
    let leases = bed.leases(NETWORK)?;
    must!(leases.len() == pods.len(), "leased are {leases:?}");
    Ok(())
}

fn sixteen_dels_at_once_leave_host_and_pods_as_before(bed: &Bed<'_>) -> Verdict {
    let pods = many(bed)?;
    let all: Vec<&Pod> = pods.iter().collect();
    let before = bed.see(&all)?;
    all_succeed(&at_once(bed, "ADD", &pods)?)?;
    all_succeed(&at_once(bed, "DEL", &pods)?)?;
    bed.undone_since(&before, &all, "after all")
}

fn two_pods_that_want_one_device_at_once_do_not_both_get_it(bed: &Bed<'_>) -> Verdict {
    let (first, second) = (bed.pod(0)?, bed.pod(1)?);
    let config = bed.config(&first);
    let calls = [&first, &second].map(|pod| bed.call("ADD", pod).config(&config));
    let answers: Vec<Result<Answer>> = std::thread::scope(|scope| {
        let running = calls.map(|call| scope.spawn(move || call.run()));
        let join = |call: std::thread::ScopedJoinHandle<'_, Result<Answer>>| {
            call.join()
                .unwrap_or_else(|_| Err(anyhow!("a call's thread panicked")))
        };
        running.map(join).into()
    });
    let mut succeeded = 0;
    for answer in answers {
        let answer = answer?;
        answer.ended()?;
        succeeded += u32::from(answer.succeeded().is_ok());
    }
    must!(succeeded == 1, "{succeeded} of two succeeded");
    let mut holders = 0;
    for pod in [&first, &second] {
        holders += u32::from(sight::link(&pod.netns, IFNAME)?.is_some());
    }
    must!(holders == 1, "{holders} of two have it");
    Ok(())
}
