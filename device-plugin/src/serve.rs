//! The whole of it: what is offered is served, until the end. Left to others: one resource's server.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use colvin_model::offer::{Holders, Offer, Offers, ResourceName};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::ledger::Ledger;
use crate::resource::Resource;
use crate::scene::{Places, Scene, Watcher};
use crate::server::Shared;
use crate::sockets::{self, Instance};
use crate::{DeviceReader, Report, Settings, instance};

/// How long everything has to end, once no other process has to be waited for.
const END: Duration = Duration::from_millis(180);

/// Nothing can be served at all.
#[derive(Debug, thiserror::Error)]
pub enum DevicePluginError {
    /// The kubelet's folders cannot be watched.
    #[error("cannot watch the kubelet's folders")]
    Watch(#[source] io::Error),
    /// A task broke down.
    #[error("a task of the device plugin broke down")]
    BrokeDown(#[source] tokio::task::JoinError),
}

/// Serves what is offered until `stop`.
///
/// `offers` may change at any time, and is `None` as long as nothing is known: then nothing is registered.
/// A change touches only the resources that changed. `holders` is told who holds what: first what the
/// last run wrote down, then the kubelet's own word. All tasks have ended when it returns; the files of
/// held devices stay.
///
/// # Errors
/// [`DevicePluginError`] when the kubelet's folders cannot be watched, or a task broke down. What else
/// goes wrong is tried again, logged once, and told to `report`.
pub async fn serve(
    settings: Settings,
    offers: watch::Receiver<Option<Arc<Offers>>>,
    holders: watch::Sender<Arc<Holders>>,
    nodes: Arc<dyn DeviceReader>,
    report: Arc<dyn Report>,
    stop: CancellationToken,
) -> Result<(), DevicePluginError> {
    let places = Places::below(&settings.folders.kubelet);
    let watcher = Watcher::new(places.clone()).map_err(DevicePluginError::Watch)?;
    let scene = watcher.scene();
    let (told, heard) = (Arc::clone(&nodes), Arc::clone(&report));
    let ledger = Ledger::new(&settings, offers.clone(), holders, told, heard);
    let shared = Arc::new(Shared {
        settings,
        ledger,
        nodes,
        report,
    });
    let mut rooms = Rooms {
        instance: Instance(instance::fresh()),
        scene: scene.clone(),
        shared: Arc::clone(&shared),
        // its own end, so that nothing runs on when we return by an error
        stop: stop.child_token(),
        tasks: JoinSet::new(),
        served: BTreeMap::new(),
    };
    let ends = rooms.stop.clone();
    rooms.start(async move { watcher.run(ends).await });
    let (looker, ends) = (Arc::clone(&shared), rooms.stop.clone());
    let (folders, offered) = (scene.clone(), offers.clone());
    rooms.start(async move {
        looker.ledger.run(folders, offered, ends).await;
        Ok(())
    });
    let ends = rooms.stop.clone();
    rooms.start(async move {
        remove_dead(places, scene, ends).await;
        Ok(())
    });
    let result = rooms.follow(offers).await;
    rooms.end().await;
    result
}

/// Clears sockets of dead processes away, as soon as a folder is seen.
async fn remove_dead(
    places: Places,
    mut scene: watch::Receiver<Arc<Scene>>,
    stop: CancellationToken,
) {
    let mut before = (false, false);
    loop {
        let now = {
            let scene = scene.borrow_and_update();
            (scene.registry, scene.plugins)
        };
        if now.0 && !before.0 {
            sockets::remove_dead(&places.registry).await;
        }
        if now.1 && !before.1 {
            sockets::remove_dead(&places.plugins).await;
        }
        before = now;
        tokio::select! {
            () = stop.cancelled() => return,
            Ok(()) = scene.changed() => {}
        }
    }
}

/// All that runs.
struct Rooms {
    instance: Instance,
    scene: watch::Receiver<Arc<Scene>>,
    shared: Arc<Shared>,
    stop: CancellationToken,
    tasks: JoinSet<io::Result<()>>,
    served: BTreeMap<ResourceName, Served>,
}

/// A resource that is served.
struct Served {
    offer: watch::Sender<Arc<Offer>>,
    stop: CancellationToken,
}

impl Rooms {
    #[expect(
        clippy::disallowed_methods,
        reason = "the set is this call's own: it waits for all of them, and no other crate may start tasks here"
    )]
    fn start(&mut self, task: impl Future<Output = io::Result<()>> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Serves what is offered, until the end.
    async fn follow(
        &mut self,
        mut offers: watch::Receiver<Option<Arc<Offers>>>,
    ) -> Result<(), DevicePluginError> {
        let mut offered = true;
        loop {
            let now = offers.borrow_and_update().clone();
            if let Some(now) = now {
                self.serve(&now);
            }
            loop {
                tokio::select! {
                    () = self.stop.cancelled() => return Ok(()),
                    changed = offers.changed(), if offered => {
                        offered = changed.is_ok();
                        break;
                    }
                    Some(ended) = self.tasks.join_next() => match ended {
                        // a resource that is not offered any more
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => return Err(DevicePluginError::Watch(error)),
                        Err(broken) => return Err(DevicePluginError::BrokeDown(broken)),
                    },
                }
            }
        }
    }

    fn serve(&mut self, offers: &Offers) {
        self.served.retain(|name, served| {
            let stays = offers.0.contains_key(name);
            if !stays {
                info!(resource = %name, "not offered any more");
                served.stop.cancel();
            }
            stays
        });
        for (name, offer) in &offers.0 {
            match self.served.get(name) {
                Some(served) => {
                    served.offer.send_if_modified(|last| {
                        let other = **last != *offer;
                        if other {
                            *last = Arc::new(offer.clone());
                        }
                        other
                    });
                }
                None => self.begin(name.clone(), offer.clone()),
            }
        }
    }

    fn begin(&mut self, name: ResourceName, offer: Offer) {
        let stop = self.stop.child_token();
        let (sender, receiver) = watch::channel(Arc::new(offer));
        let (scene, shared) = (self.scene.clone(), Arc::clone(&self.shared));
        let resource = Resource::new(name.clone(), receiver, scene, self.instance, shared);
        let (ends, all, shared) = (stop.clone(), self.stop.clone(), Arc::clone(&self.shared));
        let told = name.clone();
        self.start(async move {
            resource.run(ends, &all).await;
            if !all.is_cancelled() {
                shared.report.withdrawn(&told);
            }
            Ok(())
        });
        let served = Served {
            offer: sender,
            stop,
        };
        self.served.insert(name, served);
    }

    /// Ends everything, in time.
    async fn end(&mut self) {
        self.stop.cancel();
        let limit = END + self.shared.settings.pace.hand_over;
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(limit, all).await.is_err() {
            self.tasks.shutdown().await;
        }
    }
}
