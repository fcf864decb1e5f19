//! The two requests that the bench has for etcd itself, by its JSON gateway over HTTP/1.1.
//!
//! Left to others: what is stored.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

/// The longest time that etcd may take to answer.
const LIMIT: Duration = Duration::from_secs(20);

/// Drops all history up to now: a read or a watch from an older revision fails.
///
/// # Errors
/// When etcd cannot be asked or refuses.
pub(super) fn compact(port: u16) -> Result<()> {
    let status = post(port, "/v3/maintenance/status", &json!({}))?;
    // 64-bit numbers are text in this form of JSON
    let revision = status.pointer("/header/revision").and_then(Value::as_str);
    let revision = revision.context("etcd tells no revision")?;
    let request = json!({"revision": revision, "physical": true});
    post(port, "/v3/kv/compaction", &request).map(drop)
}

fn post(port: u16, path: &str, body: &Value) -> Result<Value> {
    let answer = exchange(port, path, &body.to_string())
        .with_context(|| format!("asking etcd for {path}"))?;
    let (head, body) = answer.split_once("\r\n\r\n").context("no HTTP answer")?;
    let status = head.lines().next().unwrap_or_default();
    ensure!(status.contains(" 200 "), "etcd: {path}: {status}: {body}");
    serde_json::from_str(body).with_context(|| format!("etcd's answer for {path}"))
}

/// One request of HTTP/1.0, so that the answer is what comes until the connection ends.
fn exchange(port: u16, path: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(LIMIT))?;
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.is_empty() {
        bail!("no answer");
    }
    Ok(answer)
}
