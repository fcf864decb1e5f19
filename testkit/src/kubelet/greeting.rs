//! Asks a socket that the watcher has found who it is, uses it, and tells it so.
//!
//! Left to others: when (`watcher`), calls of device plugins (`plugin`).

use std::path::{Path, PathBuf};
use std::time::Duration;

use colvin_kubelet_api::registration::v1::registration_client::RegistrationClient;
use colvin_kubelet_api::registration::v1::{InfoRequest, PluginInfo, RegistrationStatus};
use tokio::time::timeout;
use tonic::transport::Channel;

use super::plugin::{connect, dial};
use super::record::{Way, What};
use super::registrar::{VERSION, is_extended_resource};
use super::watcher::{Used, Watcher};

/// How long a plugin may take to say who it is.
const INFO_LIMIT: Duration = Duration::from_secs(1);

/// How long a plugin may take to hear what became of it.
const NOTIFY_LIMIT: Duration = Duration::from_secs(5);

/// Registers the plugin, or tells it why not. The error is that it is not used.
pub(super) async fn greet(watcher: &Watcher, path: &Path, appearance: u64) -> Result<(), ()> {
    let shared = &watcher.shared;
    let refused = |resource: String, reason: String| {
        shared.change(|state| state.happened(What::Refused { resource, reason }));
    };
    let named = path.display().to_string();
    let channel = dial(shared, path, || {}).await;
    let channel = channel.map_err(|reason| refused(named.clone(), reason))?;
    let mut client = RegistrationClient::new(channel);
    let info = info(watcher, path, &mut client).await;
    let info = info.map_err(|reason| refused(named, reason))?;
    let resource = info.name.clone();
    let used = match used(watcher, path, &info) {
        Ok(endpoint) => Used {
            appearance,
            resource: resource.clone(),
            endpoint,
        },
        Err(reason) => {
            refused(resource, reason.clone());
            return notify(watcher, &mut client, Err(reason)).await.and(Err(()));
        }
    };
    watcher.books(|books| books.used.insert(path.to_owned(), used.clone()));
    if let Err(reason) = connect(shared, &resource, &used.endpoint, Way::Watcher).await {
        watcher.books(|books| books.used.remove(path));
        refused(resource, reason.clone());
        return notify(watcher, &mut client, Err(reason)).await.and(Err(()));
    }
    let told = notify(watcher, &mut client, Ok(())).await;
    if told.is_err() {
        watcher.books(|books| books.used.remove(path));
        watcher.disconnect(&used);
    }
    told
}

async fn info(
    watcher: &Watcher,
    path: &Path,
    client: &mut RegistrationClient<Channel>,
) -> Result<PluginInfo, String> {
    match timeout(INFO_LIMIT, client.get_info(InfoRequest {})).await {
        Ok(Ok(info)) => Ok(info.into_inner()),
        Ok(Err(status)) => Err(status.to_string()),
        Err(_) => {
            let text = format!("{}: no GetInfo within {INFO_LIMIT:?}", path.display());
            watcher
                .shared
                .change(|state| state.breach("DP-07", text.clone()));
            Err(text)
        }
    }
}

/// The socket of the plugin's API, when the plugin can be used.
fn used(watcher: &Watcher, path: &Path, info: &PluginInfo) -> Result<PathBuf, String> {
    let PluginInfo {
        r#type: kind,
        name,
        endpoint,
        supported_versions,
    } = info;
    let wrong = if kind != "DevicePlugin" {
        Some(format!("{name}: nobody handles the type {kind:?}"))
    } else if !supported_versions.iter().any(|version| version == VERSION) {
        Some(format!(
            "{name}: {VERSION} is not in {supported_versions:?}"
        ))
    } else if !is_extended_resource(name) {
        Some(format!("{name:?} is no extended resource"))
    } else if !endpoint.is_empty() && !Path::new(endpoint).is_absolute() {
        Some(format!("{name}: {endpoint:?} is no absolute path"))
    } else {
        None
    };
    if let Some(text) = wrong {
        watcher
            .shared
            .change(|state| state.breach("DP-07", text.clone()));
        return Err(text);
    }
    if let Some(reason) = watcher.shared.look(|state| state.refuses.clone()) {
        return Err(reason);
    }
    Ok(if endpoint.is_empty() {
        path.to_owned()
    } else {
        PathBuf::from(endpoint)
    })
}

/// Tells the plugin what became of it.
async fn notify(
    watcher: &Watcher,
    client: &mut RegistrationClient<Channel>,
    became: Result<(), String>,
) -> Result<(), ()> {
    let status = RegistrationStatus {
        plugin_registered: became.is_ok(),
        error: became.err().unwrap_or_default(),
    };
    match timeout(NOTIFY_LIMIT, client.notify_registration_status(status)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(status)) => {
            let text = format!("NotifyRegistrationStatus: {status}");
            watcher.shared.change(|state| state.breach("DP-08", text));
            Err(())
        }
        Err(_) => {
            let text = format!("no NotifyRegistrationStatus within {NOTIFY_LIMIT:?}");
            watcher.shared.change(|state| state.breach("DP-08", text));
            Err(())
        }
    }
}
