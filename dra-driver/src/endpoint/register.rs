//! Being found by the kubelet's plugin watcher, and being found again (DRA-02 to DRA-06): by a socket of its own, which
//! comes after the driver's and goes before it.
//!
//! Left to others: what is told about ourselves.

use std::convert::Infallible;
use std::time::Duration;

use colvin_kubelet_api::registration::v1::registration_server::RegistrationServer;
use colvin_kubelet_api::uds;
use colvin_service::Backoff;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use super::{Endpoint, changed, until_gone};
use crate::RegistrationState;
use crate::error::chain;
use crate::server::{Notified, Registration};
use crate::sockets;

/// So long without a word of the kubelet, and the socket is made anew no more often than that.
const LONGEST_UNHEARD: Duration = Duration::from_mins(5);

impl Endpoint {
    /// Keeps a socket where the kubelet looks for it. It ends by being dropped, and the socket with it.
    pub(super) async fn keep_registered(&mut self) -> Infallible {
        let pace = self.driver.settings.pace.clone();
        let mut refusals = Backoff::new(pace.retry_first, pace.retry_longest);
        let mut unheard = pace.unheard;
        let registry = self.driver.settings.folders.registry();
        loop {
            self.until_there().await;
            sockets::remove_dead(&registry, sockets::is_registrations).await;
            let path = self.places.registration.clone();
            let (listener, socket) = self.bind(&path).await;
            let registration = Registration::of(&self.places.driver);
            let mut notified = registration.notified.subscribe();
            let mut stirred = self.stirred.clone();
            tokio::select! {
                reason = serve(listener, registration) => {
                    self.say(RegistrationState::Refused { reason });
                    sleep(refusals.failed(fastrand::f64())).await;
                }
                () = until_gone(&socket, &mut stirred) => {}
                () = self.heard(&mut notified, &mut refusals, &mut unheard) => {}
            }
            debug!("the registration's socket is made anew");
        }
    }

    /// Waits until the kubelet has made its folder.
    async fn until_there(&mut self) {
        let registry = self.driver.settings.folders.registry();
        let mut stirred = self.stirred.clone();
        loop {
            stirred.borrow_and_update();
            if registry.is_dir() {
                return;
            }
            let path = registry.display().to_string();
            self.say(RegistrationState::Waiting { path });
            changed(&mut stirred).await;
        }
    }

    /// Hears what the kubelet says, as often as it says it. Ends some time after a refusal, or when it has not said a
    /// word for too long: then another socket is tried.
    async fn heard(
        &mut self,
        notified: &mut watch::Receiver<Notified>,
        refusals: &mut Backoff,
        unheard: &mut Duration,
    ) {
        loop {
            let word = notified.borrow_and_update().clone();
            let limit = match word {
                Some(Ok(())) => {
                    let again = std::mem::replace(&mut self.was_registered, true);
                    self.say(RegistrationState::Registered { again });
                    refusals.succeeded();
                    *unheard = self.driver.settings.pace.unheard;
                    None
                }
                // it is still served: the kubelet comes back to a socket that it refused
                Some(Err(reason)) => {
                    self.say(RegistrationState::Refused { reason });
                    Some(refusals.failed(fastrand::f64()))
                }
                None => {
                    let limit = *unheard;
                    *unheard = limit.saturating_mul(2).min(LONGEST_UNHEARD);
                    Some(limit)
                }
            };
            let heard = match limit {
                None => notified.changed().await.is_ok(),
                Some(limit) => timeout(limit, notified.changed())
                    .await
                    .is_ok_and(|changed| changed.is_ok()),
            };
            if !heard {
                return;
            }
        }
    }
}

/// Answers until that breaks down; gives why.
async fn serve(listener: UnixListener, registration: Registration) -> String {
    let served = tonic::transport::Server::builder()
        .add_service(RegistrationServer::new(registration))
        .serve_with_incoming(uds::incoming(listener))
        .await;
    let reason = served.err().map(|error| chain(&error));
    warn!(reason, "the registration's server broke down");
    reason.unwrap_or_else(|| "no connection is taken any more".to_owned())
}
