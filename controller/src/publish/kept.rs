//! Makes an object that the controller keeps for a Network, makes it what it was, and takes it away.
//!
//! One that somebody else made is never written: making fails where there is one, and the rest says which
//! object in which version is meant. Left to others: which and when ([`crate::kept`]).

use colvin_service::client;
use colvin_service::metrics::WriteResult;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::{Client, ResourceExt as _};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::{NotWritten, PROGRAM};
use crate::kept::{Action, Kept, Step, Trouble};

/// The most characters of the API server's words that are kept.
const WORDS: usize = 256;

/// How an action ended.
#[derive(Debug)]
pub(crate) struct KeptWritten<K: Kept> {
    pub(crate) action: Action,
    /// The object as it is now, `None` where it is no more; or why it is not known.
    pub(crate) answer: Result<Option<K::Object>, NotWritten>,
}

impl<K: Kept> KeptWritten<K> {
    /// What is counted.
    pub(crate) fn result(&self) -> WriteResult {
        match &self.answer {
            Ok(_) => WriteResult::Ok,
            Err(error) => error.result(),
        }
    }

    /// Why it could not be written, where the API server said so.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        let Err(NotWritten::Answer(kube::Error::Api(status))) = &self.answer else {
            return None;
        };
        let missing = status.details.as_ref().map(|details| details.kind.as_str());
        match status.code {
            // somebody was quicker: the watch brings what is so
            409 => None,
            404 if missing == Some("namespaces") => Some(Trouble::NoNamespace),
            400..=428 | 430..=499 => {
                let words = status.message.chars().take(WORDS).collect();
                Some(Trouble::Refused(words))
            }
            _ => None,
        }
    }
}

/// Does what is to be done with an object.
pub(crate) async fn act<K: Kept>(client: Client, action: Action) -> KeptWritten<K> {
    let request = request::<K>(client, &action);
    let answer = match tokio::time::timeout(client::REQUEST_LIMIT, request).await {
        Ok(answer) => answer.map_err(NotWritten::from),
        Err(_elapsed) => Err(NotWritten::NoAnswer),
    };
    KeptWritten { action, answer }
}

async fn request<K: Kept>(client: Client, action: &Action) -> kube::Result<Option<K::Object>> {
    let name = &action.place.name;
    let objects = K::api(client, &action.place);
    let answer = match &action.step {
        Step::Create { object } => {
            let object = K::Object::deserialize(object).map_err(kube::Error::SerdeError)?;
            let params = PostParams {
                field_manager: Some(PROGRAM.to_owned()),
                ..PostParams::default()
            };
            return objects.create(&params, &object).await.map(Some);
        }
        Step::Mend {
            object,
            uid,
            version,
        } => {
            let mut object = object.clone();
            if let Some(metadata) = object
                .pointer_mut("/metadata")
                .and_then(Value::as_object_mut)
            {
                metadata.insert("uid".to_owned(), json!(uid));
                metadata.insert("resourceVersion".to_owned(), json!(version.to_string()));
            }
            let params = PatchParams::apply(PROGRAM).force();
            let patch = Patch::Apply(&object);
            objects.patch(name, &params, &patch).await.map(Some)
        }
        Step::Delete { uid, version } => {
            let params = DeleteParams::default().preconditions(Preconditions {
                uid: uid.clone(),
                resource_version: Some(version.to_string()),
            });
            let answer = objects.delete(name, &params).await;
            answer.map(|answer| {
                let kept = answer.left();
                // one that no finalizer keeps is sent once more, and is no more
                kept.filter(|object| !object.finalizers().is_empty())
            })
        }
    };
    match answer {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
        answer => answer,
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;
    use crate::definitions::Definitions;
    use crate::kept::Place;

    fn trouble(code: u16, message: &str, kind: &str) -> Option<Trouble> {
        let mut status = Status::failure(message, "").with_code(code);
        let details = json!({"kind": kind});
        status.details = Some(serde_json::from_value(details).unwrap());
        let written: KeptWritten<Definitions> = KeptWritten {
            action: Action {
                place: Place::from_key("tenant-a/green"),
                step: Step::Create { object: json!({}) },
            },
            answer: Err(kube::Error::Api(Box::new(status)).into()),
        };
        written.trouble()
    }

    #[test]
    fn a_missing_namespace_is_told_from_other_refusals_and_what_passes_is_no_trouble() {
        let missing = trouble(404, "namespaces \"tenant-a\" not found", "namespaces");
        assert_eq!(missing, Some(Trouble::NoNamespace));
        let refused = |words: &str| Some(Trouble::Refused(words.to_owned()));
        let forbidden = trouble(403, "is being terminated", "network-attachment-definitions");
        assert_eq!(forbidden, refused("is being terminated"));
        assert_eq!(trouble(409, "already exists", ""), None);
        assert_eq!(trouble(429, "too many requests", ""), None);
        assert_eq!(trouble(500, "etcd is away", ""), None);
    }
}
