//! What the API server was asked, as its audit log tells it.
//!
//! Left to others: how many requests are too many.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// Logs every request without its bodies, once when it is answered, and a watch also once when it
/// starts.
pub(super) const POLICY: &str = r#"{"apiVersion": "audit.k8s.io/v1", "kind": "Policy",
"omitStages": ["RequestReceived"], "rules": [{"level": "Metadata"}]}
"#;

/// One request that the API server has answered, or a watch that it has begun to answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Who asked; who was acted for, where one acted for another.
    pub user: String,
    /// What the program calls itself.
    pub user_agent: String,
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`; for a
    /// path that is no resource the HTTP method in lower case.
    pub verb: String,
    /// The path with its query.
    pub uri: String,
    /// The resource in the plural, such as `nodetopologies`; empty for a path that is none.
    pub resource: String,
    /// `status` and the like; empty for the object itself.
    pub subresource: String,
    /// The object's name; empty for many, and for one that the server names.
    pub name: String,
    /// Empty for what is not in a namespace.
    pub namespace: String,
    /// The HTTP status of the answer.
    pub code: u64,
    /// When the request came in.
    pub time: SystemTime,
}

/// The requests of an audit log in the order in which they came in. A last line that is not
/// written to its end is left out.
///
/// # Errors
/// When a line does not tell a request.
pub(super) fn requests(log: &str) -> Result<Vec<Request>> {
    let whole = log.rsplit_once('\n').map_or("", |(lines, _)| lines);
    let mut found = BTreeMap::new();
    for line in whole.lines() {
        let event: Value = serde_json::from_str(line).context("a line of the audit log")?;
        let request = request(&event).with_context(|| format!("no request: {line}"))?;
        // a watch has two lines; what it ended with is the later one
        found.insert(text(&event, "/auditID"), request);
    }
    let mut requests: Vec<Request> = found.into_values().collect();
    requests.sort_by_key(|request| request.time);
    Ok(requests)
}

fn request(event: &Value) -> Option<Request> {
    let acted_for = text(event, "/impersonatedUser/username");
    Some(Request {
        user: if acted_for.is_empty() {
            text(event, "/user/username")
        } else {
            acted_for
        },
        user_agent: text(event, "/userAgent"),
        verb: text(event, "/verb"),
        uri: text(event, "/requestURI"),
        resource: text(event, "/objectRef/resource"),
        subresource: text(event, "/objectRef/subresource"),
        name: text(event, "/objectRef/name"),
        namespace: text(event, "/objectRef/namespace"),
        code: event.pointer("/responseStatus/code")?.as_u64()?,
        time: instant(event.pointer("/requestReceivedTimestamp")?.as_str()?)?,
    })
}

fn text(event: &Value, pointer: &str) -> String {
    let found = event.pointer(pointer).and_then(Value::as_str);
    found.unwrap_or_default().to_owned()
}

/// The instant of `2026-11-25T19:41:07.123456Z`, as the API server writes times.
fn instant(text: &str) -> Option<SystemTime> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut date = date.splitn(3, '-').map(|part| part.parse::<u64>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut whole = whole.splitn(3, ':').map(|part| part.parse::<u64>().ok());
    let (hours, minutes, seconds) = (whole.next()??, whole.next()??, whole.next()??);
    let nanoseconds = format!("{fraction:0<9}").parse().ok()?;
    let days = days_before(year, month, day)?;
    let seconds = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
    UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds))
}

/// The days from the start of 1970 to this one: years that begin in March, so that a leap day is
/// a year's last.
fn days_before(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year.checked_sub(1)?, month + 9)
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day;
    // the first of March of year 0 to the first of January 1970, and days count from 1
    days.checked_sub(719_468 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: &str, stage: &str, time: &str, code: u64) -> String {
        format!(
            r#"{{"kind":"Event","auditID":"{id}","stage":"{stage}","requestURI":"/api/v1/nodes/a/status?x=1","verb":"patch","user":{{"username":"u"}},"userAgent":"agent/1","objectRef":{{"resource":"nodes","name":"a","apiVersion":"v1","subresource":"status"}},"responseStatus":{{"metadata":{{}},"code":{code}}},"requestReceivedTimestamp":"{time}"}}"#
        )
    }

    #[test]
    fn a_request_is_told_once_in_the_order_of_arrival_and_half_a_line_waits() {
        let log = [
            line("b", "ResponseStarted", "2026-11-25T19:41:08.000001Z", 200),
            line("a", "ResponseComplete", "2026-11-25T19:41:07.5Z", 409),
            line("b", "ResponseComplete", "2026-11-25T19:41:08.000001Z", 200),
            "{\"kind\":".to_owned(),
        ];
        let requests = requests(&log.join("\n")).unwrap();
        let first = Request {
            user: "u".to_owned(),
            user_agent: "agent/1".to_owned(),
            verb: "patch".to_owned(),
            uri: "/api/v1/nodes/a/status?x=1".to_owned(),
            resource: "nodes".to_owned(),
            subresource: "status".to_owned(),
            name: "a".to_owned(),
            namespace: String::new(),
            code: 409,
            time: UNIX_EPOCH + Duration::from_millis(1_795_635_667_500),
        };
        let second = Request {
            code: 200,
            time: UNIX_EPOCH + Duration::from_micros(1_795_635_668_000_001),
            ..first.clone()
        };
        assert_eq!(requests, [first, second]);
    }

    #[test]
    fn a_line_that_is_no_request_is_an_error() {
        assert!(requests("{}\n").is_err());
        assert!(requests("what\n").is_err());
        assert!(requests("").unwrap().is_empty());
    }

    #[test]
    fn days_are_counted_over_leap_years() {
        assert_eq!(days_before(1970, 1, 1), Some(0));
        assert_eq!(days_before(2000, 2, 29), Some(11_016));
        assert_eq!(days_before(2000, 3, 1), Some(11_017));
        assert_eq!(days_before(2026, 11, 25), Some(20_782));
    }
}
