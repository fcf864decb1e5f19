//! Figures as words, and what many times say. Left to others: measuring.

use std::time::Duration;

/// Prints a time under this name.
pub(crate) fn time(name: &str, time: Duration) {
    println!("{name}_ms={:.3}", time.as_secs_f64() * 1000.0);
}

/// Prints a count under this name.
pub(crate) fn count(name: &str, count: usize) {
    println!("{name}={count}");
}

/// Prints so many bytes as MB.
pub(crate) fn memory(name: &str, bytes: u64) {
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
    println!("{name}_rss_mb={:.2}", in_f64(bytes) / 1e6);
}

/// Prints how many there are of some by others.
pub(crate) fn ratio(name: &str, some: usize, by: usize) {
    println!("{name}={:.3}", in_f64(some) / in_f64(by));
}

/// Prints the median, the time that one in a hundred is over, and the longest.
pub(crate) fn times(name: &str, times: &[Duration]) {
    count(&format!("{name}_times"), times.len());
    time(&format!("{name}_p50"), percentile(times, 50));
    time(&format!("{name}_p99"), percentile(times, 99));
    time(&format!("{name}_most"), percentile(times, 100));
}

/// The time that so many per cent are not over; zero of none.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    let within = (sorted.len() * percent).div_ceil(100);
    let at = within.saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

fn in_f64(count: usize) -> f64 {
    // counts here are far below 2^32
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
