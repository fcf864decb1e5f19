//! Measures the device plugin against the conformance kubelet: 1,024 VFs in 32 pools.
//!
//! The plugin runs in a process of its own, on one thread as in the agent; the kubelet and the callers
//! run in this one. Offers are given and device nodes are not read: both are others' figures. Files are
//! written to memory, as `/run` is.
//!
//! Prints `name=value` words: times in ms, memory in MB (10^6 bytes), counts. It leaves judging the
//! figures to whoever runs it. `cargo run --release -p colvin-device-plugin --example serve_bench`

#![expect(clippy::print_stdout, reason = "a program for people and scripts")]

#[path = "serve_bench/callers.rs"]
mod callers;
#[path = "serve_bench/offers.rs"]
mod offers;
#[path = "serve_bench/plugin.rs"]
mod plugin;
#[path = "serve_bench/program.rs"]
mod program;

use std::error::Error;
use std::time::{Duration, Instant};

use callers::Paced;
use colvin_testkit::kube::rss_of;
use colvin_testkit::kubelet::{Kubelet, Options, What};
use offers::{DEVICES, POOLS};
use program::Program;

type Outcome<T> = Result<T, Box<dyn Error>>;

const LIMIT: Duration = Duration::from_mins(1);

/// Starts, restarts of the kubelet, and changes of an offer.
const STARTS: usize = 5;
const RESTARTS: usize = 9;
const CHANGES: usize = 300;

/// How long the plugin is left alone.
const IDLE: Duration = Duration::from_secs(5);

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    if let (Some(folder), Some(way)) = (arguments.next(), arguments.next()) {
        return plugin::run(folder.as_ref(), &way);
    }
    for way in ["call", "watch"] {
        starts(way)?;
        restarts(way)?;
    }
    served()
}

/// A kubelet and a plugin whose resources it has all listed.
fn scene(way: &str) -> Outcome<(Kubelet, Program)> {
    let options = Options {
        watcher: way == "watch",
        ..Options::default()
    };
    let kubelet = Kubelet::start(options)?;
    let mut program = Program::start(kubelet.folder(), way)?;
    program.say("go")?;
    wait_listed(&kubelet, POOLS)?;
    Ok((kubelet, program))
}

fn wait_listed(kubelet: &Kubelet, lists: usize) -> Outcome<()> {
    kubelet.wait_for(LIMIT, |kubelet| kubelet.list_count() >= lists)?;
    Ok(())
}

/// From a process that has its offers, and from nothing, until the kubelet has every list.
fn starts(way: &str) -> Outcome<()> {
    let (mut serving, mut whole, mut grown) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let options = Options {
            watcher: way == "watch",
            ..Options::default()
        };
        let kubelet = Kubelet::start(options)?;
        let began = Instant::now();
        let mut program = Program::start(kubelet.folder(), way)?;
        let before = rss_of(program.id())?;
        let went = Instant::now();
        program.say("go")?;
        wait_listed(&kubelet, POOLS)?;
        let last = last_list(&kubelet);
        whole.push(last.duration_since(began));
        serving.push(last.duration_since(went));
        grown.push(rss_of(program.id())?.saturating_sub(before));
        no_breach(&kubelet)?;
    }
    let most = grown.into_iter().max().unwrap_or_default();
    say(
        &format!("{way}_start_ms"),
        callers::percentile(&serving, 50.0),
    );
    say(&format!("{way}_exec_ms"), callers::percentile(&whole, 50.0));
    println!("{way}_rss_mb={:.2}", callers::millions(most));
    Ok(())
}

