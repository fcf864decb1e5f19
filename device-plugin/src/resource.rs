//! One resource, served and kept registered as long as it is offered (DP-01, DP-03 to DP-08, DP-21).
//!
//! Each time its server has to begin anew, the old one ends first and the new one has a socket of another
//! name: older kubelets take the late end of an old stream for the end of the new one. Left to others: the
//! calls, and what is in the folders.

mod hand_over;
mod register;
mod watched;

use std::sync::Arc;
use std::time::{Duration, Instant};

use colvin_kubelet_api::device_plugin::v1beta1::device_plugin_server::DevicePluginServer;
use colvin_kubelet_api::registration::v1::registration_server::RegistrationServer;
use colvin_kubelet_api::uds;
use colvin_model::offer::{Holders, Offer, ResourceName};
use colvin_service::Backoff;
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use crate::scene::{Places, Scene};
use crate::server::{Server, Service, Shared, chain};
use crate::sockets::{self, Instance, Socket};
use crate::{Registration, RegistrationState, list};

/// How long a server has to take leave of the kubelet at the end.
const LEAVE: Duration = Duration::from_millis(100);

/// So long without a client, and it is asked for no more often than that.
const LONGEST_QUIET: Duration = Duration::from_mins(5);

/// How the kubelet hears of a socket now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Watcher,
    Register,
}

/// Why a server begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Anew {
    /// The kubelet made its own socket anew.
    KubeletSocket,
    /// Our socket is not there any more.
    OurSocket,
    /// The folder of the plugin watcher came or went.
    OtherWay,
    /// The kubelet's last stream ended.
    LostClient,
    /// The kubelet never opened a stream.
    NoClient,
    /// The kubelet said no.
    Refused,
    /// No connection is taken any more.
    Broken,
}

/// A resource that is served.
pub(crate) struct Resource {
    service: Service,
    places: Places,
    instance: Instance,
    scene: watch::Receiver<Arc<Scene>>,
    said: Option<RegistrationState>,
    was_registered: bool,
    /// Since when it should be registered.
    since: Instant,
    refusals: Backoff,
    losses: Backoff,
    quiet: Duration,
}

impl Resource {
    pub(crate) fn new(
        name: ResourceName,
        offer: watch::Receiver<Arc<Offer>>,
        scene: watch::Receiver<Arc<Scene>>,
        instance: Instance,
        shared: Arc<Shared>,
    ) -> Self {
        let list = list::of(&offer.borrow(), |id| shared.ledger.holds(&name, id));
        let (settings, pace) = (&shared.settings, shared.settings.pace.clone());
        Self {
            places: Places::below(&settings.folders.kubelet),
            instance,
            scene,
            said: None,
            was_registered: false,
            since: Instant::now(),
            refusals: Backoff::new(pace.retry_first, pace.retry_longest),
            losses: Backoff::new(pace.lost_client, pace.retry_longest),
            quiet: pace.no_client,
            service: Service {
                resource: name,
                offer,
                list: Arc::new(watch::Sender::new(Arc::new(list))),
                shared,
            },
        }
    }

    /// Serves until `stop`. If it is the `end` of everything, another process may be there to take over.
    pub(crate) async fn run(mut self, stop: CancellationToken, end: &CancellationToken) {
        let service = self.service.clone();
        self.say(RegistrationState::Pending);
        tokio::select! {
            () = keep_list(&service) => {}
            () = self.keep_serving(&stop, end) => {}
        }
    }

    async fn keep_serving(&mut self, stop: &CancellationToken, end: &CancellationToken) {
        loop {
            let (listener, socket, way) = tokio::select! {
                () = stop.cancelled() => return,
                bound = self.bind() => bound,
            };
            let Some(why) = self.serve(listener, &socket, way, (stop, end)).await else {
                return;
            };
            self.since = Instant::now();
            info!(resource = %self.service.resource, ?why, "serving anew");
        }
    }

