//! How much a quantity is: the API server writes `1000M` back as `1G`, so texts say nothing of equality.
//!
//! Left to others: what is measured by it.

use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

/// The smallest amount that Kubernetes tells apart is a billionth: 10 to the power of -9.
const SCALE: i32 = 9;

/// The amount in billionths, what is less rounded up; `None` when it is no quantity, or none that fits.
///
/// Source: `apimachinery/pkg/api/resource/quantity.go`, the grammar in its comment.
pub(crate) fn billionths(quantity: &Quantity) -> Option<i128> {
    let text = quantity.0.as_str();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = text
        .find(|char: char| !char.is_ascii_digit() && char != '.')
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at_checked(end)?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let digits: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let behind = i32::try_from(fraction.len()).ok()?;
    let (factor, exponent) = unit(suffix)?;
    let amount = digits.checked_mul(factor)?;
    let amount = scaled(amount, exponent.checked_add(SCALE)?.checked_sub(behind)?)?;
    Some(if negative { -amount } else { amount })
}

/// The amount times ten to this power, rounded up.
fn scaled(amount: i128, power: i32) -> Option<i128> {
    let factor = 10_i128.checked_pow(power.unsigned_abs());
    if power >= 0 {
        return amount.checked_mul(factor?);
    }
    // what is divided by more than there are numbers is something still
    let Some(factor) = factor else {
        return Some(amount.signum());
    };
    let rest = (amount % factor).signum();
    Some(amount / factor + rest)
}

/// What a suffix stands for: a factor, and a power of ten.
fn unit(suffix: &str) -> Option<(i128, i32)> {
    let binary = |power: u32| Some((1_i128 << power, 0));
    let decimal = |power| Some((1, power));
    match suffix {
        "n" => decimal(-9),
        "u" => decimal(-6),
        "m" => decimal(-3),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(10),
        "Mi" => binary(20),
        "Gi" => binary(30),
        "Ti" => binary(40),
        "Pi" => binary(50),
        "Ei" => binary(60),
        _ => decimal(suffix.strip_prefix(['e', 'E'])?.parse().ok()?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<i128> {
        billionths(&Quantity(text.to_owned()))
    }

    #[test]
    fn the_same_amount_is_the_same_however_it_is_written() {
        for (one, other) in [
            ("1000M", "1G"),
            ("100M", "100000000"),
            ("0.5", "500m"),
            ("1024Ki", "1Mi"),
            ("1e3", "1k"),
            ("1E-3", "1m"),
            ("1.", "1"),
            (".5Gi", "512Mi"),
            ("+5", "5"),
            ("-1500m", "-1.5"),
            ("0", "0Ei"),
            ("0.1n", "1n"),
            ("1e-60", "1n"),
        ] {
            assert!(of(one).is_some(), "{one}");
            assert_eq!(of(one), of(other), "{one} and {other}");
        }
        assert_eq!(of("1m"), Some(1_000_000));
        assert_ne!(of("1G"), of("1Gi"));
    }

    #[test]
    fn what_is_no_quantity_is_none() {
        for text in [
            "", "-", ".", "1.2.3", "1 G", "1g", "G", "0x1", "1e", "1e99", "--1", "１",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
