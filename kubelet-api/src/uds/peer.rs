//! A client's connection, read through [`Rewriter`]. Left to others: what is rewritten.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tonic::transport::server::{Connected, UdsConnectInfo};

use super::authority::Rewriter;

/// How much is read at once.
const CHUNK: usize = 4096;

/// A connection that a client opened.
#[derive(Debug)]
pub struct Peer {
    stream: UnixStream,
    rewriter: Rewriter,
    /// What can be read, from `read` on.
    ready: Vec<u8>,
    read: usize,
    ended: bool,
}

impl Peer {
    pub(super) const fn new(stream: UnixStream) -> Self {
        Self {
            stream,
            rewriter: Rewriter::new(),
            ready: Vec::new(),
            read: 0,
            ended: false,
        }
    }
}

impl AsyncRead for Peer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            let rest = this.ready.get(this.read..).unwrap_or_default();
            let now = rest.len().min(buf.remaining());
            if now > 0 || this.ended || buf.remaining() == 0 {
                buf.put_slice(rest.get(..now).unwrap_or_default());
                this.read = this.read.saturating_add(now);
                return Poll::Ready(Ok(()));
            }
            this.ready.clear();
            this.read = 0;
            let mut chunk = [0; CHUNK];
            let mut chunk = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.stream).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                this.ended = true;
                this.rewriter.end(&mut this.ready);
            } else {
                this.rewriter.feed(chunk.filled(), &mut this.ready);
            }
        }
    }
}

impl AsyncWrite for Peer {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl Connected for Peer {
    type ConnectInfo = UdsConnectInfo;

    fn connect_info(&self) -> UdsConnectInfo {
        self.stream.connect_info()
    }
}
