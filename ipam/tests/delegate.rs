//! Other IPAM plugins: what they are given, and what becomes of one that misbehaves.

#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "test")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use colvin_ipam::{
    Attachment, ConfigError, DelegateError, ErrorKind, IpamError, Lease, Method, RawConfig, Request,
};
use tempfile::TempDir;

/// A folder with the plugin `lend`, a shell script.
struct Bench {
    folder: TempDir,
    config: String,
    limit: Duration,
}

const CONFIG: &str = "{\"name\":\"net\",  \"ipam\" : {\"type\":\"lend\",\"z\":1.50,\"a\":[]},\n \"cniVersion\":\"1.0.0\"}\n";

const RESULT: &str = r#"echo '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.5/24","gateway":"10.0.0.1"}],"dns":{}}'"#;

impl Bench {
    fn new(script: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("lend");
        let calls = folder.path().join("calls").display().to_string();
        let script = format!("#!/bin/sh\necho $CNI_COMMAND >> {calls}\n{script}\n");
        fs::write(
            &path,
            script.replace("DIR", &folder.path().display().to_string()),
        )
        .unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        Self {
            folder,
            config: CONFIG.into(),
            limit: Duration::from_mins(1),
        }
    }

    fn ask<T>(
        &self,
        ask: impl FnOnce(&Request<'_>, &Attachment<'_>) -> Result<T, IpamError>,
    ) -> Result<T, IpamError> {
        let path: PathBuf = self.folder.path().into();
        let request = Request {
            network: "net",
            config: &RawConfig::new(self.config.as_str()).map_err(IpamError::from)?,
            cni_path: &["/nowhere".into(), path],
            limit: self.limit,
            boot_id: "first",
        };
        let attachment = Attachment {
            container_id: "c1",
            ifname: "eth0",
            netns: Some(Path::new("/run/netns/x")),
            args: Some("K8S_POD_NAME=a"),
        };
        ask(&request, &attachment)
    }

    fn add(&self) -> Result<Lease, IpamError> {
        self.ask(colvin_ipam::add)
    }

