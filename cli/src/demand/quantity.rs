//! Amounts of a resource, as Kubernetes writes them: `8`, `500m`, `4k`, `1.5Gi`, `1e3`.
//!
//! Left to others: which resource.

/// An amount, in thousandths of the resource's unit, rounded up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Amount(i128);

const MEBI: i128 = 1 << 20;

impl Amount {
    /// So many whole things.
    pub(crate) fn whole(number: u64) -> Self {
        Self(i128::from(number).saturating_mul(1000))
    }

    /// How many whole things it is, rounded down; 0 for less than none.
    pub(crate) fn floor(self) -> u64 {
        u64::try_from(self.0 / 1000).unwrap_or_default()
    }

    /// Both together.
    pub(crate) const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left; nothing where there is not enough.
    pub(crate) fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0).max(0))
    }

    /// As people write it for this resource.
    pub(crate) fn shown(self, resource: &str) -> String {
        let bytes = matches!(resource, "memory" | "ephemeral-storage")
            || resource.starts_with("hugepages-");
        let units = self.0 / 1000;
        match self.0 {
            _ if bytes && units >= MEBI => format!("{}Mi", units / MEBI),
            _ if bytes && units >= 1024 => format!("{}Ki", units / 1024),
            milli if milli % 1000 != 0 => format!("{milli}m"),
            _ => units.to_string(),
        }
    }
}

/// The amount that a quantity says, or `None` when it is none.
pub(crate) fn amount(quantity: &str) -> Option<Amount> {
    let (sign, text) = match quantity.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, quantity.strip_prefix('+').unwrap_or(quantity)),
    };
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let (number, unit) = text.split_at_checked(end.unwrap_or(text.len()))?;
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + fraction.len() == 0 || whole.len() + fraction.len() > 20 {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let (times, parts) = milli_of(unit)?;
    let parts = parts.checked_mul(10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?)?;
    let product = digits.checked_mul(times)?;
    let up = i128::from(product % parts != 0);
    Some(Amount(sign * (product / parts + up)))
}

/// How many thousandths a unit has, as a fraction.
fn milli_of(unit: &str) -> Option<(i128, i128)> {
    let decimal = |power: u32| Some((1000 * 10_i128.checked_pow(power)?, 1));
    let binary = |power: u32| Some((1000 << (10 * power), 1));
    match unit {
        "n" => Some((1, 1_000_000)),
        "u" => Some((1, 1000)),
        "m" => Some((1, 1)),
        "" => decimal(0),
        "k" => decimal(3),
        "M" => decimal(6),
        "G" => decimal(9),
        "T" => decimal(12),
        "P" => decimal(15),
        "E" => decimal(18),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        _ => {
            let power: i32 = unit.strip_prefix(['e', 'E'])?.parse().ok()?;
            let size = 10_i128.checked_pow(power.unsigned_abs().min(20))?;
            Some(if power < 0 {
                (1000, size)
            } else {
                (1000 * size, 1)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_read_as_kubernetes_reads_it() {
        for (text, milli) in [
            ("8", 8000),
            ("500m", 500),
            ("0.5", 500),
            (".5", 500),
            ("1.0005", 1001),
            ("4k", 4_000_000),
            ("1Ki", 1_024_000),
            ("1.5Gi", 1_610_612_736_000),
            ("1e3", 1_000_000),
            ("1E3", 1_000_000),
            ("5e-1", 500),
            ("1E", 1_000_000_000_000_000_000_000),
            ("100n", 1),
            ("-1", -1000),
        ] {
            assert_eq!(amount(text), Some(Amount(milli)), "{text}");
        }
        for wrong in [
            "",
            ".",
            "x",
            "1x",
            "1 ",
            "1ei",
            "--1",
            "1.2.3",
            "999999999999999999999",
        ] {
            assert_eq!(amount(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_amount_is_shown_in_its_resources_unit() {
        let shown = |text: &str, resource: &str| amount(text).unwrap().shown(resource);
        assert_eq!(shown("1500m", "cpu"), "1500m");
        assert_eq!(shown("2", "cpu"), "2");
        assert_eq!(shown("1.5Gi", "memory"), "1536Mi");
        assert_eq!(shown("2048", "memory"), "2Ki");
        assert_eq!(shown("2048", "colvin.dev/green"), "2048");
    }
}
