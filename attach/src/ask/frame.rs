//! Messages as bytes: a length and JSON. Left to others: sending them.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{AskError, MAX_BYTES};

/// How many bytes the length has.
pub const LENGTH_BYTES: usize = 4;

/// A message with its length before it.
///
/// # Errors
/// [`AskError::Length`] when it is too long.
pub fn encode(message: &impl Serialize) -> Result<Vec<u8>, AskError> {
    let json = serde_json::to_vec(message).map_err(AskError::Garbled)?;
    let bytes = json.len();
    let length = u32::try_from(bytes).ok().filter(|_| bytes <= MAX_BYTES);
    let length = length.ok_or(AskError::Length { bytes })?;
    let mut framed = Vec::with_capacity(LENGTH_BYTES + bytes);
    framed.extend_from_slice(&length.to_be_bytes());
    framed.extend_from_slice(&json);
    Ok(framed)
}

/// How many bytes follow.
///
/// # Errors
/// [`AskError::Length`] when those are none, or too many.
pub fn length(before: [u8; LENGTH_BYTES]) -> Result<usize, AskError> {
    let bytes = usize::try_from(u32::from_be_bytes(before)).unwrap_or(usize::MAX);
    if (1..=MAX_BYTES).contains(&bytes) {
        Ok(bytes)
    } else {
        Err(AskError::Length { bytes })
    }
}

/// The message in these bytes.
///
/// # Errors
/// [`AskError::Garbled`].
pub fn decode<T: DeserializeOwned>(json: &[u8]) -> Result<T, AskError> {
    serde_json::from_slice(json).map_err(AskError::Garbled)
}
