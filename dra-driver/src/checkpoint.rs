//! The checkpoint: what is prepared, on disk, with a version and a checksum over its raw bytes.
//!
//! ```text
//! {"version":1,"checksum":"9ae0daaf1c291ca3","state":{"claims":{...},"leaving":[...]}}
//! ```
//!
//! One that cannot be understood is put aside and never removed; what the claims' records below `/run` say takes its
//! place. Left to others: that one process at a time comes here.

use std::path::{Path, PathBuf};

use colvin_attach::record::{self, RecordError};
use colvin_model::digest::digest;
use tracing::{error, warn};

use crate::Uid;
use crate::error::chain;
use crate::files::{self, FileError};
use crate::state::{Claim, State};

/// What stands before the version, the checksum and the state.
const BEFORE_VERSION: &[u8] = b"{\"version\":";
const BEFORE_CHECKSUM: &[u8] = b"1,\"checksum\":\"";
const BEFORE_STATE: &[u8] = b"\",\"state\":";
const AFTER_STATE: &[u8] = b"}\n";

/// How many digits a checksum has.
const DIGITS: usize = 16;

/// It is not known what is prepared, or it cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CheckpointError {
    #[error("what is prepared cannot be read or kept")]
    File(#[source] FileError),
    #[error("the records of what was prepared cannot be read")]
    Records(#[source] RecordError),
    #[error("what is prepared cannot be written down")]
    Json(#[source] serde_json::Error),
}

/// The checkpoint of a node.
#[derive(Clone, Debug)]
pub(crate) struct Checkpoint {
    pub(crate) path: PathBuf,
    /// Our folder in `/run`, with the records.
    pub(crate) run: PathBuf,
    pub(crate) boot_id: Option<String>,
}

/// A state, and where one went that was not understood.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) state: State,
    pub(crate) put_aside: Option<PathBuf>,
}

impl Checkpoint {
    /// What is prepared.
    ///
    /// # Errors
    /// [`CheckpointError`] when nobody can say: then nothing may be given away.
    pub(crate) fn load(&self) -> Result<Loaded, CheckpointError> {
        let bytes = files::read(&self.path).map_err(CheckpointError::File)?;
        let (rebuilt, put_aside) = match bytes {
            None => (self.rebuild()?, None),
            Some(bytes) => match read(&bytes) {
                Ok(state) => {
                    let put_aside = None;
                    return Ok(Loaded { state, put_aside });
                }
                Err(reason) => {
                    // the records first: if those cannot be read, the old one stays where it is
                    let rebuilt = self.rebuild()?;
                    let aside = put_aside(&self.path, &reason)?;
                    (rebuilt, Some(aside))
                }
            },
        };
        if !rebuilt.claims.is_empty() || put_aside.is_some() {
            let claims = rebuilt.claims.len();
            warn!(claims, "what is prepared is taken from the claims' records");
            self.save(&rebuilt)?;
        }
        let state = rebuilt;
        Ok(Loaded { state, put_aside })
    }

    /// Keeps it over this process's end.
    ///
    /// # Errors
    /// [`CheckpointError`]; what was kept before is kept then.
    pub(crate) fn save(&self, state: &State) -> Result<(), CheckpointError> {
        let bytes = write(state).map_err(CheckpointError::Json)?;
        files::write(&self.path, &bytes).map_err(CheckpointError::File)
    }

    fn rebuild(&self) -> Result<State, CheckpointError> {
        let records = record::claims(&self.run, self.boot_id.as_deref());
        let records = records.map_err(CheckpointError::Records)?;
        for odd in &records.odd {
            warn!(error = chain(odd), "a claim's record is not understood");
        }
        let mut state = State::default();
        for record in records.found {
            match record.uid.parse::<Uid>() {
                Ok(uid) => {
                    state.claims.insert(uid, Claim::of_record(record));
                }
                Err(error) => warn!(%error, "a claim's record is passed over"),
            }
        }
        Ok(state)
    }
}

fn put_aside(path: &Path, reason: &str) -> Result<PathBuf, CheckpointError> {
    let aside = files::put_aside(path).map_err(CheckpointError::File)?;
    let (shown, kept) = (path.display(), aside.display());
    error!(checkpoint = %shown, reason, put_aside = %kept, "the checkpoint is not understood");
    Ok(aside)
}

fn write(state: &State) -> Result<Vec<u8>, serde_json::Error> {
    let body = serde_json::to_vec(state)?;
    let checksum = format!("{:016x}", digest(&body));
    let parts = [
        BEFORE_VERSION,
        BEFORE_CHECKSUM,
        checksum.as_bytes(),
        BEFORE_STATE,
        &body,
        AFTER_STATE,
    ];
    Ok(parts.concat())
}

fn read(bytes: &[u8]) -> Result<State, String> {
    let torn = || "it is torn".to_owned();
    let rest = bytes.strip_prefix(BEFORE_VERSION).ok_or_else(torn)?;
    let Some(rest) = rest.strip_prefix(BEFORE_CHECKSUM) else {
        let number: Vec<u8> = rest
            .iter()
            .copied()
            .take_while(u8::is_ascii_digit)
            .collect();
        let number = String::from_utf8_lossy(&number);
        return Err(format!("it is of version {number:?}, and 1 is understood"));
    };
    let (checksum, rest) = rest.split_at_checked(DIGITS).ok_or_else(torn)?;
    let body = rest.strip_prefix(BEFORE_STATE);
    let body = body.and_then(|rest| rest.strip_suffix(AFTER_STATE));
    let body = body.ok_or_else(torn)?;
    if format!("{:016x}", digest(body)).as_bytes() != checksum {
        return Err("its checksum is another".to_owned());
    }
    serde_json::from_slice(body).map_err(|error| format!("it is no checkpoint: {error}"))
}

#[cfg(test)]
mod tests;