    /// A new socket, as soon as there is a folder for it.
    async fn bind(&mut self) -> (UnixListener, Socket, Way) {
        let mut failures = self.refusals;
        loop {
            let setting = self.setting();
            let way = way(&self.scene.borrow_and_update(), setting);
            let folder = match way {
                Way::Watcher => self.places.registry.clone(),
                Way::Register => self.places.plugins.clone(),
            };
            match Socket::bind(&folder, &self.service.resource, self.instance) {
                Ok((listener, socket)) => return (listener, socket, way),
                Err(_missing) if !folder.is_dir() => {
                    let path = folder.display().to_string();
                    self.say(RegistrationState::Waiting { path });
                    if self.scene.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
                Err(error) => {
                    let reason = format!("cannot serve in {}: {error}", folder.display());
                    self.say(RegistrationState::Refused { reason });
                    sleep(failures.failed(fastrand::f64())).await;
                }
            }
        }
    }

    /// Serves on one socket until it has to be another (why) or the end (`None`).
    async fn serve(
        &mut self,
        listener: UnixListener,
        socket: &Socket,
        way: Way,
        (stop, end): (&CancellationToken, &CancellationToken),
    ) -> Option<Anew> {
        let server = Server {
            service: self.service.clone(),
            clients: Arc::default(),
            notified: Arc::default(),
            ended: CancellationToken::new(),
        };
        let (notified, clients) = (server.notified.subscribe(), server.clients.subscribe());
        let ended = server.ended.clone();
        let serving = tonic::transport::Server::builder()
            .add_service(DevicePluginServer::new(server.clone()))
            .add_optional_service((way == Way::Watcher).then(|| RegistrationServer::new(server)))
            .serve_with_incoming_shutdown(uds::incoming(listener), ended.clone().cancelled_owned());
        let mut serving = std::pin::pin!(serving);
        let watched = watched::Watched {
            socket,
            way,
            setting: self.setting(),
            instance: self.instance,
            service: self.service.clone(),
            scene: self.scene.clone(),
        };
        let (places, instance) = (self.places.clone(), self.instance);
        let resource = self.service.resource.clone();
        let limit = self.service.shared.settings.pace.hand_over;
        let stopped = async {
            stop.cancelled().await;
            if end.is_cancelled() {
                hand_over::wait(&places, &resource, instance, limit).await;
            }
        };
        let why = tokio::select! {
            () = stopped => None,
            broken = &mut serving => {
                let reason = broken.err().map(|error| chain(&error));
                warn!(resource = %self.service.resource, reason, "the server broke down");
                sleep(self.refusals.failed(fastrand::f64())).await;
                Some(Anew::Broken)
            }
            why = watched.until_anew() => Some(why),
            why = async {
                match way {
                    Way::Watcher => self.be_found(socket, notified, clients).await,
                    Way::Register => self.register(socket, clients).await,
                }
            } => Some(why),
        };
        ended.cancel();
        if why.is_none() {
            // it is told that the streams end; what takes longer ends with the process
            let _late = tokio::time::timeout(LEAVE, serving).await;
        }
        why
    }

    fn setting(&self) -> Registration {
        self.service.shared.settings.registration
    }

    /// Reports a change, and writes it into the log once.
    fn say(&mut self, now: RegistrationState) {
        let resource = &self.service.resource;
        match &now {
            RegistrationState::Registered { again, took } => {
                info!(%resource, again, ?took, "registered");
            }
            same if self.said.as_ref() == Some(same) => return,
            RegistrationState::Pending => debug!(%resource, "served"),
            RegistrationState::Waiting { path } => {
                info!(%resource, path, "waiting for the kubelet");
            }
            RegistrationState::Refused { reason } => {
                warn!(%resource, reason, "not registered, trying again");
            }
        }
        self.service.shared.report.registration(resource, &now);
        self.said = Some(now);
    }
}

/// How to go, by what is there.
fn way(scene: &Scene, setting: Registration) -> Way {
    match setting {
        Registration::Auto if scene.registry => Way::Watcher,
        Registration::Watcher => Way::Watcher,
        Registration::Auto | Registration::Register => Way::Register,
    }
}

/// Makes the list anew whenever what is offered or held is another.
async fn keep_list(service: &Service) {
    let (mut offer, mut holders) = (service.offer.clone(), service.shared.ledger.holders());
    let mut mixed = false;
    loop {
        make_list(
            service,
            &offer.borrow_and_update(),
            &holders.borrow_and_update(),
            &mut mixed,
        );
        let over = tokio::select! {
            changed = offer.changed() => changed.is_err(),
            changed = holders.changed() => changed.is_err(),
        };
        if over {
            // nobody offers any more: the end is near
            std::future::pending::<()>().await;
        }
    }
}

fn make_list(service: &Service, offer: &Offer, holders: &Holders, mixed: &mut bool) {
    let resource = &service.resource;
    let ledger = &service.shared.ledger;
    // the ledger may know more than it has published
    let is_held = |id: &_| holders.holds(resource, id) || ledger.holds(resource, id);
    let list = list::of(offer, is_held);
    if list::mixes_numa(&list) && !*mixed {
        warn!(%resource, "some devices have a NUMA node and some have none: the kubelet gives those last");
    }
    *mixed = list::mixes_numa(&list);
    service.list.send_if_modified(|last| {
        let other = **last != list;
        if other {
            *last = Arc::new(list);
        }
        other
    });
}

/// Whether a socket in a folder is of another process of ours, for this resource.
fn is_of_another(name: &str, resource: &ResourceName, instance: Instance) -> bool {
    name.starts_with(&sockets::prefix(resource)) && !sockets::is_of(name, instance)
}
