//! What in the kubelet's folders makes a server begin anew (DP-04, DP-05), or send its list again (DP-21).
//!
//! Left to others: everything that the kubelet says itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::sync::watch;
use tracing::info;

use super::{Anew, Way, is_of_another, way};
use crate::Registration;
use crate::scene::Scene;
use crate::server::Service;
use crate::sockets::{Instance, Socket};

/// A server and the folders around it.
pub(super) struct Watched<'a> {
    pub(super) socket: &'a Socket,
    pub(super) way: Way,
    pub(super) setting: Registration,
    pub(super) instance: Instance,
    pub(super) service: Service,
    pub(super) scene: watch::Receiver<Arc<Scene>>,
}

impl Watched<'_> {
    /// Waits until the server has to begin anew.
    pub(super) async fn until_anew(mut self) -> Anew {
        let first = Arc::clone(&self.scene.borrow_and_update());
        let (mut kubelet, mut others) = (first.kubelet, self.others(&first));
        loop {
            let scene = Arc::clone(&self.scene.borrow_and_update());
            if !self.socket.is_there() {
                return Anew::OurSocket;
            }
            if way(&scene, self.setting) != self.way {
                return Anew::OtherWay;
            }
            if self.way == Way::Register && scene.kubelet.is_some() && scene.kubelet != kubelet {
                if kubelet.is_some() {
                    return Anew::KubeletSocket;
                }
                kubelet = scene.kubelet;
            }
            let now = self.others(&scene);
            let gone = !others.is_subset(&now);
            if gone {
                self.another_has_gone();
            }
            others = now;
            if self.scene.changed().await.is_err() {
                // nobody watches any more: the end is near
                std::future::pending::<()>().await;
            }
        }
    }

    fn others(&self, scene: &Scene) -> BTreeSet<String> {
        let resource = &self.service.resource;
        let others = scene.ours.iter();
        let others = others.filter(|name| is_of_another(name, resource, self.instance));
        others.cloned().collect()
    }

    /// Another process has stopped serving this resource. Kubelets before 1.36 may take that for our end:
    /// the list heals what they counted. One that has not come to this socket yet is still about to.
    fn another_has_gone(&self) {
        let resource = &self.service.resource;
        info!(%resource, "another process stopped serving this resource; the list goes out again");
        self.service.send_again();
    }
}
