//! What a test makes the kubelet do: hang, refuse, admit pods, start their containers.
//!
//! Left to others: how (`admission`), the kubelet's own life (`Kubelet`).

use std::sync::{Arc, PoisonError};

use super::Kubelet;
use super::admission::{self, AdmissionError, Allocation, Asking};
use super::options::{Answer, Call, Role};
use super::pending::Pending;
use super::pods::PodName;
use super::shared::Shared;

/// What becomes of a container.
pub type Admission = Pending<Result<Allocation, AdmissionError>>;

impl Kubelet {
    /// How a call is answered from now on.
    pub fn answer(&self, call: Call, answer: Answer) {
        self.shared
            .change(|state| state.answers.insert(call, answer));
    }

    /// Refuses every registration for this reason, or none.
    pub fn refuse(&self, reason: Option<&str>) {
        self.shared
            .change(|state| state.refuses = reason.map(ToOwned::to_owned));
    }

    /// Aligns containers to these NUMA nodes, as a topology policy would; `None` to none.
    pub fn align(&self, nodes: Option<&[i64]>) {
        self.shared
            .change(|state| state.affinity = nodes.map(|nodes| nodes.iter().copied().collect()));
    }

    /// A pod without devices.
    pub fn add_pod(&self, namespace: &str, pod: &str, container: &str) {
        let pod = name(namespace, pod);
        self.shared
            .change(|state| state.pods.add(&pod, container, Role::App));
    }

    /// The pod has ended: what it had is free, and no plugin is told. Says whether there was one.
    pub fn free(&self, namespace: &str, pod: &str) -> bool {
        let pod = name(namespace, pod);
        self.shared.change(|state| state.pods.remove(&pod))
    }

    /// Admits a container that asks for so many devices: chooses them, asks the plugin for its
    /// preference where it wants that, and for what the container needs. One admission runs at a time.
    pub fn allocate(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        resource: &str,
        count: usize,
    ) -> Admission {
        self.allocate_as(Role::App, (namespace, pod, container), resource, count)
    }

    /// [`allocate`](Self::allocate) for a container that may be an init container: namespace, pod and
    /// name. Init containers are admitted before the others.
    pub fn allocate_as(
        &self,
        role: Role,
        container: (&str, &str, &str),
        resource: &str,
        count: usize,
    ) -> Admission {
        let asking = asking(role, container, resource);
        self.begin(async move |shared| admission::allocate(&shared, &asking, count).await)
    }

    /// Asks the plugin again for what the container has, as the kubelet does when it is not sure that it
    /// asked; another order of the same ids is likely.
    pub fn allocate_again(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        resource: &str,
    ) -> Admission {
        let asking = asking(Role::App, (namespace, pod, container), resource);
        self.begin(async move |shared| admission::allocate_again(&shared, &asking).await)
    }

    /// Admits a pod again that has its devices since before the kubelet's start and does not run: it
    /// keeps them when they are healthy, and fails for good when one is not or nobody lists them yet.
    ///
    /// # Errors
    /// Why it fails.
    pub fn readmit(&self, namespace: &str, pod: &str) -> Result<(), AdmissionError> {
        let pod = name(namespace, pod);
        self.shared.look(|state| admission::readmit(state, &pod))
    }

    /// Starts the container, for the first time or again: plugins that want to know are told.
    pub fn start_container(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
    ) -> Pending<Result<(), AdmissionError>> {
        let (pod, container) = (name(namespace, pod), container.to_owned());
        self.begin(async move |shared| admission::start(&shared, &pod, &container).await)
    }

    /// Does it in the kubelet; when that does not run, the answer never comes.
    fn begin<T, F>(&self, call: impl FnOnce(Arc<Shared>) -> F + Send + 'static) -> Pending<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send,
    {
        let (answer, pending) = Pending::new();
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = running.as_ref() {
            let shared = Arc::clone(&self.shared);
            running.run.handle().spawn(async move {
                // nobody may wait for the answer any more
                drop(answer.send(call(shared).await));
            });
        }
        pending
    }
}

fn name(namespace: &str, pod: &str) -> PodName {
    (namespace.to_owned(), pod.to_owned())
}

fn asking(role: Role, (namespace, pod, container): (&str, &str, &str), resource: &str) -> Asking {
    Asking {
        pod: name(namespace, pod),
        container: container.to_owned(),
        role,
        resource: resource.to_owned(),
    }
}
