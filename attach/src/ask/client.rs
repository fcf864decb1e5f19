//! The plugin's end of the socket: it blocks, and never longer than it is allowed to.
//!
//! Left to others: what is asked.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use super::{Answer, AskError, LENGTH_BYTES, Question, decode, encode, length};

/// Asks the agent, and gives up after `limit`.
///
/// # Errors
/// [`AskError`]; [`AskError::is_down`] tells whether there is an agent at all.
pub fn ask(socket: &Path, question: &Question, limit: Duration) -> Result<Answer, AskError> {
    let end = Instant::now() + limit;
    let question = encode(question)?;
    let mut stream = connected(socket, end)?;
    stream
        .set_write_timeout(Some(left(end)?))
        .map_err(AskError::Lost)?;
    stream.write_all(&question).map_err(lost)?;
    let mut before = [0; LENGTH_BYTES];
    fill(&mut stream, &mut before, end)?;
    let mut json = vec![0; length(before)?];
    fill(&mut stream, &mut json, end)?;
    decode(&json)
}

/// How long it may still take.
fn left(end: Instant) -> Result<Duration, AskError> {
    let left = end.saturating_duration_since(Instant::now());
    if left.is_zero() {
        Err(AskError::TimedOut)
    } else {
        Ok(left)
    }
}

fn connected(path: &Path, end: Instant) -> Result<UnixStream, AskError> {
    let failed = |error: Errno| AskError::Connect {
        socket: path.to_owned(),
        source: error.into(),
    };
    let address = SocketAddrUnix::new(path).map_err(failed)?;
    let flags = SocketFlags::CLOEXEC;
    let fd = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).map_err(failed)?;
    // connecting waits where more are connecting than the agent takes; this is its limit too
    set_socket_timeout(&fd, Timeout::Send, Some(left(end)?)).map_err(failed)?;
    match connect(&fd, &address) {
        Ok(()) => Ok(fd.into()),
        Err(error @ (Errno::NOENT | Errno::CONNREFUSED)) => Err(AskError::Down {
            socket: path.to_owned(),
            source: error.into(),
        }),
        Err(Errno::AGAIN | Errno::INPROGRESS) => Err(AskError::TimedOut),
        Err(error) => Err(failed(error)),
    }
}

/// Reads until the buffer is full.
fn fill(stream: &mut UnixStream, mut buffer: &mut [u8], end: Instant) -> Result<(), AskError> {
    while !buffer.is_empty() {
        stream
            .set_read_timeout(Some(left(end)?))
            .map_err(AskError::Lost)?;
        match stream.read(buffer) {
            Ok(0) => return Err(AskError::Lost(ErrorKind::UnexpectedEof.into())),
            Ok(read) => buffer = buffer.get_mut(read..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(lost(error)),
        }
    }
    Ok(())
}

fn lost(error: io::Error) -> AskError {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => AskError::TimedOut,
        _ => AskError::Lost(error),
    }
}
