//! An API server as far as slices go, for tests: versions, preconditions, names, what a gate that is off
//! drops, the times of taints. Left to others: answers that get lost, watches ([`crate::keeper`]'s tests).

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::resource::v1::{Device, ResourceSlice};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;

use crate::feature::Feature;
use crate::plan::Step;
use crate::samples::{pool, scope};
use crate::server::Failure;
use crate::slice::Slice;

#[derive(Clone, Debug, Default)]
pub(crate) struct ModelServer {
    objects: BTreeMap<String, ResourceSlice>,
    version: u64,
    /// Features whose gates are off.
    pub(crate) drops: BTreeSet<Feature>,
}

impl ModelServer {
    /// Somebody makes a slice of this pool.
    pub(crate) fn put(&mut self, name: &str, generation: i64, devices: Vec<Device>) -> Slice {
        let scope = scope();
        let object = scope.slice(scope.metadata(), &pool(name), generation, devices);
        Slice::of(&scope, self.create(object)).unwrap()
    }

    /// As [`Self::put`], and then something about it is another.
    pub(crate) fn put_odd(
        &mut self,
        (name, generation): (&str, i64),
        devices: Vec<Device>,
        change: impl FnOnce(&mut ResourceSlice),
    ) -> Slice {
        let slice = self.put(name, generation, devices);
        let object = self.objects.get_mut(&slice.name).unwrap();
        change(object);
        Slice::of(&scope(), object.clone()).unwrap()
    }

    /// All slices, by name.
    pub(crate) fn objects(&self) -> Vec<ResourceSlice> {
        self.objects.values().cloned().collect()
    }

    /// All slices, read.
    pub(crate) fn slices(&self) -> Vec<Slice> {
        let read = |object| Slice::of(&scope(), object).unwrap();
        self.objects().into_iter().map(read).collect()
    }

    /// A finalizer lets go of what is terminating.
    pub(crate) fn finalize(&mut self) {
        self.objects
            .retain(|_, object| object.metadata.deletion_timestamp.is_none());
    }

    /// What the step's request is answered with: the object, where it has one.
    pub(crate) fn answer(&mut self, step: &Step) -> Result<Option<ResourceSlice>, Failure> {
        match step {
            Step::Delete {
                name, uid, version, ..
            } => self.delete(name, uid, *version).map(|_gone| None),
            Step::Update { slice, .. } => self.replace((**slice).clone()).map(Some),
            Step::Create { slice, .. } => Ok(Some(self.create((**slice).clone()))),
        }
    }

    pub(crate) fn create(&mut self, mut object: ResourceSlice) -> ResourceSlice {
        self.version += 1;
        let prefix = object.metadata.generate_name.clone().unwrap();
        let name = format!("{prefix}{:05}", self.version);
        object.metadata.name = Some(name.clone());
        object.metadata.uid = Some(format!("uid-{}", self.version));
        self.keep(&mut object, None);
        self.objects.insert(name, object.clone());
        object
    }

    pub(crate) fn replace(&mut self, mut object: ResourceSlice) -> Result<ResourceSlice, Failure> {
        let name = object.metadata.name.clone().unwrap();
        let before = self.objects.get(&name).cloned().ok_or(Failure::NotFound)?;
        let identity = |it: &ResourceSlice| {
            let metadata = it.metadata.clone();
            (
                metadata.uid,
                metadata.resource_version,
                it.spec.pool.name.clone(),
            )
        };
        if identity(&before) != identity(&object) {
            return Err(Failure::Conflict);
        }
        self.keep(&mut object, Some(&before));
        let mut unchanged = object.clone();
        unchanged.metadata.resource_version = before.metadata.resource_version.clone();
        if unchanged == before {
            return Ok(before);
        }
        self.objects.insert(name, object.clone());
        Ok(object)
    }

    pub(crate) fn delete(
        &mut self,
        name: &str,
        uid: &str,
        version: u64,
    ) -> Result<ResourceSlice, Failure> {
        let object = self.objects.get(name).cloned().ok_or(Failure::NotFound)?;
        let slice = Slice::of(&scope(), object.clone()).unwrap();
        if (slice.uid.as_str(), slice.version) != (uid, version) {
            return Err(Failure::Conflict);
        }
        self.objects.remove(name);
        Ok(object)
    }

    /// Drops what the server does not have, says since when taints are there, gives a version.
    fn keep(&mut self, object: &mut ResourceSlice, before: Option<&ResourceSlice>) {
        self.version += 1;
        let version = self.version;
        object.metadata.resource_version = Some(version.to_string());
        let had = |feature: Feature| {
            let mut devices = before
                .iter()
                .flat_map(|it| it.spec.devices.iter().flatten());
            devices.any(|device| feature.is_in(device))
        };
        let drops = self.drops.iter().copied().filter(|it| !had(*it));
        let drops: Vec<_> = drops.collect();
        for device in object.spec.devices.iter_mut().flatten() {
            for feature in &drops {
                feature.drop_from(device);
            }
            for taint in device.taints.iter_mut().flatten() {
                let second = i64::try_from(version).unwrap();
                let now = || Time(Timestamp::from_second(second).unwrap());
                taint.time_added.get_or_insert_with(now);
            }
        }
    }
}
