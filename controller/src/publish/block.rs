//! Makes an `AddressBlock`, deletes one, and lets a deleted one go.
//!
//! Left to others: which and when ([`crate::blocks`]), its status (the node's agent).

use colvin_crds::v1alpha1::address_block::FINALIZER;
use colvin_crds::v1alpha1::network::attach::Cidr;
use colvin_crds::v1alpha1::{AddressBlock, AddressBlockSpec};
use colvin_service::client;
use colvin_service::metrics::WriteResult;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::{Api, Client};
use serde_json::json;

use super::{NotWritten, PROGRAM};
use crate::blocks::{Action, Step};

/// How an action ended.
#[derive(Debug)]
pub(crate) struct BlockWritten {
    pub(crate) action: Action,
    /// What the block is now, or why it is not known.
    pub(crate) answer: Result<Answer, NotWritten>,
}

/// What a block is after an action.
#[derive(Debug)]
pub(crate) enum Answer {
    There(Box<AddressBlock>),
    /// No more.
    Gone,
}

impl Answer {
    /// A deleted object that no finalizer keeps is sent once more, in its last version, and is no more.
    fn of(block: AddressBlock) -> Self {
        let metadata = &block.metadata;
        let is_kept = metadata
            .finalizers
            .as_ref()
            .is_some_and(|all| !all.is_empty());
        if metadata.deletion_timestamp.is_some() && !is_kept {
            return Self::Gone;
        }
        Self::There(Box::new(block))
    }
}

impl BlockWritten {
    /// What is counted.
    pub(crate) fn result(&self) -> WriteResult {
        match &self.answer {
            Ok(_) => WriteResult::Ok,
            Err(error) => error.result(),
        }
    }
}

/// Does what is to be done with a block.
pub(crate) async fn act(client: Client, action: Action) -> BlockWritten {
    let blocks: Api<AddressBlock> = Api::all(client);
    let request = request(&blocks, &action);
    let answer = match tokio::time::timeout(client::REQUEST_LIMIT, request).await {
        Ok(answer) => answer.map_err(NotWritten::from),
        Err(_elapsed) => Err(NotWritten::NoAnswer),
    };
    BlockWritten { action, answer }
}

async fn request(blocks: &Api<AddressBlock>, action: &Action) -> kube::Result<Answer> {
    let name = &action.block;
    let answer = match &action.step {
        Step::Create { node, range } => {
            let spec = AddressBlockSpec {
                network: action.network.clone(),
                node_name: node.clone(),
                range: Cidr(range.to_string()),
            };
            let mut block = AddressBlock::new(name, spec);
            // from the first moment on: no address may be given to two
            block.metadata.finalizers = Some(vec![FINALIZER.to_owned()]);
            let params = PostParams {
                field_manager: Some(PROGRAM.to_owned()),
                ..PostParams::default()
            };
            return blocks.create(&params, &block).await.map(Answer::of);
        }
        Step::Delete { uid } => {
            let params = DeleteParams::default().preconditions(Preconditions {
                uid: uid.clone(),
                resource_version: None,
            });
            let answer = blocks.delete(name, &params).await;
            answer.map(|answer| answer.left().map_or(Answer::Gone, Answer::of))
        }
        Step::Release {
            uid,
            version,
            others,
        } => {
            // by the version that was seen: one that was changed since is looked at again
            let body = json!({"metadata": {
                "uid": uid,
                "resourceVersion": version.to_string(),
                "finalizers": others,
            }});
            let params = PatchParams::apply(PROGRAM);
            let answer = blocks.patch(name, &params, &Patch::Merge(&body)).await;
            answer.map(Answer::of)
        }
    };
    match answer {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(Answer::Gone),
        answer => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_block_that_no_finalizer_keeps_is_gone() {
        let answer = |finalizers: &[&str], deleted: Option<&str>| {
            let object = json!({
                "metadata": {"name": "green-10.0.0.0", "finalizers": finalizers, "deletionTimestamp": deleted},
                "spec": {"network": "green", "nodeName": "worker-1", "range": "10.0.0.0/28"},
            });
            Answer::of(serde_json::from_value(object).unwrap())
        };
        let time = Some("2026-11-26T12:00:00Z");
        assert!(matches!(answer(&[], time), Answer::Gone));
        assert!(matches!(answer(&[FINALIZER], time), Answer::There(_)));
        assert!(matches!(answer(&[], None), Answer::There(_)));
    }
}
