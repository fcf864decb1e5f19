//! Registering a socket that is served: by the call `Register`, or by being found by the plugin watcher;
//! and seeing that the kubelet then asks for the list. Left to others: what else makes a server begin anew.

use std::path::Path;
use std::time::{Duration, Instant};

use colvin_kubelet_api::device_plugin::v1beta1::RegisterRequest;
use colvin_kubelet_api::device_plugin::v1beta1::registration_client::RegistrationClient;
use colvin_kubelet_api::uds;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::{Anew, LONGEST_QUIET, Resource};
use crate::RegistrationState;
use crate::server::{API_VERSION, Notified, chain};
use crate::sockets::Socket;

impl Resource {
    /// Registers by the call, again and again where it is refused (DP-03).
    pub(super) async fn register(
        &mut self,
        served: &Socket,
        mut clients: watch::Receiver<usize>,
    ) -> Anew {
        let socket = self.places.register_socket();
        loop {
            let there = self.scene.borrow_and_update().kubelet;
            if there.is_none() {
                let path = socket.display().to_string();
                self.say(RegistrationState::Waiting { path });
                self.scene_changed().await;
                continue;
            }
            match self.call(&socket, &served.name()).await {
                Ok(()) => return self.watch_client(served, &mut clients).await,
                Err(reason) => {
                    self.say(RegistrationState::Refused { reason });
                    let wait = self.refusals.failed(fastrand::f64());
                    tokio::select! {
                        () = sleep(wait) => {}
                        () = self.other_kubelet_socket() => {}
                    }
                }
            }
        }
    }

    /// The kubelet dials back inside the call, so it may take as long as that.
    async fn call(&self, socket: &Path, endpoint: &str) -> Result<(), String> {
        let call = async {
            let channel = uds::connect(socket).await.map_err(|error| chain(&error))?;
            let request = RegisterRequest {
                version: API_VERSION.to_owned(),
                endpoint: endpoint.to_owned(),
                resource_name: self.service.resource.to_string(),
                options: Some(self.service.options()),
            };
            let answer = RegistrationClient::new(channel).register(request).await;
            let refused = |status: tonic::Status| status.message().to_owned();
            answer.map(|_empty| ()).map_err(refused)
        };
        let limit = self.service.shared.settings.pace.call;
        let late = format!("no answer to Register within {} s", limit.as_secs());
        timeout(limit, call).await.unwrap_or(Err(late))
    }

    /// Waits to be found by the plugin watcher, and for its word where that is no (DP-06 to DP-08).
    pub(super) async fn be_found(
        &mut self,
        served: &Socket,
        mut notified: watch::Receiver<Notified>,
        mut clients: watch::Receiver<usize>,
    ) -> Anew {
        let reason = tokio::select! {
            reason = refusal(&mut notified) => reason,
            why = self.watch_client(served, &mut clients) => return why,
        };
        self.say(RegistrationState::Refused { reason });
        // it goes on being served: the kubelet may come back to it
        sleep(self.refusals.failed(fastrand::f64())).await;
        Anew::Refused
    }

    fn registered(&mut self) {
        self.refusals.succeeded();
        let (again, took) = (self.was_registered, self.since.elapsed());
        self.say(RegistrationState::Registered { again, took });
        self.was_registered = true;
    }

    /// Waits until the kubelet has no stream though it should have one (P6). Only with its stream does it know
    /// of devices: its word alone, to the call or from the plugin watcher, comes before that.
    async fn watch_client(
        &mut self,
        served: &Socket,
        clients: &mut watch::Receiver<usize>,
    ) -> Anew {
        if !some_within(clients, self.quiet).await {
            self.quiet = (self.quiet * 2).min(LONGEST_QUIET);
            return Anew::NoClient;
        }
        served.set_taken();
        self.registered();
        let came = Instant::now();
        self.quiet = self.service.shared.settings.pace.no_client;
        loop {
            none_left(clients).await;
            if came.elapsed() > self.service.shared.settings.pace.retry_longest {
                self.losses.succeeded();
            }
            let wait = self.losses.failed(fastrand::f64());
            if !some_within(clients, wait).await {
                return Anew::LostClient;
            }
        }
    }

    async fn other_kubelet_socket(&mut self) {
        let now = self.scene.borrow_and_update().kubelet;
        while self.scene.borrow_and_update().kubelet == now {
            self.scene_changed().await;
        }
    }

    async fn scene_changed(&mut self) {
        if self.scene.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Waits until the plugin watcher says no, and why. The server that hears it lives longer than this.
async fn refusal(notified: &mut watch::Receiver<Notified>) -> String {
    loop {
        let word = notified.borrow_and_update().clone();
        if let Some(Err(reason)) = word {
            return reason;
        }
        if notified.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Whether there is a client within this time.
async fn some_within(clients: &mut watch::Receiver<usize>, limit: Duration) -> bool {
    let some = timeout(limit, clients.wait_for(|count| *count > 0)).await;
    some.is_ok_and(|some| some.is_ok())
}

/// Waits until there is no client. The server that counts them lives longer than this.
async fn none_left(clients: &mut watch::Receiver<usize>) {
    let none = clients.wait_for(|count| *count == 0).await;
    drop(none);
}
