//! `colvin doctor` on config files of the SR-IOV network device plugin, on a recorded machine.
//!
//! Left to others: every problem there is (`takeover/tests`).

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

use std::path::PathBuf;
use std::process::{Command, Output};

use colvin_testkit::machine::Machine;
use serde_json::Value;

/// Five entries: two bad ones, one that selects badly, one with a range that is none, and a good one.
const BAD: &str = r#"{"resourceList": [
  {"resourceName": "text", "selectors": {"vendors": "8086"}},
  {"resourceName": "good", "selectors": {"pfNames": ["ens1f0#0-3"]}},
  {"resourceName": "range", "selectors": {"pfNames": ["ens2f0#0-x", "ens2f0#4"]}},
  {"resourceName": "typed", "deviceType": "vfio", "selectors": {"pfNames": ["ens2f0"]}},
  {"resourceName": "nothing"}
]}"#;

/// The second entry gets nothing, since the first is broad.
const GREEDY: &str = r#"{"resourceList": [
  {"resourceName": "all", "selectors": {"pfNames": ["ens1f0"]}},
  {"resourceName": "some", "selectors": {"pfNames": ["ens1f0#2-3"]}}
]}"#;

struct Bench {
    machine: Machine,
}

impl Bench {
    fn new() -> Self {
        let machine = Machine::unpack("two-pf-sixteen-vf").unwrap();
        // without a record it is unknown which of its links are the node's own
        machine.write("netlink/routes", "").unwrap();
        Self { machine }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        self.machine.write(name, text).unwrap();
        self.machine.path().join(name)
    }

    /// The exit code, and the checks of config files: verdict, message and remedy.
    fn doctor(&self, arguments: &[&str]) -> (i32, Vec<(String, String, String)>) {
        let output = colvin(&["doctor", "-o", "json", "--root"], |command| {
            command.arg(self.machine.path()).args(arguments)
        });
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report.get("checks").unwrap().as_array().unwrap();
        let word = |check: &Value, key: &str| {
            let word = check.get(key).and_then(Value::as_str);
            word.unwrap_or_default().to_owned()
        };
        let checks = checks
            .iter()
            .filter(|check| word(check, "name") == "config file");
        let checks = checks.map(|check| {
            (
                word(check, "verdict"),
                word(check, "message"),
                word(check, "remedy"),
            )
        });
        (output.status.code().unwrap(), checks.collect())
    }

    /// As [`Self::doctor`], of a file with this text; it is called `FILE` in messages.
    fn judged(&self, text: &str, more: &[&str]) -> (i32, Vec<(String, String, String)>) {
        let file = self.file("given.yaml", text);
        let file = file.to_str().unwrap();
        let (code, mut checks) = self.doctor(&[&["--config-file", file], more].concat());
        for (_, message, _) in &mut checks {
            *message = message.replace(file, "FILE");
        }
        (code, checks)
    }
}

fn colvin(arguments: &[&str], more: impl FnOnce(&mut Command) -> &mut Command) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_colvin"));
    more(command.args(arguments)).output().unwrap()
}

/// The places of checks with this verdict: line and entry.
fn places(checks: &[(String, String, String)], verdict: &str) -> Vec<String> {
    let of = checks.iter().filter(|(is, ..)| is == verdict);
    let place = |message: &str| {
        message
            .splitn(3, ": ")
            .take(2)
            .collect::<Vec<_>>()
            .join(" ")
    };
    of.map(|(_, message, _)| place(message)).collect()
}

/// REG-9, SDP-04, SDP-11.
#[test]
fn doctor_names_each_bad_entry_of_a_config_file_with_its_line_in_the_words_of_import() {
    let bench = Bench::new();
    let (code, checks) = bench.judged(BAD, &[]);
    let failed = [
        "FILE:2 intel.com/text",
        "FILE:4 intel.com/range",
        "FILE:5 intel.com/typed",
        "FILE:6 intel.com/nothing",
    ];
    assert_eq!(places(&checks, "FAIL"), failed, "{checks:#?}");
    assert_eq!(code, 1);
    let file = bench.file("given.yaml", BAD);
    let import = ["import", "sriov-device-plugin"];
    let imported = colvin(&import, |command| command.arg(&file));
    let said = String::from_utf8(imported.stderr).unwrap();
    let said = said.replace(file.to_str().unwrap(), "FILE");
    let of_the_text = checks.iter().filter(|(verdict, ..)| verdict == "FAIL");
    for (_, message, remedy) in of_the_text {
        let line = format!("{message}; {remedy}");
        assert!(
            said.lines().any(|it| it == line),
            "{line}\nis not in\n{said}"
        );
    }
}

