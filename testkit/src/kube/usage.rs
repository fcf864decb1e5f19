//! What a process uses, as `/proc` tells it.
//!
//! Left to others: how much is too much.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// The unit of times in `/proc/PID/stat`: `USER_HZ` is 100 on every architecture we run on.
const TICK: Duration = Duration::from_millis(10);

/// The memory that the process has in RAM, in bytes (`VmRSS` of `/proc/PID/status`).
///
/// # Errors
/// When there is no such process.
pub fn rss_of(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    rss_in(&text).with_context(|| format!("no VmRSS in {path}"))
}

/// The time that the process, with all its threads, has been on a CPU, in user space and in the
/// kernel (`utime` and `stime` of `/proc/PID/stat`), in steps of 10 ms.
///
/// # Errors
/// When there is no such process.
pub fn cpu_of(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    cpu_in(&text).with_context(|| format!("no times in {path}"))
}

fn rss_in(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// The program's name, in parentheses, may hold anything; state follows it, and `utime` is the
/// twelfth word from there.
fn cpu_in(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut words = after_name.split_whitespace().skip(11);
    let user: u32 = words.next()?.parse().ok()?;
    let kernel: u32 = words.next()?.parse().ok()?;
    Some(TICK * (user + kernel))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_times_are_read_behind_a_name_with_parentheses() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 150 25 9 9 20 0 1 0 1 1 1";
        assert_eq!(cpu_in(stat), Some(Duration::from_millis(1750)));
        assert_eq!(cpu_in("7 (a) S 1"), None);
    }

    #[test]
    fn memory_is_told_in_bytes() {
        assert_eq!(rss_in("Name:\tx\nVmRSS:\t    2048 kB\n"), Some(2_097_152));
        assert_eq!(rss_in("Name:\tkernel thread\n"), None);
    }

    #[test]
    fn this_process_uses_something_and_no_process_is_an_error() {
        assert!(rss_of(std::process::id()).unwrap() > 100_000);
        assert!(cpu_of(std::process::id()).is_ok());
        assert!(rss_of(u32::MAX).is_err() && cpu_of(u32::MAX).is_err());
    }
}
