//! Text without what tells whose machines it is about: MAC addresses, IP addresses, names of hosts, tokens. The same
//! thing is the same token everywhere, so that what belongs together is still seen.
//!
//! MAC addresses and what is made of them are replaced as in a snapshot ([`Disguise`]). Left to others: which names are
//! hosts, and where the text comes from.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv4Addr};

use colvin_discovery::snapshot::Disguise;

/// How a word begins that is a signed token (JSON in base 64).
const TOKEN: &str = "eyJ";
/// The fewest characters of a token.
const SHORTEST_TOKEN: usize = 32;

/// What was learned, and what stands for it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redactor {
    disguise: Disguise,
    names: HashMap<String, String>,
    lengths: BTreeSet<usize>,
    counts: BTreeMap<&'static str, usize>,
}

impl Redactor {
    /// Learns the name of something of this kind: it is replaced wherever it stands as a word.
    pub(crate) fn learn(&mut self, kind: &'static str, name: &str) {
        // addresses are replaced as such
        let is_address =
            name.parse::<colvin_model::MacAddr>().is_ok() || name.parse::<IpAddr>().is_ok();
        if name.is_empty() || is_address {
            return;
        }
        self.token(kind, name);
    }

    /// Learns the MAC addresses of a text.
    pub(crate) fn learn_text(&mut self, text: &str) {
        self.disguise.learn_text(text.as_bytes());
    }

    /// How many things of each kind were replaced.
    pub(crate) const fn counts(&self) -> &BTreeMap<&'static str, usize> {
        &self.counts
    }

    fn token(&mut self, kind: &'static str, name: &str) -> String {
        if let Some(token) = self.names.get(name) {
            return token.clone();
        }
        let count = self.counts.entry(kind).or_default();
        *count = count.saturating_add(1);
        let token = format!("redacted-{kind}-{count}");
        self.names.insert(name.to_owned(), token.clone());
        self.lengths.insert(name.len());
        token
    }

    /// The text with all that was learned replaced, and all IP addresses and tokens.
    pub(crate) fn apply(&mut self, text: &str) -> String {
        let plain = self.disguise.apply(text.as_bytes());
        let plain = String::from_utf8_lossy(&plain).into_owned();
        let mut out = String::with_capacity(plain.len());
        let mut rest = plain.as_str();
        let mut in_word = false;
        while let Some(letter) = rest.chars().next() {
            let found = if in_word { None } else { self.at(rest) };
            let (length, replaced) = match found {
                Some((length, token)) => (length, Some(token)),
                None => (letter.len_utf8(), None),
            };
            let Some((head, tail)) = rest.split_at_checked(length) else {
                break;
            };
            out.push_str(replaced.as_deref().unwrap_or(head));
            in_word = head.chars().next_back().is_some_and(is_of_a_word);
            rest = tail;
        }
        out
    }

    /// What begins here and is replaced: how long it is, and what stands for it.
    fn at(&mut self, rest: &str) -> Option<(usize, String)> {
        self.name(rest)
            .or_else(|| self.address(rest))
            .or_else(|| signed(rest))
    }

    fn name(&self, rest: &str) -> Option<(usize, String)> {
        self.lengths.iter().rev().find_map(|length| {
            let (head, tail) = rest.split_at_checked(*length)?;
            let ends = !tail.chars().next().is_some_and(is_of_a_word);
            let token = self.names.get(head).filter(|_| ends)?;
            Some((*length, token.clone()))
        })
    }

    fn address(&mut self, rest: &str) -> Option<(usize, String)> {
        let of_one = |letter: char| letter.is_ascii_hexdigit() || matches!(letter, '.' | ':');
        let end = rest.find(|letter: char| !of_one(letter));
        let (run, behind) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        if behind.chars().next().is_some_and(is_of_a_word) {
            return None;
        }
        let parsed = |text: &str| text.parse::<IpAddr>().ok();
        // at the end of a sentence, or before a port
        let trimmed = run.trim_end_matches('.');
        let whole = parsed(trimmed).or_else(|| parsed(trimmed.trim_end_matches(':')));
        let (address, text) = if let Some(address) = whole {
            (address, trimmed)
        } else {
            let (front, _) = trimmed.split_once(':')?;
            (IpAddr::V4(front.parse::<Ipv4Addr>().ok()?), front)
        };
        let text = if parsed(text).is_some() {
            text
        } else {
            text.trim_end_matches(':')
        };
        let token = if is_telling(address) {
            let kind = if address.is_ipv4() { "ipv4" } else { "ipv6" };
            self.token(kind, &address.to_string())
        } else {
            text.to_owned()
        };
        Some((text.len(), token))
    }
}

fn is_of_a_word(letter: char) -> bool {
    letter.is_alphanumeric()
}

/// Whether an address says whose it is: those that everybody has do not.
const fn is_telling(address: IpAddr) -> bool {
    if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
        return false;
    }
    match address {
        IpAddr::V4(v4) => !v4.is_broadcast(),
        IpAddr::V6(_) => true,
    }
}

/// A signed token.
fn signed(rest: &str) -> Option<(usize, String)> {
    if !rest.starts_with(TOKEN) {
        return None;
    }
    let of_one =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | '=');
    let end = rest
        .find(|letter: char| !of_one(letter))
        .unwrap_or(rest.len());
    (end >= SHORTEST_TOKEN).then(|| (end, "redacted-token".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str) -> String {
        let mut redactor = Redactor::default();
        redactor.learn("host", "worker-1");
        redactor.learn("host", "worker-10.corp.example");
        redactor.learn_text(text);
        redactor.apply(text)
    }

    #[test]
    fn the_same_thing_is_the_same_token_everywhere() {
        assert_eq!(
            redacted(
                "worker-1 has 10.20.4.7/22, worker-10.corp.example too; 10.20.4.7:6443 (worker-1)"
            ),
            "redacted-host-1 has redacted-ipv4-1/22, redacted-host-2 too; redacted-ipv4-1:6443 (redacted-host-1)"
        );
        assert_eq!(
            redacted("[2001:db8::7]:443 fe80::1%eth0 2001:db8:0::7."),
            "[redacted-ipv6-1]:443 redacted-ipv6-2%eth0 redacted-ipv6-1."
        );
        assert_eq!(
            redacted("3c:ec:ef:12:34:56 enx3cecef123456 green-10.20.4.0"),
            "02:c0:1f:00:00:01 enx02c01f000001 green-redacted-ipv4-1"
        );
    }

    #[test]
    fn words_that_only_begin_so_stay_and_so_does_what_everybody_has() {
        for text in [
            "worker-11 xworker-1 worker-1x",
            "127.0.0.1:9808 ::1 :: 0.0.0.0 224.0.0.1 255.255.255.255",
            "0000:3b:00.0 pci0000:3a 12:03:11Z 4.40 v1.2.3.4 colvin_agent::publish",
            "eyJ eyJhbGciOi",
            "Größe\u{2028}",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn a_signed_token_goes() {
        let token = format!(
            "eyJhbGciOiJSUzI1NiJ9.{}.{}",
            "x".repeat(40),
            "y-_".repeat(20)
        );
        assert_eq!(
            redacted(&format!("Bearer {token}\"")),
            "Bearer redacted-token\""
        );
    }
}
