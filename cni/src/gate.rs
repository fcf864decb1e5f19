//! `colvin-cni gate --resource RESOURCE --device ID`: a hook of the container runtime, in front of each container that
//! was given a device. It refuses the container whose interface is not there, whatever became of the
//! runtime's CNI configuration, and needs no agent.
//!
//! Standard input is the state of the container (OCI runtime specification, "State"), of which the process
//! is read. Left to others: what is looked at (`colvin-attach`), who asks for the hook (`colvin-device-plugin`).

use std::ffi::OsString;

use colvin_attach::{Roots, Standing};
use colvin_model::offer::{DeviceId, ResourceName};
use serde::Deserialize;

/// The word that makes the program the gate.
pub const WORD: &str = "gate";

/// What the hook is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    resource: ResourceName,
    device: DeviceId,
}

/// The state of a container, as far as it is needed.
#[derive(Debug, Deserialize)]
struct State {
    pid: u32,
}

impl Gate {
    /// Reads the arguments behind [`WORD`].
    ///
    /// # Errors
    /// A sentence that says what is expected.
    pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let usage = "usage: colvin-cni gate --resource RESOURCE --device ID, with the container's state on standard input";
        let (mut resource, mut device) = (None, None);
        let mut arguments = arguments.map(OsString::into_string);
        while let Some(Ok(word)) = arguments.next() {
            let value = arguments.next().and_then(Result::ok);
            match word.as_str() {
                "--resource" => resource = value.and_then(|value| value.parse().ok()),
                "--device" => device = value.and_then(|value| value.parse().ok()),
                _ => return Err(usage.to_owned()),
            }
        }
        match (resource, device) {
            (Some(resource), Some(device)) => Ok(Self { resource, device }),
            _ => Err(usage.to_owned()),
        }
    }

    /// Whether the container may start.
    ///
    /// # Errors
    /// A sentence that says why not, which the runtime shows with the container.
    pub fn judge(&self, state: &[u8], roots: &Roots) -> Result<(), String> {
        let Self { resource, device } = self;
        let state: State = serde_json::from_slice(state)
            .map_err(|error| format!("standard input is not the state of a container: {error}"))?;
        let standing = colvin_attach::standing(roots, device, state.pid)
            .map_err(|error| format!("{resource}: {device}: {error}"))?;
        let why = match standing {
            Standing::Attached | Standing::NodesOwn => return Ok(()),
            Standing::Unfinished => "its interface is not finished".to_owned(),
            Standing::Elsewhere(container) => format!("it is still attached to sandbox {container}"),
            Standing::Absent => "no interface was made of it: is colvin-cni in the CNI configuration that the runtime uses?".to_owned(),
        };
        Err(format!(
            "{resource}: the pod was given {device}, and must not run without it: {why}"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Gate, String> {
        Gate::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn both_names_are_needed_and_nothing_else_is_taken() {
        let words = [
            "--resource",
            "colvin.dev/green",
            "--device",
            "0000:3b:00.0/7",
        ];
        let gate = parse(&words).unwrap();
        assert_eq!(gate.device.as_str(), "0000:3b:00.0/7");
        for wrong in [
            &[][..],
            &words[..2],
            &words[..3],
            &["--resource", "green", "--device", "a"],
            &["--resource", "colvin.dev/green", "--device", ""],
            &["--device", "a", "--resource", "colvin.dev/green", "more"],
        ] {
            assert!(parse(wrong).unwrap_err().starts_with("usage"), "{wrong:?}");
        }
    }
}
