//! A runtime: it calls the program on a node of the test's own, and looks at what came of it.
//!
//! Left to others: which calls, and what must come of them.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use colvin_testkit::netns::Netns;
use serde_json::Value;

/// What a runtime does: a node, a pod's namespace, and the node's folders.
pub(crate) struct Runtime {
    pub(crate) node: Netns,
    pub(crate) pod: Netns,
    pub(crate) folder: tempfile::TempDir,
    /// Words in front of the program's name, such as a tracer's.
    pub(crate) under: String,
}

/// Makes the test's folders those of the node, then runs the program.
const SCRIPT: &str =
    r#"mount --bind "$1" /var/lib && mount --bind "$2" /run && shift 2 && exec $UNDER "$@""#;

impl Runtime {
    /// A node with a veth end `up0`, which is up, and a pod without interfaces.
    pub(crate) fn new() -> Self {
        let runtime = Self {
            node: Netns::new().unwrap(),
            pod: Netns::new().unwrap(),
            folder: tempfile::tempdir().unwrap(),
            under: String::new(),
        };
        let node = &runtime.node;
        node.ip("link add up0 type veth peer name far0").unwrap();
        node.ip("link set up0 up").unwrap();
        node.ip("link set far0 up").unwrap();
        for name in ["lib", "run"] {
            fs::create_dir(runtime.folder.path().join(name)).unwrap();
        }
        runtime
    }

    pub(crate) fn at(&self, place: &str) -> PathBuf {
        self.folder.path().join(place)
    }

    pub(crate) fn call(&self, verb: &str, args: &str, config: &Value) -> Result<Value, Value> {
        let netns = self.pod.path();
        let netns = netns.to_str().unwrap();
        self.call_in(verb, "c1", netns, args, config)
    }

    pub(crate) fn call_in(
        &self,
        verb: &str,
        id: &str,
        netns: &str,
        args: &str,
        config: &Value,
    ) -> Result<Value, Value> {
        let mut command = self.node.command("unshare");
        command
            .args(["--mount", "sh", "-ec", SCRIPT, "sh"])
            .args([self.at("lib"), self.at("run")])
            .arg(env!("CARGO_BIN_EXE_colvin-cni"))
            .env("CNI_COMMAND", verb)
            .env("CNI_CONTAINERID", id)
            .env("CNI_NETNS", netns)
            .env("CNI_IFNAME", "net1")
            .env("CNI_ARGS", args)
            .env("CNI_PATH", self.at("bin"))
            .env("UNDER", &self.under)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(config.to_string().as_bytes()).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();
        let notes = String::from_utf8_lossy(&output.stderr);
        let said = if output.stdout.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&output.stdout).unwrap()
        };
        if output.status.success() {
            assert!(!notes.contains("left for"), "{notes}");
            Ok(said)
        } else {
            assert!(said["code"].is_u64(), "{said} {notes}");
            Err(said)
        }
    }

    /// Whether the gate lets a container of this namespace start that was given `far0`; if not, what it says.
    pub(crate) fn gate(&self, netns: &Netns) -> Result<(), String> {
        let mut process = netns.command("sleep").arg("60").spawn().unwrap();
        let state = format!(
            r#"{{"ociVersion": "1.0.2", "id": "main", "status": "created", "pid": {}}}"#,
            process.id()
        );
        let mut command = self.node.command("unshare");
        command
            .args(["--mount", "sh", "-ec", SCRIPT, "sh"])
            .args([self.at("lib"), self.at("run")])
            .arg(env!("CARGO_BIN_EXE_colvin-cni"))
            .args(["gate", "--resource", "colvin.dev/green", "--device", "far0"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(state.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8(output.stderr).unwrap())
        }
    }

    /// `ip -j addr` of the pod's interface, if it is there.
    pub(crate) fn addresses(&self, name: &str) -> Option<Vec<String>> {
        let text = self.pod.ip("-json address show").unwrap();
        let links: Vec<Value> = serde_json::from_str(&text).unwrap();
        let link = links.into_iter().find(|link| link["ifname"] == name)?;
        let addresses = link["addr_info"].as_array().unwrap().iter();
        let global = addresses.filter(|it| it["scope"] == "global");
        Some(
            global
                .map(|it| format!("{}/{}", it["local"].as_str().unwrap(), it["prefixlen"]))
                .collect(),
        )
    }

    /// The names of the pod's links.
    pub(crate) fn pod_links(&self) -> Vec<String> {
        let text = self.pod.ip("-json link show").unwrap();
        let links: Vec<Value> = serde_json::from_str(&text).unwrap();
        links
            .iter()
            .map(|link| link["ifname"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Records of attachments that the node has.
    pub(crate) fn journal(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.at("lib/colvin/attachments")) else {
            return Vec::new();
        };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.strip_suffix(".json").is_some())
            .collect()
    }

    pub(crate) fn save(&self, place: &str, record: &Value) {
        let file = self.at(place);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, record.to_string()).unwrap();
    }
}
