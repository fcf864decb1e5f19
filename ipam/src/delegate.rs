//! Any other IPAM plugin, run by the CNI protocol: looked up in `CNI_PATH` by its bare name, with the
//! complete configuration on stdin, byte for byte as it came.
//!
//! A plugin that does not end in time is killed, and all that it started in its process group. After an
//! `ADD` that failed it is asked to `DEL`. Left to others: what the plugin does, and what else was begun.

mod answer;
mod run;

use crate::{Attachment, DelegateError, IpamError, Lease, Request};

pub(crate) use answer::parse_result;
use answer::{failure, result};
use run::{Call, run};

fn call(
    request: &Request<'_>,
    attachment: Option<&Attachment<'_>>,
    plugin: &str,
    verb: &'static str,
) -> Result<Vec<u8>, DelegateError> {
    let call = Call {
        request,
        attachment,
        plugin,
        verb,
    };
    let ended = run(&call)?;
    if ended.status.success() {
        Ok(ended.printed)
    } else {
        Err(failure(ended.status, &ended.printed))
    }
}

fn error(plugin: &str, verb: &'static str, source: DelegateError) -> IpamError {
    IpamError::Delegate {
        plugin: plugin.to_owned(),
        verb,
        source,
        undo: None,
    }
}

pub(crate) fn add(
    request: &Request<'_>,
    attachment: &Attachment<'_>,
    plugin: &str,
) -> Result<Lease, IpamError> {
    let answered = call(request, Some(attachment), plugin, "ADD");
    let source = match answered.and_then(|printed| result(&printed)) {
        Ok(lease) => return Ok(lease),
        Err(source) => source,
    };
    let began = !matches!(
        source,
        DelegateError::NotFound { .. } | DelegateError::Itself { .. }
    );
    let undo = began.then(|| call(request, Some(attachment), plugin, "DEL"));
    Err(IpamError::Delegate {
        plugin: plugin.to_owned(),
        verb: "ADD",
        source,
        undo: undo.and_then(Result::err).map(Box::new),
    })
}

pub(crate) fn check(
    request: &Request<'_>,
    attachment: &Attachment<'_>,
    plugin: &str,
) -> Result<(), IpamError> {
    let verb = "CHECK";
    let answered = call(request, Some(attachment), plugin, verb);
    answered
        .map(|_| ())
        .map_err(|source| error(plugin, verb, source))
}

pub(crate) fn del(
    request: &Request<'_>,
    attachment: &Attachment<'_>,
    plugin: &str,
) -> Result<(), IpamError> {
    let answered = call(request, Some(attachment), plugin, "DEL");
    answered
        .map(|_| ())
        .map_err(|source| error(plugin, "DEL", source))
}

pub(crate) fn status(request: &Request<'_>, plugin: &str) -> Result<(), IpamError> {
    let verb = "STATUS";
    let answered = call(request, None, plugin, verb);
    answered
        .map(|_| ())
        .map_err(|source| error(plugin, verb, source))
}

pub(crate) fn gc(request: &Request<'_>, plugin: &str) -> Result<(), IpamError> {
    let answered = call(request, None, plugin, "GC");
    answered
        .map(|_| ())
        .map_err(|source| error(plugin, "GC", source))
}
