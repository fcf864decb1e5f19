//! What calls cost, summed up.
//!
//! Left to others: making the calls.

use crate::tell;
use anyhow::{Context as _, Result};
use std::time::Duration;

/// What one call cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    /// From before its start to after its end was seen.
    pub(crate) wall: Duration,
    /// User and system time, with children that it waited for.
    pub(crate) cpu: Duration,
}

/// Tells the figures of several calls under a name.
///
/// # Errors
/// When there is none, or nobody listens.
pub(crate) fn tell_all(name: &str, costs: &[Cost]) -> Result<()> {
    let wall: Vec<f64> = costs.iter().map(|cost| ms(cost.wall)).collect();
    for (figure, percent) in [("p50_ms", 50), ("p95_ms", 95), ("p99_ms", 99)] {
        tell(&format!("{name}.{figure}"), percentile(&wall, percent)?)?;
    }
    let cpu: Vec<f64> = costs.iter().map(|cost| ms(cost.cpu)).collect();
    tell(&format!("{name}.cpu_ms"), percentile(&cpu, 50)?)
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The value that so many percent of the values are not above.
///
/// # Errors
/// When there are no values.
pub(crate) fn percentile(values: &[f64], percent: usize) -> Result<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().context("nothing was measured")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_value_that_so_many_are_not_above() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        for (percent, expected) in [(50, 50.0), (95, 95.0), (99, 99.0), (100, 100.0)] {
            let value = percentile(&values, percent).unwrap();
            assert!(
                (value - expected).abs() < f64::EPSILON,
                "{percent}: {value}"
            );
        }
        assert!((percentile(&[7.0], 50).unwrap() - 7.0).abs() < f64::EPSILON);
        assert!(percentile(&[], 50).is_err());
    }
}