/// SDP-06.
#[test]
fn doctor_says_what_a_config_file_means_on_this_machine() {
    let bench = Bench::new();
    let (code, checks) = bench.judged(GREEDY, &[]);
    let warned = ["FILE:3 intel.com/some", "FILE:3 intel.com/some"];
    assert_eq!(places(&checks, "WARN"), warned, "{checks:#?}");
    assert!(checks.iter().any(|(_, message, remedy)| {
        message.contains("are in intel.com/all of line 2") && remedy.contains("narrower entry")
    }));
    assert_eq!(code, 0, "all of it is served as it is written");
    let good = GREEDY.replace("ens1f0\"", "ens1f0#0-1\"");
    let (code, checks) = bench.judged(&good, &["--resource-prefix", "example.org"]);
    let ok = ("OK".into(), "FILE:1: 2 pools".into(), String::new());
    assert_eq!((code, checks), (0, vec![ok]));
}

/// SDP-22: what is of another node is judged as text alone.
#[test]
fn doctor_judges_the_devices_of_its_own_nodes_key_of_a_config_map() {
    let bench = Bench::new();
    let indented = format!("    {}\n", GREEDY.replace('\n', "\n    "));
    let map = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: pools, namespace: sriov}}\ndata:\n  \
         worker-1: |\n{indented}\n  worker-2: |\n{indented}\n"
    );
    let (_, checks) = bench.judged(&map, &["--node", "worker-1"]);
    let warned = ["FILE:8 intel.com/some", "FILE:8 intel.com/some"];
    assert_eq!(places(&checks, "WARN"), warned, "{checks:#?}");
    let (_, checks) = bench.judged(&map, &["--node", "worker-3"]);
    assert_eq!(places(&checks, "WARN"), Vec::<String>::new(), "{checks:#?}");
    assert_eq!(places(&checks, "OK").len(), 2, "{checks:#?}");
}

#[test]
fn doctor_fails_for_a_config_file_that_is_torn_unreadable_or_none() {
    let bench = Bench::new();
    let (code, checks) = bench.judged(BAD.split_at(90).0, &[]);
    let [(verdict, message, remedy)] = checks.as_slice() else {
        panic!("{checks:#?}");
    };
    assert_eq!((code, verdict.as_str()), (1, "FAIL"));
    assert!(
        message.starts_with("FILE:3: it is torn, or no JSON: "),
        "{message}"
    );
    assert!(!remedy.is_empty());
    for (text, word) in [
        ("apiVersion: v1\nkind: Secret\n", "has no config file"),
        ("kind: ConfigMap\n\tdata", "a tab"),
        ("{\"resourceList\": 7}", "FILE:1"),
    ] {
        let (code, checks) = bench.judged(text, &[]);
        assert_eq!((code, checks.len()), (1, 1), "{checks:#?}");
        assert!(checks.iter().all(|it| it.1.contains(word)), "{checks:#?}");
    }
    let (code, checks) = bench.doctor(&["--config-file", "/nonexistent/pools.json"]);
    assert_eq!((code, checks.len()), (1, 1), "{checks:#?}");
    assert!(
        checks
            .iter()
            .all(|it| it.1.contains("cannot read /nonexistent/pools.json"))
    );
}

#[test]
fn doctor_finds_the_file_where_the_plugin_has_it_and_is_silent_where_there_is_none() {
    let bench = Bench::new();
    assert_eq!(bench.doctor(&[]).1, []);
    bench.file("etc/pcidp/config.json", BAD);
    let (code, checks) = bench.doctor(&[]);
    assert_eq!((code, places(&checks, "FAIL").len()), (1, 4), "{checks:#?}");
}
