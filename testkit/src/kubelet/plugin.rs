//! Dials a plugin back, asks its options and follows its lists until it ends.
//!
//! Left to others: how the plugin was found (`registrar`, `watcher`), what its lists mean (`state`).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use colvin_kubelet_api::device_plugin::v1beta1::Empty;
use colvin_kubelet_api::device_plugin::v1beta1::device_plugin_client::DevicePluginClient;
use colvin_kubelet_api::uds;
use tokio::net::UnixStream;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tonic::transport::Channel;

use super::options::Overlap;
use super::record::{Way, What};
use super::shared::Shared;
use super::state::Plugin;

/// How long a plugin may take to send its first list before that is a breach.
const FIRST_LIST: Duration = Duration::from_secs(1);

/// How long a plugin whose stream has ended may take to stop listening before that is a breach.
const LISTENS_ON: Duration = Duration::from_millis(250);

/// Between two tries to dial.
const PAUSE: Duration = Duration::from_millis(20);

/// Uses the plugin on this socket for the resource. The error is for the plugin to read.
pub(super) async fn connect(
    shared: &Arc<Shared>,
    resource: &str,
    socket: &Path,
    way: Way,
) -> Result<(), String> {
    let overlap = shared.options.overlap;
    shared.look(|state| state.add_client(overlap, resource, socket));
    let met = meet(shared, resource, socket, way).await;
    if met.is_err() {
        shared.look(|state| state.remove_client(resource, socket));
    }
    met
}

async fn meet(shared: &Arc<Shared>, resource: &str, socket: &Path, way: Way) -> Result<(), String> {
    let too_early = || {
        let text = format!(
            "{resource}: registered before it serves {}",
            socket.display()
        );
        shared.change(|state| state.breach("DP-01", text.clone()));
        text
    };
    let channel = dial(shared, socket, || drop(too_early())).await?;
    let mut client = DevicePluginClient::new(channel);
    // a socket takes connections before anybody serves on it: Kubernetes' dial ends with the server's first word
    let options = timeout(
        shared.options.dial_limit,
        client.get_device_plugin_options(Empty {}),
    );
    let options = options.await.map_err(|_elapsed| too_early())?;
    let options = options.map_err(|status| format!("asking for options: {status}"))?;
    shared.change(|state| {
        let known = state.is_connected(resource, socket);
        if known && shared.options.overlap == Overlap::BySocket {
            let text = format!("{resource}: connected already: {}", socket.display());
            state.breach("DP-21", text.clone());
            return Err(text);
        }
        let follow = follow(
            Arc::clone(shared),
            resource.to_owned(),
            socket.to_owned(),
            client.clone(),
        );
        let plugin = Plugin {
            socket: socket.to_owned(),
            client,
            options: options.into_inner(),
            following: Handle::current().spawn(follow).abort_handle(),
        };
        state.connected(resource, plugin, way);
        Ok(())
    })
}

/// Dials until it succeeds or the limit has passed; tells when the first try failed.
pub(super) async fn dial(
    shared: &Shared,
    socket: &Path,
    first_failed: impl FnOnce(),
) -> Result<Channel, String> {
    let began = Instant::now();
    let mut first_failed = Some(first_failed);
    loop {
        let error = match uds::connect(socket).await {
            Ok(channel) => return Ok(channel),
            Err(error) => error,
        };
        if let Some(tell) = first_failed.take() {
            tell();
        }
        if began.elapsed() >= shared.options.dial_limit {
            return Err(format!("dialling the plugin: {error}"));
        }
        sleep(PAUSE).await;
    }
}

async fn follow(
    shared: Arc<Shared>,
    resource: String,
    socket: PathBuf,
    mut client: DevicePluginClient<Channel>,
) {
    let reason = lists(&shared, &resource, &socket, &mut client).await;
    drop(client);
    Handle::current().spawn(judge_end(
        Arc::clone(&shared),
        resource.clone(),
        socket.clone(),
    ));
    let overlap = shared.options.overlap;
    shared.change(|state| {
        state.happened(What::Ended {
            resource: resource.clone(),
            socket: socket.clone(),
            reason,
        });
        if let Some(meant) = state.client_to_end(overlap, &resource, &socket) {
            state.disconnect(overlap, &resource, &meant);
        }
    });
}

/// Takes list after list; gives the reason of the end.
async fn lists(
    shared: &Shared,
    resource: &str,
    socket: &Path,
    client: &mut DevicePluginClient<Channel>,
) -> String {
    let mut lists = match client.list_and_watch(Empty {}).await {
        Ok(lists) => lists.into_inner(),
        Err(status) => return status.to_string(),
    };
    let mut next = if let Ok(first) = timeout(FIRST_LIST, lists.message()).await {
        first
    } else {
        let text = format!("{resource}: no list within {FIRST_LIST:?}");
        shared.change(|state| state.breach("DP-09", text));
        lists.message().await
    };
    loop {
        match next {
            Ok(Some(list)) => shared.change(|state| state.list(resource, socket, list.devices)),
            Ok(None) => return "the plugin ended the stream".to_owned(),
            Err(status) => return status.to_string(),
        }
        next = lists.message().await;
    }
}

/// A plugin whose stream has ended must not serve on.
async fn judge_end(shared: Arc<Shared>, resource: String, socket: PathBuf) {
    sleep(LISTENS_ON).await;
    if UnixStream::connect(&socket).await.is_ok() {
        let text = format!(
            "{resource}: ended its stream and serves on at {}",
            socket.display()
        );
        shared.change(|state| state.breach("DP-09", text));
    }
}