    /// What the failed `ADD` says of the plugin, and whether `DEL` failed after it.
    fn failure(&self) -> (DelegateError, bool) {
        match self.add().unwrap_err() {
            IpamError::Delegate { source, undo, .. } => (source, undo.is_some()),
            other => unreachable!("{other}"),
        }
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

/// IPAM-2: bytes in are bytes out.
#[test]
fn ipam_2_a_delegate_gets_the_configuration_byte_for_byte() {
    let bench = Bench::new(&format!("cat > DIR/stdin; {RESULT}"));
    let lease = bench.add().unwrap();
    assert_eq!(
        serde_json::to_string(&lease).unwrap(),
        r#"{"ips":[{"address":"10.0.0.5/24","gateway":"10.0.0.1"}]}"#
    );
    assert_eq!(bench.read("stdin"), CONFIG);
    fs::remove_file(bench.folder.path().join("stdin")).unwrap();
    bench.ask(colvin_ipam::del).unwrap();
    assert_eq!(bench.read("stdin"), CONFIG);
}

/// IPAM-1: looked up in `CNI_PATH`, run with the environment of the protocol, all verbs forwarded.
#[test]
fn ipam_1_a_delegate_is_asked_every_verb_with_its_environment() {
    let bench = Bench::new(&format!(
        "cat > /dev/null; env | grep ^CNI_ | sort > DIR/env-$CNI_COMMAND; {RESULT}"
    ));
    let path = bench.folder.path().display().to_string();
    bench.add().unwrap();
    assert_eq!(
        bench.read("env-ADD"),
        format!(
            "CNI_ARGS=K8S_POD_NAME=a\nCNI_COMMAND=ADD\nCNI_CONTAINERID=c1\nCNI_IFNAME=eth0\n\
             CNI_NETNS=/run/netns/x\nCNI_PATH=/nowhere:{path}\n"
        )
    );
    bench
        .ask(|request, attachment| colvin_ipam::check(request, attachment, None))
        .unwrap();
    bench.ask(colvin_ipam::del).unwrap();
    bench
        .ask(|request, _| colvin_ipam::status(request))
        .unwrap();
    bench
        .ask(|request, _| colvin_ipam::gc(request, Some(&[])))
        .unwrap();
    assert_eq!(bench.read("calls"), "ADD\nCHECK\nDEL\nSTATUS\nGC\n");
    for verb in ["GC", "STATUS"] {
        let of_no_container = format!("CNI_COMMAND={verb}\nCNI_PATH=/nowhere:{path}\n");
        assert_eq!(bench.read(&format!("env-{verb}")), of_no_container);
    }
}

/// CNI-ADD-3: a delegate that fails is asked to DEL.
#[test]
fn cni_add_3_a_delegate_that_fails_is_run_again_with_del() {
    let error = r#"echo '{"code":101,"msg":"no more","details":"all 4 are taken"}'; exit 1"#;
    let bench = Bench::new(&format!("[ $CNI_COMMAND = DEL ] || {{ {error}; }}"));
    let failed = bench.add().unwrap_err();
    assert_eq!(failed.kind(), ErrorKind::Delegate(101));
    let (said, undo_failed) = bench.failure();
    assert_eq!(
        said.to_string(),
        "it says: no more; all 4 are taken (code 101)"
    );
    assert!(!undo_failed);
    assert_eq!(bench.read("calls"), "ADD\nDEL\nADD\nDEL\n");
    // and where that fails too, it is said
    assert!(Bench::new(error).failure().1);
}

#[test]
fn an_answer_that_is_no_result_is_refused_and_undone() {
    for (answer, expected) in [
        ("echo", "EOF while parsing"),
        ("echo '<html>'", "expected value"),
        ("echo '[]'", "it is no object"),
        ("echo '{}'", "it has no address"),
        (
            r#"echo '{"ips":[{"address":"10.0.0.5"}]}'"#,
            "is no address with the length",
        ),
        (
            r#"echo '{"ips":[{"address":"10.0.0.5/24"}]} and more'"#,
            "trailing characters",
        ),
        (r#"echo '{"code":7,"msg":"not today"}'"#, "not today"),
        (r"printf '\377\376'", "expected value"),
        ("echo words; exit 3", "status 3"),
        ("kill -9 $$", "signal 9"),
    ] {
        let bench = Bench::new(&format!("[ $CNI_COMMAND = DEL ] && exit 0\n{answer}"));
        let (error, undo_failed) = bench.failure();
        assert!(error.to_string().contains(expected), "{answer}: {error}");
        assert!(!undo_failed, "{answer}");
        assert_eq!(bench.read("calls"), "ADD\nDEL\n", "{answer}");
    }
}

/// CNI-P12: a delegate that hangs is ended, and what it started in its group.
#[test]
fn cni_p12_a_delegate_that_hangs_is_killed_with_its_children() {
    for hang in [
        "sleep 1000",
        "exec >&-; sleep 1000",
        "cat > /dev/null; sleep 1000 & wait",
    ] {
        let mut bench = Bench::new(&format!(
            "[ $CNI_COMMAND = DEL ] && exit 0\necho $$ > DIR/pid; {hang}"
        ));
        bench.limit = Duration::from_millis(1500);
        let began = Instant::now();
        let (error, undo_failed) = bench.failure();
        assert!(matches!(error, DelegateError::TimedOut { .. }), "{error}");
        assert!(!undo_failed && began.elapsed() < Duration::from_mins(1));
        let leader: i32 = bench.read("pid").trim().parse().unwrap();
        let group = rustix::process::Pid::from_raw(leader).unwrap();
        // killed children of children are reaped by whoever adopted them, in their own time
        let gone = (0..2000).any(|_| {
            std::thread::yield_now();
            rustix::process::test_kill_process_group(group).is_err() || all_dead(leader)
        });
        assert!(gone, "{hang}");
    }
}

/// Whether every process of the group is dead and only not yet reaped.
fn all_dead(leader: i32) -> bool {
    fs::read_dir("/proc").unwrap().flatten().all(|entry| {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let mut fields = fields.split_whitespace();
        let state = fields.next();
        fields.nth(1) != Some(&leader.to_string()) || state == Some("Z")
    })
}

#[test]
fn a_flood_is_cut_off() {
    let bench = Bench::new("[ $CNI_COMMAND = DEL ] && exit 0\nhead -c 67108864 /dev/zero");
    let (error, undo_failed) = bench.failure();
    assert!(matches!(error, DelegateError::TooLong { .. }), "{error}");
    assert!(!undo_failed);
}

#[test]
fn a_configuration_longer_than_a_pipe_arrives_and_may_stay_unread() {
    let long = format!(
        r#"{{"ipam":{{"type":"lend","pad":"{}"}}}}"#,
        "x".repeat(300_000)
    );
    let mut bench = Bench::new(&format!("wc -c < /dev/stdin > DIR/count; {RESULT}"));
    bench.config.clone_from(&long);
    bench.add().unwrap();
    assert_eq!(bench.read("count").trim(), long.len().to_string());
    // one that reads nothing, and one whose child keeps stdout open
    for script in [
        RESULT.to_owned(),
        format!("{RESULT}; sleep 1000 & echo $! > DIR/child"),
    ] {
        let mut bench = Bench::new(&script);
        bench.config.clone_from(&long);
        bench.add().unwrap();
        if let Ok(child) = bench.read("child").trim().parse() {
            let child = rustix::process::Pid::from_raw(child).unwrap();
            rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
        }
    }
}

#[test]
fn a_result_of_any_version_is_read() {
    for (answer, lease) in [
        (
            r#"{"cniVersion":"0.2.0","ip4":{"ip":"10.0.0.5/24","gateway":"10.0.0.1","routes":[{"dst":"0.0.0.0/0"}]},"ip6":{"ip":"fd00::5/64"}}"#,
            r#"{"ips":[{"address":"10.0.0.5/24","gateway":"10.0.0.1"},{"address":"fd00::5/64"}],"routes":[{"dst":"0.0.0.0/0"}]}"#,
        ),
        (
            r#"{"cniVersion":"0.3.1","ips":[{"version":"4","address":"10.0.0.5/24","interface":null}],"routes":null,"dns":{"domain":"x"}}"#,
            r#"{"ips":[{"address":"10.0.0.5/24"}],"dns":{"domain":"x"}}"#,
        ),
        (
            r#"{"cniVersion":"1.1.0","ips":[{"address":"10.0.0.5/24"}],"routes":[{"dst":"10.0.0.0/8","gw":"10.0.0.1","mtu":1400,"advmss":1360,"priority":5,"table":100,"scope":0}]}"#,
            r#"{"ips":[{"address":"10.0.0.5/24"}],"routes":[{"dst":"10.0.0.0/8","gw":"10.0.0.1","mtu":1400,"advmss":1360,"priority":5,"table":100,"scope":0}]}"#,
        ),
    ] {
        let given = Bench::new(&format!("echo '{answer}'")).add().unwrap();
        assert_eq!(serde_json::to_string(&given).unwrap(), lease);
    }
}

/// CNI-P10: only a bare name is looked up.
#[test]
fn cni_p10_a_plugin_is_named_by_a_bare_name() {
    for name in [
        "",
        ".",
        "..",
        "../lend",
        "/bin/sh",
        "a/b",
        "a\\u0000b",
        "a\\nb",
    ] {
        let config = format!(r#"{{"ipam": {{"type": "{name}", "more": 1}}}}"#);
        let refused = RawConfig::new(config).unwrap_err();
        assert!(
            matches!(&refused, ConfigError::Value { key, .. } if key == "ipam.type"),
            "{name}: {refused}"
        );
    }
    for (config, method) in [
        ("{}", Method::None),
        (r#"{"ipam": null}"#, Method::None),
        (r#"{"ipam": {}}"#, Method::None),
        (r#"{"ipam": {"type": ""}}"#, Method::None),
        (
            r#"{"ipam": {"type": "whereabouts"}}"#,
            Method::Delegate("whereabouts".into()),
        ),
    ] {
        assert_eq!(RawConfig::new(config).unwrap().method(), &method);
    }
    for config in [
        "",
        "[]",
        "{",
        r#"{"ipam": "static"}"#,
        r#"{"ipam": {"type": 7}}"#,
        r#"{"ipam": {"ranges": []}}"#,
        r#"{"ipam": {"type": "slaac", "waitMilliseconds": -1}}"#,
    ] {
        RawConfig::new(config).unwrap_err();
    }
    let deep = format!(
        r#"{{"ipam": {{"type": "lend", "a": {}}}}}"#,
        "[".repeat(20_000)
    );
    assert_eq!(RawConfig::new(deep).unwrap_err().kind(), ErrorKind::Decode);
}

#[test]
fn a_plugin_that_is_missing_or_this_program_itself_is_not_run() {
    let bench = Bench::new(RESULT);
    let path = bench.folder.path().join("lend");
    fs::remove_file(&path).unwrap();
    let (error, undo_failed) = bench.failure();
    assert!(error.to_string().contains("/nowhere:"), "{error}");
    assert!(!undo_failed);
    std::os::unix::fs::symlink(std::env::current_exe().unwrap(), &path).unwrap();
    let (error, _) = bench.failure();
    assert!(matches!(error, DelegateError::Itself { .. }), "{error}");
    assert_eq!(bench.read("calls"), "");
}
