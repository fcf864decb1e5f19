//! The driver on its socket, for as long as the process lives (DRA-05, DRA-06): whatever becomes of the socket, of the
//! registration or of the kubelet, it goes on or begins anew, and never ends by itself.
//!
//! Left to others: being found by the kubelet (`register`), the calls.

mod register;

use std::path::Path;
use std::sync::Arc;

use colvin_kubelet_api::dra::v1::dra_plugin_server::DraPluginServer as DraV1;
use colvin_kubelet_api::dra::v1beta1::dra_plugin_server::DraPluginServer as DraV1beta1;
use colvin_kubelet_api::dra_health::v1::dra_resource_health_server::DraResourceHealthServer as HealthV1;
use colvin_kubelet_api::dra_health::v1alpha1::dra_resource_health_server::DraResourceHealthServer as HealthV1alpha1;
use colvin_kubelet_api::uds;
use colvin_service::Backoff;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::RegistrationState;
use crate::driver::Driver;
use crate::error::chain;
use crate::server::Server;
use crate::sockets::{self, Places, Socket};

/// Why a server begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anew {
    /// Our socket is not there any more.
    SocketGone,
    /// No connection is taken any more.
    Broken,
}

/// The driver where the kubelet finds it.
pub(crate) struct Endpoint {
    driver: Arc<Driver>,
    places: Places,
    stirred: watch::Receiver<()>,
    said: Option<RegistrationState>,
    was_registered: bool,
    failures: Backoff,
}

impl Endpoint {
    pub(crate) fn new(driver: Arc<Driver>, stirred: watch::Receiver<()>) -> Self {
        let settings = &driver.settings;
        let pace = &settings.pace;
        Self {
            places: Places::of(&settings.folders, settings.pod_uid.as_ref()),
            failures: Backoff::new(pace.retry_first, pace.retry_longest),
            said: None,
            was_registered: false,
            stirred,
            driver,
        }
    }

    /// Serves until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        self.say(RegistrationState::Pending);
        let plugin = self.driver.settings.folders.plugin();
        sockets::remove_dead(&plugin, sockets::is_drivers).await;
        loop {
            let path = self.places.driver.clone();
            let (listener, socket) = tokio::select! {
                () = stop.cancelled() => return,
                bound = self.bind(&path) => bound,
            };
            let Some(why) = self.serve(listener, &socket, &stop).await else {
                return;
            };
            info!(?why, "serving anew");
        }
    }

    /// A new socket, as soon as nobody else serves there.
    async fn bind(&mut self, path: &Path) -> (UnixListener, Socket) {
        let occupied = Instant::now() + self.driver.settings.pace.occupied;
        loop {
            let folder = path.parent().unwrap_or(path);
            let shown = path.display();
            // one that is killed lets go at once, and one that hangs has to be taken from some time
            let free = Instant::now() >= occupied || !sockets::is_served(path).await;
            let state = if free {
                let made = std::fs::create_dir_all(folder);
                match made.and_then(|()| Socket::bind(path)) {
                    Ok(bound) => return bound,
                    Err(error) => RegistrationState::Refused {
                        reason: format!("cannot serve at {shown}: {error}"),
                    },
                }
            } else {
                RegistrationState::Waiting {
                    path: shown.to_string(),
                }
            };
            self.say(state);
            sleep(self.failures.failed(fastrand::f64())).await;
        }
    }

    /// Serves on one socket until it has to be another (why) or the end (`None`).
    async fn serve(
        &mut self,
        listener: UnixListener,
        socket: &Socket,
        stop: &CancellationToken,
    ) -> Option<Anew> {
        let server = Server {
            driver: Arc::clone(&self.driver),
            ended: CancellationToken::new(),
        };
        let ended = server.ended.clone();
        // also when this is given up
        let _ends = ended.clone().drop_guard();
        let serving = tonic::transport::Server::builder()
            .add_service(DraV1::new(server.clone()))
            .add_service(DraV1beta1::new(server.clone()))
            .add_service(HealthV1::new(server.clone()))
            .add_service(HealthV1alpha1::new(server))
            .serve_with_incoming_shutdown(uds::incoming(listener), ended.clone().cancelled_owned());
        let mut serving = std::pin::pin!(serving);
        let mut stirred = self.stirred.clone();
        let pace = self.driver.settings.pace.clone();
        let why = tokio::select! {
            () = stop.cancelled() => None,
            broken = &mut serving => {
                let reason = broken.err().map(|error| chain(&error));
                warn!(reason, "the server broke down");
                Some(Anew::Broken)
            }
            () = until_gone(socket, &mut stirred) => Some(Anew::SocketGone),
            // its socket goes first, so that the kubelet calls nobody who is about to end
            never = self.keep_registered() => match never {},
        };
        ended.cancel();
        match why {
            None => {
                // calls that take longer end with the process; the kubelet asks again
                let _late = tokio::time::timeout(pace.leave, serving).await;
            }
            Some(Anew::Broken) => sleep(self.failures.failed(fastrand::f64())).await,
            Some(Anew::SocketGone) => {}
        }
        why
    }

    /// Reports a change, and writes it into the log once.
    fn say(&mut self, now: RegistrationState) {
        let is_new = self.said.as_ref() != Some(&now);
        match &now {
            RegistrationState::Registered { again } => info!(again, "registered"),
            _same if !is_new => return,
            RegistrationState::Pending => debug!("not registered yet"),
            RegistrationState::Waiting { path } => info!(path, "waiting"),
            RegistrationState::Refused { reason } => {
                warn!(reason, "not registered, trying again");
            }
        }
        self.driver.report.registration(&now);
        self.said = Some(now);
    }
}

/// Waits until a socket's name leads to it no more.
async fn until_gone(socket: &Socket, stirred: &mut watch::Receiver<()>) {
    loop {
        stirred.borrow_and_update();
        if !socket.is_there() {
            return;
        }
        changed(stirred).await;
    }
}

/// Waits until something may be another; for ever when nobody watches any more, for then the end is near.
async fn changed(stirred: &mut watch::Receiver<()>) {
    if stirred.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
