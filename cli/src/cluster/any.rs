//! Objects of any kind as they are written, from the API server or from files: for kinds that no type of ours is needed
//! for.
//!
//! Left to others: what they mean.

use kube::Api;
use kube::api::{ApiResource, DynamicObject, GroupVersionKind, ListParams};
use kube::core::TypeMeta;
use serde_json::Value;

use super::connection::{Connection, Listed};
use super::{Asked, Cluster, Source, Unanswered, files};

/// A kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnyKind {
    /// Its plural with its group, as `daemonsets.apps`; without one for Kubernetes' own.
    pub(crate) resource: &'static str,
    /// The version that is read.
    pub(crate) version: &'static str,
    /// Its name.
    pub(crate) kind: &'static str,
}

/// Which objects of a kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Which<'a> {
    /// Those of this namespace.
    pub(crate) namespace: Option<&'a str>,
    /// Those with these labels.
    pub(crate) labels: &'a [(&'a str, &'a str)],
}

/// What there is of a kind.
#[derive(Clone, Debug)]
pub(crate) enum Any {
    /// These objects.
    Objects(Vec<Value>),
    /// Who asks may not list them.
    Forbidden,
    /// The cluster does not know the kind.
    NoSuchKind,
}

impl AnyKind {
    /// A kind by its plural with its group, the version that is read, and its name.
    pub(crate) const fn new(
        resource: &'static str,
        version: &'static str,
        kind: &'static str,
    ) -> Self {
        Self {
            resource,
            version,
            kind,
        }
    }

    /// The API group; empty for Kubernetes' own.
    pub(crate) fn group(self) -> &'static str {
        self.resource.split_once('.').map_or("", |(_, group)| group)
    }

    /// The plural without its group.
    pub(crate) fn plural(self) -> &'static str {
        let parts = self.resource.split_once('.');
        parts.map_or(self.resource, |(plural, _)| plural)
    }

    /// How it is asked for.
    pub(crate) fn asked(self) -> Asked {
        Asked {
            resource: self.resource,
            ours: self.group() == colvin_crds::v1alpha1::GROUP,
        }
    }

    fn api_version(self) -> String {
        match self.group() {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }

    fn api_resource(self) -> ApiResource {
        let kind = GroupVersionKind::gvk(self.group(), self.version, self.kind);
        ApiResource::from_gvk_with_plural(&kind, self.plural())
    }

    /// The object with its kind, which a list's items do not say.
    fn value(self, mut object: DynamicObject) -> Option<Value> {
        object.types = Some(TypeMeta {
            api_version: self.api_version(),
            kind: self.kind.to_owned(),
        });
        serde_json::to_value(object).ok()
    }
}

impl Connection {
    /// The objects of a kind.
    ///
    /// # Errors
    /// [`Unanswered`] when not even the first page came.
    pub(crate) fn objects(
        &self,
        kind: AnyKind,
        which: Which<'_>,
    ) -> Result<Listed<Value>, Unanswered> {
        let api = self.api(kind, which.namespace);
        let labels: Vec<String> = which
            .labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let labels = labels.join(",");
        let page = async |params: ListParams| {
            let params = if labels.is_empty() {
                params
            } else {
                params.labels(&labels)
            };
            api.list(&params).await
        };
        self.list(kind.asked(), page, |object| kind.value(object))
    }

    /// One object, or `None` when it is not there.
    ///
    /// # Errors
    /// [`Unanswered`] when there is no answer.
    pub(crate) fn object(
        &self,
        kind: AnyKind,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Option<Value>, Unanswered> {
        if !super::may_be_a_name(name) || namespace.is_some_and(|it| !super::may_be_a_name(it)) {
            return Ok(None);
        }
        match self.ask(self.api(kind, namespace).get(name)) {
            Ok(object) => Ok(kind.value(object)),
            Err(error) if error.is_absent() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn api(&self, kind: AnyKind, namespace: Option<&str>) -> Api<DynamicObject> {
        let (client, resource) = (self.client().clone(), kind.api_resource());
        match namespace {
            Some(namespace) => Api::namespaced_with(client, namespace, &resource),
            None => Api::all_with(client, &resource),
        }
    }
}

impl Cluster {
    /// What there is of a kind; a part of it is marked as such.
    ///
    /// # Errors
    /// When there is no answer at all.
    pub(crate) fn any(&mut self, kind: AnyKind, which: Which<'_>) -> anyhow::Result<Any> {
        let connection = match &self.source {
            Source::Files(objects) => {
                let found = files::of_kind(objects, kind.group(), kind.kind);
                let found = found.map(|(_, object)| object);
                let found = found.filter(|object| is_wanted(object, which));
                return Ok(Any::Objects(found.cloned().collect()));
            }
            Source::Live(connection) => connection,
        };
        match connection.objects(kind, which) {
            Ok(listed) => {
                self.partial.extend(listed.cut_short);
                Ok(Any::Objects(listed.items))
            }
            Err(error) if error.is_forbidden() => Ok(Any::Forbidden),
            Err(error) if error.is_unknown_kind() => Ok(Any::NoSuchKind),
            Err(error) => Err(connection.told(&error, kind.asked())),
        }
    }

    /// The connection, where objects do not come from files.
    pub(crate) fn connection(&self) -> Option<&Connection> {
        match &self.source {
            Source::Live(connection) => Some(connection),
            Source::Files(_) => None,
        }
    }
}

fn is_wanted(object: &Value, which: Which<'_>) -> bool {
    let metadata = |field: &str| object.get("metadata")?.get(field);
    let is_there = which.namespace.is_none_or(|wanted| {
        let namespace = metadata("namespace").and_then(Value::as_str);
        namespace.unwrap_or("default") == wanted
    });
    let labels = metadata("labels");
    let mut wanted = which.labels.iter();
    is_there
        && wanted.all(|(key, value)| {
            labels
                .and_then(|labels| labels.get(key))
                .and_then(Value::as_str)
                == Some(value)
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kind_is_known_by_its_plural_and_its_group() {
        let sets = AnyKind::new("daemonsets.apps", "v1", "DaemonSet");
        assert_eq!((sets.group(), sets.plural()), ("apps", "daemonsets"));
        assert_eq!(sets.api_version(), "apps/v1");
        let pods = AnyKind::new("pods", "v1", "Pod");
        assert_eq!((pods.group(), pods.plural()), ("", "pods"));
        assert_eq!(pods.api_version(), "v1");
        assert!(
            AnyKind::new("networks.colvin.dev", "v1alpha1", "Network")
                .asked()
                .ours
        );
    }

    #[test]
    fn objects_of_files_are_chosen_as_those_of_a_server() {
        let object = json!({"metadata": {"name": "a", "namespace": "x", "labels": {"k": "v"}}});
        let which = |namespace, labels| Which { namespace, labels };
        assert!(is_wanted(&object, Which::default()));
        assert!(is_wanted(&object, which(Some("x"), &[("k", "v")])));
        assert!(!is_wanted(&object, which(Some("default"), &[])));
        assert!(!is_wanted(&object, which(None, &[("k", "w")])));
        assert!(!is_wanted(&json!({}), which(None, &[("k", "v")])));
    }
}
