//! Subnets, and what of one is outside of a range. Left to others: where they stand.

use std::net::IpAddr;

/// An address as the low bits of a number, and how many bits it has.
fn number(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(v4) => (v4.to_bits().into(), 32),
        IpAddr::V6(v6) => (v6.to_bits(), 128),
    }
}

/// The address of a number, of the family of `like`.
fn address(number: u128, like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => IpAddr::V4(u32::try_from(number).unwrap_or(u32::MAX).into()),
        IpAddr::V6(_) => IpAddr::V6(number.into()),
    }
}

fn address_of(text: &str) -> Result<IpAddr, String> {
    text.trim()
        .parse()
        .map_err(|_invalid| format!("{text:?} is no IP address"))
}

/// First and last number of a subnet that may be written with bits after its prefix.
fn ends(text: &str) -> Result<(IpAddr, u32, u128, u128), String> {
    let wrong = || format!("{text:?} is no subnet");
    let (base, length) = text.split_once('/').unwrap_or((text, ""));
    let base = address_of(base)?;
    let (value, bits) = number(base);
    let length: u32 = if length.is_empty() {
        bits
    } else {
        length.parse().map_err(|_invalid| wrong())?
    };
    let host = bits.checked_sub(length).ok_or_else(wrong)?;
    let mask = 1_u128.checked_shl(host).map_or(u128::MAX, |size| size - 1);
    let first = value & !mask;
    Ok((base, length, first, first | mask))
}

/// A subnet without bits after its prefix; an address alone is a subnet of one.
///
/// # Errors
/// When it is none.
pub(super) fn subnet(text: &str) -> Result<String, String> {
    let (base, length, first, _) = ends(text)?;
    Ok(format!("{}/{length}", address(first, base)))
}

/// The subnets that are exactly the addresses of a subnet before `start` and after `end`, each of which may be left out.
///
/// # Errors
/// When one is no address of the subnet, or they run backwards.
pub(super) fn outside(
    whole: &str,
    start: Option<&str>,
    end: Option<&str>,
) -> Result<Vec<String>, String> {
    let (base, _, first, last) = ends(whole)?;
    let at = |text: Option<&str>, otherwise: u128| match text {
        None => Ok(otherwise),
        Some(text) => {
            let (value, _) = number(address_of(text)?);
            let inside = (first..=last).contains(&value);
            inside
                .then_some(value)
                .ok_or_else(|| format!("{text} is not in {whole}"))
        }
    };
    let (from, to) = (at(start, first)?, at(end, last)?);
    if from > to {
        return Err(format!("the range of {whole} ends before it begins"));
    }
    let mut subnets = Vec::new();
    if let Some(before) = from.checked_sub(1).filter(|_| from > first) {
        cover(first, before, base, &mut subnets);
    }
    if let Some(behind) = to.checked_add(1).filter(|_| to < last) {
        cover(behind, last, base, &mut subnets);
    }
    Ok(subnets)
}

/// The subnets that are exactly these addresses, of the family of `like`.
fn cover(mut from: u128, to: u128, like: IpAddr, subnets: &mut Vec<String>) {
    let (_, bits) = number(like);
    loop {
        // the largest block that begins here and ends within
        let aligned = if from == 0 {
            bits
        } else {
            from.trailing_zeros().min(bits)
        };
        let size = |host: u32| 1_u128.checked_shl(host).map_or(u128::MAX, |size| size - 1);
        let fits = (0..=aligned)
            .rev()
            .find(|host| from.checked_add(size(*host)).is_some_and(|end| end <= to));
        let host = fits.unwrap_or_default();
        subnets.push(format!(
            "{}/{}",
            address(from, like),
            bits.saturating_sub(host)
        ));
        match from
            .checked_add(size(host))
            .and_then(|end| end.checked_add(1))
        {
            Some(next) if next <= to => from = next,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_outside_of_a_range_is_covered_by_subnets() {
        let range = |whole: &str, start: &str, end: &str| outside(whole, Some(start), Some(end));
        assert_eq!(
            range("10.0.0.0/27", "10.0.0.5", "10.0.0.20").unwrap(),
            [
                "10.0.0.0/30",
                "10.0.0.4/32",
                "10.0.0.21/32",
                "10.0.0.22/31",
                "10.0.0.24/29"
            ]
        );
        let none: [&str; 0] = [];
        let whole = range("10.0.0.0/24", "10.0.0.0", "10.0.0.255").unwrap();
        assert_eq!(whole, none);
        let whole = range("0.0.0.0/0", "0.0.0.0", "255.255.255.255").unwrap();
        assert_eq!(whole, none);
        assert_eq!(
            outside("2001:db8::/126", Some("2001:db8::2"), None).unwrap(),
            ["2001:db8::/127"]
        );
        assert_eq!(outside("::/0", None, None).unwrap(), none);
        assert!(range("10.0.0.0/24", "10.0.1.0", "10.0.0.1").is_err());
        assert!(range("10.0.0.0/24", "10.0.0.9", "10.0.0.1").is_err());
        assert!(range("10.0.0.0/33", "10.0.0.9", "10.0.0.1").is_err());
    }

    #[test]
    fn a_subnet_loses_the_bits_after_its_prefix() {
        assert_eq!(subnet("10.20.4.7/22").unwrap(), "10.20.4.0/22");
        assert_eq!(subnet("10.20.4.7").unwrap(), "10.20.4.7/32");
        assert_eq!(subnet("2001:db8::7/64").unwrap(), "2001:db8::/64");
        assert!(subnet("10.20.4/22").is_err());
    }
}
