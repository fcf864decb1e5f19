//! The stream of lists that the kubelet keeps open: the whole list at once, and again at every change
//! (DP-09). It ends with its server only. Left to others: what is listed.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use colvin_kubelet_api::device_plugin::v1beta1 as api;
use colvin_model::offer::ResourceName;
use tokio::sync::watch;
use tokio_stream::Stream;
use tokio_stream::wrappers::WatchStream;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::Status;

use super::{Server, Shared};
use crate::list;

/// A stream of lists.
pub(crate) struct Lists {
    each: WatchStream<Arc<api::ListAndWatchResponse>>,
    ended: Pin<Box<WaitForCancellationFutureOwned>>,
    client: Client,
}

/// Counts as one while it lives.
struct Client {
    resource: ResourceName,
    count: Arc<watch::Sender<usize>>,
    shared: Arc<Shared>,
}

impl Lists {
    pub(super) fn new(server: &Server) -> Self {
        let service = &server.service;
        server.clients.send_modify(|count| *count += 1);
        Self {
            each: WatchStream::new(service.list.subscribe()),
            ended: Box::pin(server.ended.clone().cancelled_owned()),
            client: Client {
                resource: service.resource.clone(),
                count: Arc::clone(&server.clients),
                shared: Arc::clone(&service.shared),
            },
        }
    }
}

impl Stream for Lists {
    type Item = Result<api::ListAndWatchResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        let next = Pin::new(&mut self.each).poll_next(cx);
        next.map(|next| {
            let list = next?;
            let (all, healthy) = (list.devices.len(), list::healthy(&list));
            let client = &self.client;
            client
                .shared
                .report
                .list_sent(&client.resource, all, healthy);
            tracing::debug!(resource = %client.resource, devices = all, healthy, "list sent");
            Some(Ok(Arc::unwrap_or_clone(list)))
        })
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.count
            .send_modify(|count| *count = count.saturating_sub(1));
    }
}
