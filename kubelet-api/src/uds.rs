//! gRPC over unix sockets: connect to one, serve on one.
//!
//! Left to others: where the sockets are, who may open them, limits of time.

mod authority;
mod peer;

use std::io;
use std::path::{Path, PathBuf};

use tokio::net::UnixListener;
use tokio_stream::wrappers::UnixListenerStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::{Channel, Endpoint, Uri};

pub use peer::Peer;

/// A socket could not be connected to.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The path is not UTF-8.
    #[error("{path} is no UTF-8", path = .0.display())]
    Path(PathBuf),
    /// Nobody answers there.
    #[error("cannot connect to {path}", path = .path.display())]
    Connect {
        /// The socket.
        path: PathBuf,
        /// What was wrong.
        source: tonic::transport::Error,
    },
}

/// A channel to whoever serves on this socket; the connection is open when it returns.
///
/// Requests have the authority `localhost`, as gRPC's own clients of unix sockets have it: servers made
/// with the Go library refuse a path there.
///
/// # Errors
/// When nobody listens on the socket or the path is not UTF-8.
pub async fn connect(path: &Path) -> Result<Channel, ConnectError> {
    let name = path
        .to_str()
        .ok_or_else(|| ConnectError::Path(path.to_owned()))?;
    let failed = |source| ConnectError::Connect {
        path: path.to_owned(),
        source,
    };
    Endpoint::from_shared(format!("unix:{name}"))
        .map_err(failed)?
        .origin(Uri::from_static("http://localhost"))
        .connect()
        .await
        .map_err(failed)
}

/// The connections that come in, for `serve_with_incoming`.
///
/// Whatever authority a request has, the server sees `localhost` (DP-23): the kubelet's plugin watcher sends
/// the socket's path, which a server would refuse.
pub fn incoming(
    listener: UnixListener,
) -> impl Stream<Item = io::Result<Peer>> + Send + Unpin + 'static {
    UnixListenerStream::new(listener).map(|stream| stream.map(Peer::new))
}
