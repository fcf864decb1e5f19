//! The kernel's own part of attaching a host device: one message that moves and names it. No plugin can be faster.
//!
//! Left to others: plugins, and what is made of the times.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use colvin_kernel::netlink::change::{By, LinkChange, RouteSocket, Switch};
use colvin_kernel::netns::NetNs;

use crate::netns::Netns;

/// Moves a link of the calling thread's namespace into another one under a name, and back under its own, up; gives how
/// long the first of these messages took.
///
/// # Errors
/// When the kernel refuses.
pub fn move_and_back(link: &str, to: &Netns, name: &str) -> Result<Duration> {
    let home = NetNs::current()?;
    let there = NetNs::open(&to.path())?;
    let took = moved(link, &there, name, Switch::Leave)?;
    there.run(|| moved(name, &home, link, Switch::On))??;
    Ok(took)
}

fn moved(link: &str, to: &NetNs, name: &str, up: Switch) -> Result<Duration> {
    let mut socket = RouteSocket::open()?;
    let found = socket.link(By::AnyName(link))?.context("no such link")?;
    let name = name.parse()?;
    let change = LinkChange {
        netns: Some(to.as_fd()),
        name: Some(&name),
        up,
        ..LinkChange::default()
    };
    let began = Instant::now();
    socket.set(found.link.index, &change)?;
    Ok(began.elapsed())
}
