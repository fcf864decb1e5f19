//! Texts as the API has them. Left to others: names that have types ([`crate::name`]).

use crate::name::is_subdomain;

/// LIM-3: a C identifier of at most 32 bytes, behind a domain of at most 63 and `/` where there is one.
///
/// A second `/` is refused from 1.38 on, so it is never written.
pub(super) fn is_identifier(name: &str) -> bool {
    let (domain, identifier) = match name.split_once('/') {
        Some((domain, identifier)) => (Some(domain), identifier),
        None => (None, name),
    };
    let domain = domain.is_none_or(|domain| domain.len() <= 63 && is_subdomain(domain));
    let clean = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let length = (1..=32).contains(&identifier.len());
    let begins = !identifier.starts_with(|first: char| first.is_ascii_digit());
    domain && length && begins && identifier.bytes().all(clean)
}

/// The key of a label: a name, behind a domain and `/` where there is one.
pub(super) fn is_label_key(key: &str) -> bool {
    let (domain, name) = match key.split_once('/') {
        Some((domain, name)) => (Some(domain), name),
        None => (None, key),
    };
    let domain = domain.is_none_or(|domain| domain.len() <= 253 && is_subdomain(domain));
    domain && !name.is_empty() && is_label_value(name)
}

/// The value of a label, which may be empty.
pub(super) fn is_label_value(value: &str) -> bool {
    let clean = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let ends = |end: Option<u8>| end.is_none_or(|byte| byte.is_ascii_alphanumeric());
    value.len() <= 63
        && value.bytes().all(clean)
        && ends(value.bytes().next())
        && ends(value.bytes().next_back())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LIM-3: a C identifier of 32 bytes, a domain of 63, one slash, no dash.
    #[test]
    fn an_attributes_name_is_an_identifier_behind_a_domain() {
        let (long, too_long) = ("a".repeat(32), "a".repeat(33));
        let domain = format!("{}/a", "d".repeat(63));
        for name in [
            "mtu",
            "_a1",
            "resource.kubernetes.io/pciBusID",
            &long,
            &domain,
        ] {
            assert!(is_identifier(name), "{name}");
        }
        let domain = format!("{}/a", "d".repeat(64));
        for name in [
            "", "1a", "a-b", "a.b", "/a", "d/", "d/e/a", "D/a", "größe", &too_long, &domain,
        ] {
            assert!(!is_identifier(name), "{name}");
        }
    }

    #[test]
    fn a_taints_key_and_value_are_those_of_labels() {
        for key in ["link-down", "colvin.dev/link-down", "a_B.c", "0"] {
            assert!(is_label_key(key), "{key}");
        }
        for key in [
            "",
            "colvin.dev/",
            "/a",
            "-a",
            "a-",
            "a/b/c",
            "a b",
            &"a".repeat(64),
        ] {
            assert!(!is_label_key(key), "{key}");
        }
        assert!(is_label_value(""));
        assert!(is_label_value("5s"));
        assert!(!is_label_value("-"));
    }
}
