//! What a case says of a plugin: it keeps the rule, breaks it, the rule is none for this kind of plugin, or the
//! suite itself could not look.
//!
//! Left to others: the cases, and how a verdict is shown.

/// Why a case did not end well.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// The plugin breaks the rule; in a line, what was seen.
    Fails(String),
    /// The case is none for this plugin or this kernel; why.
    NotApplicable(String),
    /// The suite could not set the case up or look at its end: no verdict on the plugin.
    Broken(anyhow::Error),
}

/// The end of a case.
pub(crate) type Verdict<T = ()> = Result<T, Wrong>;

impl From<anyhow::Error> for Wrong {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

/// The plugin breaks the rule: what was seen.
///
/// # Errors
/// Always: that is its use.
pub(crate) fn fails<T>(seen: impl Into<String>) -> Verdict<T> {
    Err(Wrong::Fails(seen.into()))
}

/// Ends the case when a condition does not hold, with what was seen.
macro_rules! must {
    ($holds:expr, $($seen:tt)+) => {
        if !$holds {
            return $crate::verdict::fails(format!($($seen)+));
        }
    };
}
pub(crate) use must;

/// Several lines as one, cut to a length that a table's cell can show.
pub(crate) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= 300 {
        return line;
    }
    let cut: String = line.chars().take(300).collect();
    format!("{cut} …")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_that_does_not_hold_is_a_failure_with_what_was_seen() {
        let judge = |seen: u32| -> Verdict {
            must!(seen == 4, "code {seen}, not 4");
            Ok(())
        };
        assert!(judge(4).is_ok());
        assert!(matches!(judge(999), Err(Wrong::Fails(why)) if why == "code 999, not 4"));
    }

    #[test]
    fn a_long_text_is_one_short_line() {
        assert_eq!(one_line("a\n  b\tc"), "a b c");
        assert_eq!(one_line(&"x".repeat(1000)).chars().count(), 302);
    }
}
