//! Making Networks in a cluster that were proposed or imported: made anew, never written over.
//!
//! Left to others: what they are.

use std::io::{self, Write as _};

use colvin_crds::v1alpha1::Network;
use kube::Api;
use kube::api::PostParams;

use crate::cluster::{Connection, NETWORKS, Unanswered};
use crate::print::printable;

/// Tells a person something that is not the output: on standard error.
pub(crate) fn note(text: &str) {
    // There is nobody left to tell that standard error is closed.
    drop(writeln!(io::stderr(), "{}", printable(text)));
}

/// Creates each Network, its fields owned by `manager`, and notes what became of it. One that is there
/// already stays as it is. Says whether all were created.
///
/// # Errors
/// When the cluster gives no answer, or refuses for a reason that concerns all.
pub(crate) fn all(
    connection: &Connection,
    networks: &[Network],
    manager: &str,
) -> anyhow::Result<bool> {
    let api: Api<Network> = Api::all(connection.client().clone());
    let params = PostParams {
        field_manager: Some(manager.to_owned()),
        ..PostParams::default()
    };
    let mut whole = true;
    for network in networks {
        let name = network.metadata.name.as_deref().unwrap_or_default();
        match connection.ask(api.create(&params, network)) {
            Ok(_) => note(&format!("network {name} created")),
            Err(Unanswered::Kube(kube::Error::Api(status))) if status.code == 409 => {
                whole = false;
                note(&format!(
                    "network {name} is there already and stays as it is"
                ));
            }
            Err(Unanswered::Kube(kube::Error::Api(status))) if status.code == 422 => {
                whole = false;
                note(&format!("network {name} is refused: {}", status.message));
            }
            Err(Unanswered::Kube(kube::Error::Api(status))) if status.code == 403 => {
                anyhow::bail!(
                    "you may not create {}: ask for the verb create on it (the API server says: {})",
                    NETWORKS.resource,
                    status.message
                );
            }
            Err(error) => return Err(connection.told(&error, NETWORKS)),
        }
    }
    Ok(whole)
}
