//! Makes a `NetworkAttachmentDefinition`, makes it what it was, and takes it away.
//!
//! One that somebody else made is never written: making fails where there is one, and the rest says which
//! object in which version is meant. Left to others: which and when ([`crate::definitions`]).

use colvin_service::client;
use colvin_service::metrics::WriteResult;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::{Api, Client};
use serde_json::{Value, json};

use super::{NotWritten, PROGRAM};
use crate::definitions::{Action, Step, Trouble};
use crate::facts::definition::{NetworkAttachmentDefinition, made};

/// The most characters of the API server's words that are kept.
const WORDS: usize = 256;

/// How an action ended.
#[derive(Debug)]
pub(crate) struct DefinitionWritten {
    pub(crate) action: Action,
    /// The object as it is now, `None` where it is no more; or why it is not known.
    pub(crate) answer: Result<Option<NetworkAttachmentDefinition>, NotWritten>,
}

impl DefinitionWritten {
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

/// Does what is to be done with a definition.
pub(crate) async fn act(client: Client, action: Action) -> DefinitionWritten {
    let request = request(client, &action);
    let answer = match tokio::time::timeout(client::REQUEST_LIMIT, request).await {
        Ok(answer) => answer.map_err(NotWritten::from),
        Err(_elapsed) => Err(NotWritten::NoAnswer),
    };
    DefinitionWritten { action, answer }
}

async fn request(
    client: Client,
    action: &Action,
) -> kube::Result<Option<NetworkAttachmentDefinition>> {
    let place = &action.place;
    let name = &place.network;
    let definitions: Api<NetworkAttachmentDefinition> = Api::namespaced(client, &place.namespace);
    let answer = match &action.step {
        Step::Create { owner } => {
            let object =
                serde_json::from_value(made(place, owner)).map_err(kube::Error::SerdeError)?;
            let params = PostParams {
                field_manager: Some(PROGRAM.to_owned()),
                ..PostParams::default()
            };
            return definitions.create(&params, &object).await.map(Some);
        }
        Step::Mend {
            owner,
            uid,
            version,
        } => {
            let mut object = made(place, owner);
            if let Some(metadata) = object
                .pointer_mut("/metadata")
                .and_then(Value::as_object_mut)
            {
                metadata.insert("uid".to_owned(), json!(uid));
                metadata.insert("resourceVersion".to_owned(), json!(version.to_string()));
            }
            let params = PatchParams::apply(PROGRAM).force();
            let patch = Patch::Apply(&object);
            definitions.patch(name, &params, &patch).await.map(Some)
        }
        Step::Delete { uid, version } => {
            let params = DeleteParams::default().preconditions(Preconditions {
                uid: uid.clone(),
                resource_version: Some(version.to_string()),
            });
            let answer = definitions.delete(name, &params).await;
            answer.map(|answer| {
                let kept = answer.left();
                // one that no finalizer keeps is sent once more, and is no more
                kept.filter(|object| {
                    let finalizers = object.metadata.finalizers.as_ref();
                    finalizers.is_some_and(|all| !all.is_empty())
                })
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
    use crate::definitions::Place;

    fn trouble(code: u16, message: &str, kind: &str) -> Option<Trouble> {
        let mut status = Status::failure(message, "").with_code(code);
        let details = json!({"kind": kind});
        status.details = Some(serde_json::from_value(details).unwrap());
        let written = DefinitionWritten {
            action: Action {
                place: Place::from_key("tenant-a/green"),
                step: Step::Create {
                    owner: "u1".to_owned(),
                },
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
