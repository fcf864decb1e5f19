//! A node for tests: its folders of records, and an agent that answers once.
//!
//! Left to others: what is asked of it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;
use std::time::Duration;

use colvin_attach::ask::{self, Answer};
use colvin_attach::{BootId, Kind as AttachKind};
use serde_json::{Value, json};

use super::super::*;
use crate::asked::Wish;
use crate::environment::Verb;

/// A node's folders.
pub(super) struct Node {
    pub(super) folder: tempfile::TempDir,
    pub(super) roots: Roots,
}

impl Node {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let roots = Roots {
            state: at("state"),
            run: at("run"),
            sysfs: at("root"),
            proc: at("proc"),
            boot_id: BootId::new("boot-1"),
            sees_all: true.into(),
            now: Duration::ZERO,
        };
        let node = Self { folder, roots };
        fs::create_dir_all(node.roots.state.join("attachments")).unwrap();
        fs::create_dir_all(node.roots.sysfs.join("sys/bus/pci/devices/0000:3b:02.1")).unwrap();
        let pf = node.roots.sysfs.join("sys/bus/pci/devices/0000:3b:00.0");
        fs::create_dir_all(pf.join("net/ens2f0")).unwrap();
        let vf = node
            .roots
            .sysfs
            .join("sys/bus/pci/devices/0000:3b:02.1/physfn");
        std::os::unix::fs::symlink("../0000:3b:00.0", vf).unwrap();
        node
    }

    pub(super) fn save(&self, place: &str, record: &Value) {
        let file = self.folder.path().join(place);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, record.to_string()).unwrap();
    }

    pub(super) fn network(&self, kind: &str, attach: &Value) {
        let mut whole = json!({"trust": false, "spoofCheck": true, "interfaceName": "green", "reconfigure": "Never"});
        for (key, value) in attach.as_object().unwrap() {
            whole[key] = value.clone();
        }
        let record = json!({"version": 1, "network": "green", "kind": kind, "attach": whole});
        self.save("state/networks/green.json", &record);
    }

    pub(super) fn outstanding(&self, device: &str, pod: Option<&str>) {
        let mut record = json!({
            "version": 1, "resource": "colvin.dev/green", "network": "green", "device": device,
            "kind": "VirtualFunction", "address": device, "uplink": "0000:3b:00.0", "bootId": "boot-1",
        });
        if let Some(pod) = pod {
            record["namespace"] = json!("shop");
            record["pod"] = json!(pod);
            record["container"] = json!("main");
        }
        self.save(&format!("run/outstanding/{device}.json"), &record);
    }

    /// An agent that gives the same answer to one question.
    pub(super) fn agent(&self, answer: Answer) -> std::thread::JoinHandle<Value> {
        let socket = ask::socket(&self.roots.run);
        fs::create_dir_all(&self.roots.run).unwrap();
        let listener = UnixListener::bind(socket).unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut before = [0; ask::LENGTH_BYTES];
            stream.read_exact(&mut before).unwrap();
            let mut question = vec![0; ask::length(before).unwrap()];
            stream.read_exact(&mut question).unwrap();
            stream.write_all(&ask::encode(&answer).unwrap()).unwrap();
            serde_json::from_slice(&question).unwrap()
        })
    }

    pub(super) fn asked(
        &self,
        members: &str,
        args: &str,
    ) -> Result<Vec<(String, AttachKind)>, (Code, String)> {
        let text = format!(
            r#"{{"cniVersion": "1.1.0", "name": "n"{}{members}}}"#,
            if members.is_empty() { "" } else { ", " }
        );
        let (config, _) =
            Config::parse(text.as_bytes(), Verb::Add).map_err(|it| (it.code, it.message))?;
        let (arguments, wrong) = Arguments::parse(args);
        assert_eq!(wrong, Vec::<String>::new());
        let ifname = "net1".parse().unwrap();
        let search = Search {
            roots: &self.roots,
            config: &config,
            arguments: &arguments,
            container: "c1",
            ifname: &ifname,
        };
        let found = search.found().map_err(|it| (it.code, it.message))?;
        let kinds = found.iter().map(|found| {
            let wish = Wish {
                config: &config,
                arguments: &arguments,
                found,
                sysfs: &self.roots.sysfs,
                state: &self.roots.state,
            };
            Ok((found.name.to_string(), wish.kind()?))
        });
        kinds
            .collect::<Result<_, Failure>>()
            .map_err(|it| (it.code, it.message))
    }

    pub(super) fn refusal(&self, members: &str, args: &str) -> (Code, String) {
        self.asked(members, args).unwrap_err()
    }
}