/// From the kubelet's start until it has every list again.
fn restarts(way: &str) -> Outcome<()> {
    let (kubelet, _program) = scene(way)?;
    let mut times = Vec::new();
    for _ in 0..RESTARTS {
        let before = kubelet.list_count();
        kubelet.restart()?;
        wait_listed(&kubelet, before + POOLS)?;
        let started = kubelet.events().into_iter().rev();
        let started = started.filter(|event| event.what == What::Started);
        let started = started.map(|event| event.at).next();
        let started = started.ok_or("the kubelet never started")?;
        times.push(last_list(&kubelet).duration_since(started));
    }
    let registered = kubelet.events().into_iter();
    let registered = registered.filter(|it| matches!(it.what, What::Registered { .. }));
    // one of the start
    let of_each = registered.count() - POOLS;
    println!(
        "{way}_registrations={:.3}",
        callers::ratio(of_each, POOLS * RESTARTS)
    );
    say(
        &format!("{way}_restart_ms"),
        callers::percentile(&times, 50.0),
    );
    say(
        &format!("{way}_restart_most_ms"),
        callers::percentile(&times, 100.0),
    );
    no_breach(&kubelet)
}

/// What a plugin that is served does: nothing, changes, allocations, an end.
fn served() -> Outcome<()> {
    let (kubelet, mut program) = scene("watch")?;
    println!(
        "pools={POOLS} devices={DEVICES} lists={}",
        kubelet.list_count()
    );
    idle(&mut program)?;
    changes(&kubelet, &mut program)?;
    let sockets = callers::sockets(&kubelet)?;
    let fresh = callers::every_device_once(&sockets)?;
    callers::say("allocate_fresh", &fresh);
    callers::say(
        "allocate_one",
        &callers::together(&sockets, 1, 4000, Paced::No)?,
    );
    callers::say(
        "allocate_64",
        &callers::together(&sockets, 64, 250, Paced::No)?,
    );
    let paced = Paced::Every(Duration::from_millis(64));
    callers::say(
        "allocate_64_paced",
        &callers::together(&sockets, 64, 100, paced)?,
    );
    no_breach(&kubelet)?;
    println!(
        "loaded_rss_mb={:.2}",
        callers::millions(rss_of(program.id())?)
    );
    let began = Instant::now();
    program.end()?;
    say("end_ms", began.elapsed());
    Ok(())
}

fn idle(program: &mut Program) -> Outcome<()> {
    // what the start leaves to be done
    std::thread::sleep(Duration::from_secs(1));
    let before = program.cpu()?;
    std::thread::sleep(IDLE);
    let used = program.cpu()?.saturating_sub(before);
    // asking is some of it
    println!(
        "idle_cpu_ms={:.3} idle_secs={}",
        used.as_secs_f64() * 1000.0,
        IDLE.as_secs()
    );
    Ok(())
}

/// From the word that one device is ill, or well again, until the kubelet has the list.
fn changes(kubelet: &Kubelet, program: &mut Program) -> Outcome<()> {
    let lists = kubelet.list_count();
    let mut times = Vec::new();
    for change in 1..=CHANGES {
        let began = Instant::now();
        program.say("change")?;
        wait_listed(kubelet, lists + change)?;
        times.push(last_list(kubelet).duration_since(began));
    }
    let lists = kubelet.list_count() - lists;
    println!("change_lists={:.3}", callers::ratio(lists, CHANGES));
    say("change_p50_ms", callers::percentile(&times, 50.0));
    say("change_p99_ms", callers::percentile(&times, 99.0));
    Ok(())
}

fn last_list(kubelet: &Kubelet) -> Instant {
    let lists = (0..POOLS).filter_map(|pool| kubelet.last_list(&offers::name(pool)));
    lists.map(|list| list.at).max().unwrap_or_else(Instant::now)
}

fn no_breach(kubelet: &Kubelet) -> Outcome<()> {
    match kubelet.breaches().first() {
        None => Ok(()),
        Some(breach) => Err(format!("the plugin broke {}: {}", breach.rule, breach.text).into()),
    }
}

fn say(name: &str, time: Duration) {
    println!("{name}={:.3}", time.as_secs_f64() * 1000.0);
}
