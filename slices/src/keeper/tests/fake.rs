//! An API server in memory that can be made to fail: answers that get lost, watches that tell late or end,
//! and others who change what is there.
//!
//! Left to others: what it does with objects ([`ModelServer`]).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::StreamExt as _;
use futures_util::stream::{self, BoxStream};
use k8s_openapi::api::resource::v1::ResourceSlice;
use tokio::sync::mpsc;

use crate::model_server::ModelServer;
use crate::server::{Event, Failure, Server};

/// What was asked of it, watches left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Asked {
    List,
    Create(String),
    Update(String),
    Delete(String),
}

/// What goes wrong with a write.
#[derive(Clone, Debug)]
pub(super) enum Fault {
    /// It is not done, and this is the answer.
    Refuse(Failure),
    /// It is done, and the answer is lost.
    LoseAnswer,
    /// It is not done, and there never is an answer.
    Hang,
}

#[derive(Default)]
struct Inner {
    model: ModelServer,
    watches: Vec<mpsc::UnboundedSender<Result<Event, Failure>>>,
    /// What watches are yet to be told, while they tell late.
    late: Option<Vec<Event>>,
    /// What lists and watches are answered with.
    fails: Option<Failure>,
    faults: VecDeque<Fault>,
    /// Faults of every write to this pool.
    broken: Option<(String, Failure)>,
    asked: Vec<Asked>,
}

#[derive(Clone, Default)]
pub(super) struct Fake(Arc<Mutex<Inner>>);

impl Fake {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// What was asked since this was asked last, in order.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.inner().asked)
    }

    pub(super) fn objects(&self) -> Vec<ResourceSlice> {
        self.inner().model.objects()
    }

    /// Somebody does something, of which watches are told.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut ModelServer) -> T) -> T {
        self.inner().change(change)
    }

    /// Somebody deletes all slices.
    pub(super) fn wipe(&self) {
        self.change(|model| {
            for slice in model.slices() {
                model
                    .delete(&slice.name, &slice.uid, slice.version)
                    .unwrap();
            }
        });
    }

    /// The next writes go wrong like this.
    pub(super) fn fault(&self, faults: impl IntoIterator<Item = Fault>) {
        self.inner().faults.extend(faults);
    }

    /// Every write to this pool is answered like this.
    pub(super) fn break_pool(&self, broken: Option<(&str, Failure)>) {
        self.inner().broken = broken.map(|(pool, failure)| (pool.to_owned(), failure));
    }

    /// Lists and watches fail, or no longer do.
    pub(super) fn fail(&self, failure: impl Into<Option<Failure>>) {
        let failure = failure.into();
        let mut inner = self.inner();
        if failure.is_some() {
            inner.watches.clear();
        }
        inner.fails = failure;
    }

    /// A watch is interrupted once, and goes on.
    pub(super) fn interrupt(&self) {
        let failure = Failure::NoAnswer("interrupted".to_owned());
        for watch in &self.inner().watches {
            watch.send(Err(failure.clone())).unwrap();
        }
    }

    /// Watches tell late, or what they have not told.
    pub(super) fn tell_late(&self, late: bool) {
        let mut inner = self.inner();
        let held = inner.late.take().unwrap_or_default();
        for event in held {
            inner.tell(event);
        }
        inner.late = late.then(Vec::new);
    }

    /// All is forgotten that was held back, and watches list anew.
    pub(super) fn relist(&self) {
        let mut inner = self.inner();
        inner.late = inner.late.take().map(|_held| Vec::new());
        let objects = inner.model.objects();
        inner.tell(Event::Listed(objects));
    }

    fn list_now(&self) -> Result<Vec<ResourceSlice>, Failure> {
        let inner = self.inner();
        inner
            .fails
            .clone()
            .map_or_else(|| Ok(inner.model.objects()), Err)
    }

    async fn write(
        &self,
        asked: Asked,
        pool: &str,
        write: impl FnOnce(&mut ModelServer) -> Result<ResourceSlice, Failure> + Send,
    ) -> Result<ResourceSlice, Failure> {
        let fault = self.inner().begin(asked, pool);
        // others have a look before the answer is there
        tokio::task::yield_now().await;
        match fault {
            None => self.inner().change(write),
            Some(Fault::Refuse(failure)) => Err(failure),
            Some(Fault::LoseAnswer) => {
                self.inner().change(write)?;
                Err(Failure::NoAnswer("lost".to_owned()))
            }
            Some(Fault::Hang) => std::future::pending().await,
        }
    }
}

