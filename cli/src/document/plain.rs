//! What a word without quotes is taken for.
//!
//! `kubectl` reads YAML as the Go library does that it is built with: words of YAML 1.1 for true and
//! false, numbers of base 2, 8 and 16, `_` between digits. Left to others: words in quotes are text.

use serde_json::{Number, Value};

/// What `kubectl` takes a word without quotes for.
pub(crate) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "y" | "Y" => {
            Value::Bool(true)
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "n" | "N" => {
            Value::Bool(false)
        }
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

/// Whether a reader of YAML 1.1 takes it for a number of base 60, such as `0000:08:00.0`.
pub(crate) fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let mut more = 0_u32;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let all = parts.all(|part| {
        more += 1;
        let whole = part.split_once('.').map_or(part, |(whole, _)| whole);
        let fraction = part.split_once('.').map_or("", |(_, fraction)| fraction);
        digits(whole)
            && whole.parse::<u32>().is_ok_and(|part| part < 60)
            && fraction.bytes().all(|byte| byte.is_ascii_digit())
    });
    digits(first) && all && more > 0
}

fn number(text: &str) -> Option<Number> {
    let first = text.chars().next()?;
    if !matches!(first, '0'..='9' | '+' | '-' | '.') {
        return None;
    }
    let clean = text.replace('_', "");
    integer(&clean).or_else(|| float(&clean))
}

fn integer(text: &str) -> Option<Number> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (digits, base) = match lower.get(..2) {
        Some("0x") => (lower.get(2..)?, 16),
        Some("0o") => (lower.get(2..)?, 8),
        Some("0b") => (lower.get(2..)?, 2),
        Some(_) if lower.starts_with('0') => (lower.get(1..)?, 8),
        _ => (lower.as_str(), 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = i128::from_str_radix(digits, base).ok()?;
    let value = if negative { -magnitude } else { magnitude };
    let signed = i64::try_from(value).ok().map(Number::from);
    signed.or_else(|| u64::try_from(value).ok().map(Number::from))
}

/// Digits with at most one point, and an exponent.
fn float(text: &str) -> Option<Number> {
    let known =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.bytes().all(known) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Number::from_f64(text.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_taken_for_what_kubectl_takes_them_for() {
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("no", json!(false)),
            ("On", json!(true)),
            ("y", json!(true)),
            ("8086", json!(8086)),
            ("0x10", json!(16)),
            ("010", json!(8)),
            ("0o10", json!(8)),
            ("0b11", json!(3)),
            ("1_000", json!(1000)),
            ("-7", json!(-7)),
            ("1e3", json!(1000.0)),
            (".5", json!(0.5)),
            ("1.", json!(1.0)),
            ("-", json!("-")),
            (".", json!(".")),
            ("089", json!(89.0)),
            ("0000:08:00.0", json!("0000:08:00.0")),
            ("10.20.0.0/16", json!("10.20.0.0/16")),
            ("green", json!("green")),
            ("nO", json!("nO")),
            ("e5", json!("e5")),
            ("18446744073709551615", json!(u64::MAX)),
        ] {
            assert_eq!(resolve(text), value, "{text:?}");
        }
    }

    #[test]
    fn numbers_of_base_60_are_known() {
        for text in [
            "0000:08",
            "0000:08:00.0",
            "02:00:00:00:00:01",
            "-1:30",
            "1:30.5",
        ] {
            assert!(is_base_60(text), "{text}");
        }
        for text in ["0000:3b:00.0", "08", "1:60", ":1", "1:", "a:1", ""] {
            assert!(!is_base_60(text), "{text}");
        }
    }
}
