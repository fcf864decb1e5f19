//! Claims and slices, from the API server or from files. Who may not read them still gets an answer, and is told what is
//! not known.
//!
//! Left to others: what they say ([`crate::claims`]).

use serde::de::DeserializeOwned;

use super::{Any, AnyKind, Cluster, Which};
use crate::claims::Claims;

const CLAIMS: AnyKind = AnyKind::new("resourceclaims.resource.k8s.io", "v1", "ResourceClaim");
const SLICES: AnyKind = AnyKind::new("resourceslices.resource.k8s.io", "v1", "ResourceSlice");

impl Cluster {
    /// The slices, and the claims of a namespace or of all; `None` where they cannot be known, which is noted. A cluster
    /// that does not serve them has none.
    ///
    /// # Errors
    /// When there is no answer but that it is forbidden.
    pub(crate) fn claims(&mut self, namespace: Option<&str>) -> anyhow::Result<Option<Claims>> {
        let in_namespace = Which {
            namespace,
            ..Which::default()
        };
        let claims = self.all_of(CLAIMS, in_namespace)?;
        let slices = self.all_of(SLICES, Which::default())?;
        Ok(match (slices, claims) {
            (Some(slices), Some(claims)) => Some(Claims::new(slices, claims)),
            _ => None,
        })
    }

    fn all_of<K: DeserializeOwned>(
        &mut self,
        kind: AnyKind,
        which: Which<'_>,
    ) -> anyhow::Result<Option<Vec<K>>> {
        let objects = match self.any(kind, which)? {
            Any::Objects(objects) => objects,
            Any::NoSuchKind => Vec::new(),
            Any::Forbidden => {
                let plural = kind.plural();
                self.note(format!(
                    "you may not list {plural}: which devices claims hold is not known"
                ));
                return Ok(None);
            }
        };
        let mut read = Vec::new();
        for object in objects {
            let name = object.pointer("/metadata/name").cloned();
            match serde_json::from_value(object) {
                Ok(object) => read.push(object),
                Err(error) => {
                    let name = name.unwrap_or_default();
                    let name = name.as_str().unwrap_or_default();
                    self.lacks(format!("the {} {name} cannot be read: {error}", kind.kind));
                }
            }
        }
        Ok(Some(read))
    }
}