impl Inner {
    fn begin(&mut self, asked: Asked, pool: &str) -> Option<Fault> {
        self.asked.push(asked);
        let broken = self.broken.clone().filter(|(broken, _)| broken == pool);
        let broken = broken.map(|(_, failure)| Fault::Refuse(failure));
        broken.or_else(|| self.faults.pop_front())
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut ModelServer) -> T) -> T {
        let before = self.model.objects();
        let result = change(&mut self.model);
        let after = self.model.objects();
        let name = |object: &ResourceSlice| object.metadata.name.clone();
        let is_gone = |it: &&ResourceSlice| !after.iter().any(|other| name(other) == name(it));
        for object in before.iter().filter(is_gone) {
            self.tell(Event::Deleted(Box::new(object.clone())));
        }
        for object in after.iter().filter(|object| !before.contains(object)) {
            self.tell(Event::Applied(Box::new(object.clone())));
        }
        result
    }

    fn tell(&mut self, event: Event) {
        match &mut self.late {
            Some(held) if !matches!(event, Event::Listed(_)) => held.push(event),
            _ => self
                .watches
                .retain(|watch| watch.send(Ok(event.clone())).is_ok()),
        }
    }
}

impl Server for Fake {
    fn watch(&self) -> BoxStream<'static, Result<Event, Failure>> {
        let (fake, watch) = (self.clone(), None::<mpsc::UnboundedReceiver<_>>);
        let stream = stream::unfold((fake, watch), |(fake, watch)| async move {
            if let Some(mut watch) = watch
                && let Some(event) = watch.recv().await
            {
                return Some((event, (fake, Some(watch))));
            }
            match fake.list_now() {
                Err(failure) => Some((Err(failure), (fake, None))),
                Ok(objects) => {
                    let (sender, watch) = mpsc::unbounded_channel();
                    fake.inner().watches.push(sender);
                    Some((Ok(Event::Listed(objects)), (fake, Some(watch))))
                }
            }
        });
        stream.boxed()
    }

    async fn list(&self) -> Result<Vec<ResourceSlice>, Failure> {
        self.inner().asked.push(Asked::List);
        tokio::task::yield_now().await;
        self.list_now()
    }

    async fn create(&self, slice: ResourceSlice) -> Result<ResourceSlice, Failure> {
        let pool = slice.spec.pool.name.clone();
        let asked = Asked::Create(pool.clone());
        self.write(asked, &pool, |model| Ok(model.create(slice)))
            .await
    }

    async fn replace(&self, slice: ResourceSlice) -> Result<ResourceSlice, Failure> {
        let pool = slice.spec.pool.name.clone();
        let asked = Asked::Update(pool.clone());
        self.write(asked, &pool, |model| model.replace(slice)).await
    }

    async fn delete(&self, name: &str, uid: &str, version: u64) -> Result<(), Failure> {
        let objects = self.objects();
        let named = |it: &&ResourceSlice| it.metadata.name.as_deref() == Some(name);
        let pool = objects
            .iter()
            .find(named)
            .map(|it| it.spec.pool.name.clone());
        let pool = pool.unwrap_or_default();
        let delete = |model: &mut ModelServer| model.delete(name, uid, version);
        self.write(Asked::Delete(pool.clone()), &pool, delete)
            .await
            .map(drop)
    }
}
