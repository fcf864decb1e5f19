//! A slice of ours as the API server holds it. Left to others: what is done about it ([`mod@crate::plan`]).

use k8s_openapi::api::resource::v1::ResourceSlice;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use crate::form::Form;
use crate::name::{InvalidName, PoolName};
use crate::scope::Scope;
use crate::taint_times::TaintTimes;

/// A slice of ours, read once.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    pub(crate) name: String,
    pub(crate) uid: String,
    /// The version of the object; versions are compared as numbers, as Kubernetes has them.
    pub(crate) version: u64,
    pub(crate) pool: PoolName,
    pub(crate) generation: i64,
    /// Whether it is deleted, and there only until a finalizer lets it go.
    pub(crate) terminating: bool,
    pub(crate) form: Form,
    pub(crate) times: TaintTimes,
    /// As it was stored, without its managers.
    pub(crate) metadata: ObjectMeta,
}

/// A slice that cannot be taken for one of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is another driver's or another node's.
    #[error("not a slice of this driver on this node")]
    Foreign,
    /// It has no name, uid or version, as no stored object has none.
    #[error("no name, uid or version that is a number")]
    Identity,
    /// Its pool has a name that the server does not take.
    #[error("the pool's name")]
    Pool(#[source] InvalidName),
}

impl Slice {
    /// Reads a slice.
    ///
    /// # Errors
    /// [`Unreadable`] when it is not ours, or not as the server stores it.
    pub fn of(scope: &Scope, object: ResourceSlice) -> Result<Self, Unreadable> {
        let ResourceSlice { mut metadata, spec } = object;
        if !scope.covers(&spec) {
            return Err(Unreadable::Foreign);
        }
        metadata.managed_fields = None;
        let version = metadata.resource_version.as_deref();
        let version = version.and_then(|version| version.parse().ok());
        let identity = metadata.name.clone().zip(metadata.uid.clone()).zip(version);
        let ((name, uid), version) = identity.ok_or(Unreadable::Identity)?;
        Ok(Self {
            name,
            uid,
            version,
            pool: spec.pool.name.parse().map_err(Unreadable::Pool)?,
            generation: spec.pool.generation,
            terminating: metadata.deletion_timestamp.is_some(),
            times: TaintTimes::of(spec.devices.as_deref().unwrap_or_default()),
            form: Form::stored(spec, scope.owns(&metadata)),
            metadata,
        })
    }

    /// Its place in its pool, as its name says; last where it says none.
    pub(crate) fn index(&self) -> u32 {
        let digits = self.name.split_once('-').map(|(digits, _)| digits);
        let index = digits.filter(|digits| digits.len() == 5);
        index.map_or(u32::MAX, |it| {
            u32::from_str_radix(it, 16).unwrap_or(u32::MAX)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{pool, scope};

    fn object() -> ResourceSlice {
        let metadata = ObjectMeta {
            name: Some("0000a-colvin.dev-n1-x7k2p".to_owned()),
            uid: Some("u1".to_owned()),
            resource_version: Some("17".to_owned()),
            ..scope().metadata()
        };
        scope().slice(metadata, &pool("n1/a"), 7, Vec::new())
    }

    #[test]
    fn a_slice_of_ours_is_read_and_its_name_says_its_index() {
        let slice = Slice::of(&scope(), object()).unwrap();
        assert_eq!((slice.version, slice.generation), (17, 7));
        assert_eq!(slice.pool, pool("n1/a"));
        assert_eq!(slice.form, Form::wanted(&[]));
        assert_eq!(slice.index(), 10);
        let named = |name: &str| Slice {
            name: name.to_owned(),
            ..slice.clone()
        };
        for name in ["colvin.dev-n1-x", "0000g-x", "000001-x", "x", ""] {
            assert_eq!(named(name).index(), u32::MAX, "{name}");
        }
    }

    #[test]
    fn what_is_not_ours_or_was_never_stored_is_not_read() {
        let mut foreign = object();
        foreign.spec.driver = "dra.net".to_owned();
        assert_eq!(Slice::of(&scope(), foreign), Err(Unreadable::Foreign));
        let mut elsewhere = object();
        elsewhere.spec.node_name = Some("n2".to_owned());
        assert_eq!(Slice::of(&scope(), elsewhere), Err(Unreadable::Foreign));
        let mut unstored = object();
        unstored.metadata.resource_version = None;
        assert_eq!(Slice::of(&scope(), unstored), Err(Unreadable::Identity));
        let mut odd = object();
        odd.spec.pool.name = "n1//a".to_owned();
        assert!(matches!(Slice::of(&scope(), odd), Err(Unreadable::Pool(_))));
    }
}
