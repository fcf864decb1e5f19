//! The kubelet's folder and the sockets in it.
//!
//! Left to others: what is said on them.

use std::io::ErrorKind;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use colvin_kubelet_api::device_plugin::v1beta1::registration_server::RegistrationServer;
use colvin_kubelet_api::pod_resources::v1::pod_resources_lister_server::PodResourcesListerServer;
use colvin_kubelet_api::uds;
use tokio::net::UnixListener;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;
use tonic::transport::Server;

use super::pod_resources::Lister;
use super::registrar::Registrar;
use super::shared::Shared;

/// Makes the folders that a kubelet makes.
pub(super) fn make_folders(folder: &Path, watcher: bool) -> Result<()> {
    let names = ["device-plugins", "pod-resources"].into_iter();
    for name in names.chain(watcher.then_some("plugins_registry")) {
        let path = folder.join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("making {}", path.display()))?;
    }
    Ok(())
}

/// Removes every socket in the folder, and nothing else.
pub(super) fn remove_sockets(folder: &Path, but: Option<&str>) -> Result<()> {
    let entries = folder
        .read_dir()
        .with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let entry = entry.context("reading a folder")?;
        let kept = but.is_some_and(|name| entry.file_name() == name);
        // a file that has gone meanwhile is no socket
        let is_socket = entry.file_type().is_ok_and(|kind| kind.is_socket());
        if is_socket && !kept {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(error).with_context(|| format!("removing {}", path.display()))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Listens for plugins that register. An old socket makes way, the other files stay.
pub(super) fn serve_registration(handle: &Handle, shared: &Arc<Shared>) -> Result<AbortHandle> {
    let listener = listen(handle, &shared.folder.join("device-plugins/kubelet.sock"))?;
    let server = Server::builder()
        .add_service(RegistrationServer::new(Registrar(Arc::clone(shared))))
        .serve_with_incoming(uds::incoming(listener));
    Ok(handle.spawn(server).abort_handle())
}

/// Listens for those who want to know what pods have.
pub(super) fn serve_pod_resources(handle: &Handle, shared: &Arc<Shared>) -> Result<()> {
    let listener = listen(handle, &shared.folder.join("pod-resources/kubelet.sock"))?;
    let server = Server::builder()
        .add_service(PodResourcesListerServer::new(Lister(Arc::clone(shared))))
        .serve_with_incoming(uds::incoming(listener));
    handle.spawn(server);
    Ok(())
}

fn listen(handle: &Handle, path: &Path) -> Result<UnixListener> {
    remove(path)?;
    let _in_runtime = handle.enter();
    UnixListener::bind(path).with_context(|| format!("listening on {}", path.display()))
}
