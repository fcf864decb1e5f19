//! A claim as the kubelet names it, and whether its names may be names of files. Left to others: what becomes of it.

use crate::books::Asked;
use crate::error::ClaimError;

/// A claim as the kubelet names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) namespace: String,
    pub(crate) uid: String,
    pub(crate) name: String,
}

impl Named {
    /// The claim, by names that may be names of files.
    ///
    /// # Errors
    /// [`ClaimError`] of the name that is none.
    pub(super) fn asked(&self) -> Result<Asked, ClaimError> {
        let uid = self.uid.parse().map_err(ClaimError::Uid)?;
        for name in [&self.namespace, &self.name] {
            if !is_name(name) {
                let name = name.chars().take(253).collect();
                return Err(ClaimError::Name(name));
            }
        }
        Ok(Asked {
            uid,
            namespace: self.namespace.clone(),
            name: self.name.clone(),
        })
    }
}

/// Whether it is a name of an object: a DNS subdomain, as far as files are concerned.
fn is_name(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 253
        && text.bytes().next().is_some_and(alphanumeric)
        && text
            .bytes()
            .all(|byte| alphanumeric(byte) || matches!(byte, b'-' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_leave_a_folder_is_no_name() {
        let long = "a".repeat(254);
        for wrong in ["", "..", ".a", "a/b", "a_b", "A", "ä", long.as_str()] {
            assert!(!is_name(wrong), "{wrong:?}");
        }
        for name in ["a", "0-net", "web-net.x7k2p", &"a".repeat(253)] {
            assert!(is_name(name), "{name:?}");
        }
    }
}
