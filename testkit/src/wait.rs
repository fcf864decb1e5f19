//! Waiting for a condition, with a limit: what tests do instead of sleeping.
//!
//! [`wait_for`] takes a condition, [`wait_for_some`] a look that may find a value, [`try_wait_for`] a
//! look that may also fail, [`try_wait_between`] one that costs much.
//!
//! Left to others: the condition. It is asked again and again, so it must be cheap and change
//! nothing.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// The first pause between two looks; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_micros(200);

/// The longest pause between two looks.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Waits until the condition holds; gives the time that took.
///
/// The condition is asked at least once, and once more after the limit has passed.
///
/// # Errors
/// When the condition does not hold within the limit.
pub fn wait_for(limit: Duration, mut condition: impl FnMut() -> bool) -> Result<Duration> {
    let began = Instant::now();
    wait_for_some(limit, || condition().then(|| began.elapsed()))
}

/// Waits until there is a value; gives the value.
///
/// # Errors
/// When there is none within the limit.
pub fn wait_for_some<T>(limit: Duration, look: impl FnMut() -> Option<T>) -> Result<T> {
    wait(limit, FIRST_PAUSE, LONGEST_PAUSE, look)
}

fn wait<T>(
    limit: Duration,
    first: Duration,
    longest: Duration,
    mut look: impl FnMut() -> Option<T>,
) -> Result<T> {
    let began = Instant::now();
    let mut pause = first;
    loop {
        let over = began.elapsed() >= limit;
        if let Some(found) = look() {
            return Ok(found);
        }
        if over {
            bail!("waited {limit:?} for a condition that did not come");
        }
        std::thread::sleep(pause.min(limit.saturating_sub(began.elapsed())));
        pause = (pause * 2).min(longest);
    }
}

/// Waits until `look` gives a value, or fails.
///
/// # Errors
/// When `look` fails, or there is no value within the limit: then the text names `what`.
pub fn try_wait_for<T>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    wait_for_some(limit, || look().transpose()).with_context(|| format!("waiting for: {what}"))?
}

/// As [`try_wait_for`], with so much time between two looks: for one that starts a program, where what
/// is waited for needs the processor.
///
/// # Errors
/// As [`try_wait_for`].
pub fn try_wait_between<T>(
    what: &str,
    pause: Duration,
    limit: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    wait(limit, pause, pause, || look().transpose())
        .with_context(|| format!("waiting for: {what}"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_comes_late_is_waited_for() {
        let mut looks = 0;
        let found = wait_for_some(Duration::from_secs(10), || {
            looks += 1;
            (looks == 5).then_some(looks)
        });
        assert_eq!(found.unwrap(), 5);
    }

    #[test]
    fn a_condition_that_never_comes_is_an_error_that_names_the_limit() {
        let error = wait_for(Duration::from_millis(5), || false).unwrap_err();
        assert!(error.to_string().contains("5ms"), "{error}");
    }

    #[test]
    fn a_limit_of_nothing_still_looks_once() {
        assert!(wait_for(Duration::ZERO, || true).is_ok());
    }

    #[test]
    fn a_wait_that_is_over_names_what_it_waited_for() {
        let error = try_wait_for::<()>("rain", Duration::ZERO, || Ok(None)).unwrap_err();
        assert!(
            format!("{error:#}").starts_with("waiting for: rain"),
            "{error:#}"
        );
    }

    #[test]
    fn a_look_that_costs_much_is_taken_seldom() {
        let (pause, limit) = (Duration::from_millis(30), Duration::from_millis(100));
        let mut looks = 0;
        let over = try_wait_between::<()>("rain", pause, limit, || {
            looks += 1;
            Ok(None)
        });
        assert!(over.is_err());
        assert!(looks <= 5, "{looks}");
    }

    #[test]
    fn a_look_that_fails_ends_the_wait() {
        let limit = Duration::from_secs(10);
        let error = try_wait_for::<()>("rain", limit, || bail!("the window is shut")).unwrap_err();
        assert_eq!(format!("{error:#}"), "the window is shut");
    }
}
