//! The gate as a hook among a container's CDI edits, the same by whichever API its device came.
//!
//! Left to others: the other edits and their file, what the gate answers (`colvin-cni`).

use std::path::Path;

use colvin_model::offer::{DeviceId, ResourceName};
use serde::Serialize;

/// How long the gate may take.
const LIMIT_SECS: u32 = 10;

/// `PROGRAM gate --resource R --device D`, before the container starts, as CDI 0.5.0 has it under `hooks`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GateHook {
    #[serde(rename = "hookName")]
    when: &'static str,
    path: String,
    args: Vec<String>,
    timeout: u32,
}

impl GateHook {
    /// Of a device by this resource; `program` is a path on the node.
    pub fn new(program: &Path, resource: &ResourceName, device: &DeviceId) -> Self {
        let path = program.to_string_lossy().into_owned();
        let (resource, device) = (resource.as_str(), device.as_str());
        let words = ["gate", "--resource", resource, "--device", device];
        let args = std::iter::once(path.as_str()).chain(words);
        Self {
            when: "createRuntime",
            args: args.map(str::to_owned).collect(),
            path,
            timeout: LIMIT_SECS,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Invariant 14.
    #[test]
    fn a_hook_is_written_as_runtimes_read_it() {
        let program = Path::new("/opt/cni/bin/colvin-cni");
        let (resource, device) = ("colvin.dev/green", "0000:3b:00.0/7");
        let hook = GateHook::new(
            program,
            &resource.parse().unwrap(),
            &device.parse().unwrap(),
        );
        let expected = json!({
            "hookName": "createRuntime",
            "path": "/opt/cni/bin/colvin-cni",
            "args": ["/opt/cni/bin/colvin-cni", "gate", "--resource", resource, "--device", device],
            "timeout": 10,
        });
        assert_eq!(serde_json::to_value(hook).unwrap(), expected);
    }
}
