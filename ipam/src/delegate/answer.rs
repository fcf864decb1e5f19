//! What a plugin printed: a result of any version of CNI, an error object, or neither. Left to others:
//! how it was run.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{DelegateError, Dns, Ip, Lease, Route};

/// The most characters of an answer that an error shows.
const SHOWN_CHARACTERS: usize = 200;

/// A result of versions 0.3.0 to 1.1.0: `ips` and `routes` are lists. Versions 0.1.0 and 0.2.0 have an
/// object per family.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "or_default")]
    ips: Vec<Ip>,
    #[serde(deserialize_with = "or_default")]
    routes: Vec<Route>,
    #[serde(deserialize_with = "or_default")]
    dns: Dns,
    ip4: Option<OneFamily>,
    ip6: Option<OneFamily>,
}

#[derive(Debug, Deserialize)]
struct OneFamily {
    #[serde(rename = "ip")]
    address: crate::IpPrefix,
    #[serde(default)]
    gateway: Option<std::net::IpAddr>,
    #[serde(default, deserialize_with = "or_default")]
    routes: Vec<Route>,
}

/// An error object.
#[derive(Debug, Deserialize)]
struct Failure {
    code: u32,
    #[serde(default)]
    msg: String,
    #[serde(default)]
    details: String,
}

/// A key with `null` is one that is not there.
fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// The addresses, routes and name servers of a CNI result of any version.
///
/// # Errors
/// A text that says which value is wrong.
pub(crate) fn parse_result(value: &Value) -> Result<Lease, String> {
    if !value.is_object() {
        return Err("it is no object".into());
    }
    let answer = Answer::deserialize(value).map_err(|error| error.to_string())?;
    let mut lease = Lease {
        ips: answer.ips,
        routes: answer.routes,
        dns: answer.dns,
    };
    for family in [answer.ip4, answer.ip6].into_iter().flatten() {
        lease.ips.push(Ip {
            address: family.address,
            gateway: family.gateway,
        });
        lease.routes.extend(family.routes);
    }
    Ok(lease)
}

/// What a plugin gave that ended well.
///
/// # Errors
/// [`DelegateError`] when it printed no result, one without an address, or an error object all the same.
pub(super) fn result(printed: &[u8]) -> Result<Lease, DelegateError> {
    let no_result = |reason: String| DelegateError::Answer {
        reason,
        printed: beginning(printed),
    };
    let value: Value =
        serde_json::from_slice(printed).map_err(|error| no_result(error.to_string()))?;
    if let Some(said) = said(&value) {
        return Err(said);
    }
    let lease = parse_result(&value).map_err(no_result)?;
    if lease.ips.is_empty() {
        return Err(no_result("it has no address".into()));
    }
    Ok(lease)
}

/// What a plugin says that failed.
pub(super) fn failure(status: ExitStatus, printed: &[u8]) -> DelegateError {
    if let Some(signal) = status.signal() {
        return DelegateError::Signal { signal };
    }
    let value = serde_json::from_slice(printed).ok();
    value
        .as_ref()
        .and_then(said)
        .unwrap_or_else(|| DelegateError::Status {
            status: status.code().unwrap_or(-1),
            printed: beginning(printed),
        })
}

fn said(value: &Value) -> Option<DelegateError> {
    let failure = Failure::deserialize(value).ok()?;
    let cut = |text: String| text.chars().take(1000).collect();
    (failure.code != 0).then(|| DelegateError::Said {
        code: failure.code,
        msg: cut(failure.msg),
        details: cut(failure.details),
    })
}

fn beginning(printed: &[u8]) -> String {
    let text = String::from_utf8_lossy(printed.get(..4 * SHOWN_CHARACTERS).unwrap_or(printed));
    text.trim().chars().take(SHOWN_CHARACTERS).collect()
}
