//! A call under way in the kubelet, for tests that are async and for those that are not.
//!
//! Left to others: the call.

use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;

/// A call under way: await it, or [`wait`](Pending::wait). It goes on when this is dropped.
#[derive(Debug)]
#[must_use = "the call goes on, but nobody knows when it has ended"]
pub struct Pending<T>(oneshot::Receiver<T>);

impl<T> Pending<T> {
    /// The sender answers the call.
    pub(super) fn new() -> (oneshot::Sender<T>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(receiver))
    }

    /// Blocks until the call is answered; `None` when the kubelet ended meanwhile.
    ///
    /// # Panics
    /// Within an async task, which it would block: await it there.
    pub fn wait(self) -> Option<T> {
        self.0.blocking_recv().ok()
    }
}

impl<T> Future for Pending<T> {
    /// `None` when the kubelet ended meanwhile.
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.0).poll(cx).map(Result::ok)
    }
}
