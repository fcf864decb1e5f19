//! The address plugin that the suite puts in the plugin's way: it keeps what it is told, and answers, fails or hangs
//! as the configuration says. It is this program itself, called by another name.
//!
//! Left to others: judging what it kept (`cases/`).
//!
//! ```json
//! {"type": "conformance-ipam", "journal": "/folder", "answer": {"ips": []}, "fail": ["DEL"], "hang": ["ADD"],
//!  "garbage": ["ADD"], "whisper": "on standard error"}
//! ```

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    env, fs,
    io::{Read as _, Write as _},
    path::Path,
    process::ExitCode,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The name it is called by, and its `ipam.type`.
pub(crate) const NAME: &str = "conformance-ipam";

/// How long it hangs at most, so that it never stays behind.
const HANG: Duration = Duration::from_mins(3);

/// The address and its gateway that it gives where the configuration does not say what.
pub(crate) const ADDRESS: &str = "10.99.0.10/24";
pub(crate) const GATEWAY: &str = "10.99.0.1";

/// The code that it fails with.
pub(crate) const CODE: u64 = 142;

/// A call that it was given.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) verb: String,
    /// Its `CNI_*` variables, and those of a trace.
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) stdin: Vec<u8>,
}

/// One call of it as a program.
pub(crate) fn main() -> ExitCode {
    match serve() {
        Ok(code) => code,
        Err(error) => {
            say(
                &json!({"cniVersion": "1.0.0", "code": CODE, "msg": format!("{error:#}")})
                    .to_string(),
            );
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<ExitCode> {
    let mut stdin = Vec::new();
    std::io::stdin()
        .read_to_end(&mut stdin)
        .context("reading standard input")?;
    let config: Value = serde_json::from_slice(&stdin).context("its configuration")?;
    let ipam = &config["ipam"];
    let verb = env::var("CNI_COMMAND").unwrap_or_default();
    let version = config["cniVersion"].as_str().unwrap_or("1.1.0");
    let names = |key: &str| {
        let verbs = ipam[key].as_array();
        verbs.is_some_and(|verbs| verbs.iter().any(|it| *it == verb))
    };
    if let Some(journal) = ipam["journal"].as_str() {
        keep(Path::new(journal), &verb, &stdin)?;
    }
    if let Some(words) = ipam["whisper"].as_str() {
        std::io::stderr()
            .write_all(words.as_bytes())
            .context("whispering")?;
    }
    if names("hang") {
        hang();
    }
    if names("garbage") {
        say("{\"ips\": [ {\"address\": 7 ");
        return Ok(ExitCode::SUCCESS);
    }
    if names("fail") {
        let msg = format!("{NAME} was told to fail {verb}");
        say(&json!({"cniVersion": version, "code": CODE, "msg": msg}).to_string());
        return Ok(ExitCode::FAILURE);
    }
    if verb == "ADD" {
        say(&answer(ipam, version).to_string());
    }
    Ok(ExitCode::SUCCESS)
}

/// The configured answer, or one address; in the form of the version.
fn answer(ipam: &Value, version: &str) -> Value {
    let mut answer = match &ipam["answer"] {
        Value::Null => json!({"ips": [{"address": ADDRESS, "gateway": GATEWAY}], "dns": {}}),
        configured => configured.clone(),
    };
    answer["cniVersion"] = json!(version);
    if version.starts_with("0.") {
        for ip in answer["ips"].as_array_mut().into_iter().flatten() {
            let v6 = ip["address"]
                .as_str()
                .is_some_and(|address| address.contains(':'));
            ip["version"] = json!(if v6 { "6" } else { "4" });
        }
    }
    answer
}

/// Keeps a call in a folder of its own: `<nanoseconds>-<verb>/stdin` and `environment`.
fn keep(journal: &Path, verb: &str, stdin: &[u8]) -> Result<()> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .context("the clock")?;
    let folder = journal.join(format!("{:030}-{verb}", now.as_nanos()));
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    fs::write(folder.join("stdin"), stdin).context("keeping the configuration")?;
    let ours = |name: &str| name.starts_with("CNI_") || name.starts_with("TRACE");
    let environment: BTreeMap<String, String> =
        env::vars().filter(|(name, _)| ours(name)).collect();
    fs::write(folder.join("environment"), json!(environment).to_string())
        .context("keeping the environment")
}

/// The calls that were kept in a folder, in their order.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn told(journal: &Path) -> Result<Vec<Told>> {
    let mut folders = Vec::new();
    match fs::read_dir(journal) {
        Ok(entries) => {
            for entry in entries {
                folders.push(entry.context("listing calls")?.path());
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).context("listing calls"),
    }
    folders.sort();
    let mut calls = Vec::new();
    for folder in folders {
        let name = folder
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let environment = fs::read(folder.join("environment")).context("a kept environment")?;
        calls.push(Told {
            verb: name
                .split_once('-')
                .map_or(name.clone(), |(_, verb)| verb.to_owned()),
            environment: serde_json::from_slice(&environment).context("a kept environment")?,
            stdin: fs::read(folder.join("stdin")).context("a kept configuration")?,
        });
    }
    Ok(calls)
}

/// Waits until it is killed, its caller is gone or its time is over.
fn hang() {
    let caller = rustix::process::getppid();
    let began = Instant::now();
    while began.elapsed() < HANG && rustix::process::getppid() == caller {
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn say(text: &str) {
    // a caller that does not listen is the caller's affair
    drop(std::io::stdout().write_all(text.as_bytes()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_form_of_its_version() {
        let old = answer(&Value::Null, "0.4.0");
        assert_eq!(old["ips"][0]["version"], "4");
        let new = answer(
            &json!({"answer": {"ips": [{"address": "fd00::2/64"}]}}),
            "1.1.0",
        );
        assert_eq!(
            new,
            json!({"cniVersion": "1.1.0", "ips": [{"address": "fd00::2/64"}]})
        );
    }

    #[test]
    fn calls_are_kept_in_their_order_byte_for_byte() {
        let folder = tempfile::tempdir().unwrap();
        assert!(told(folder.path()).unwrap().is_empty());
        keep(folder.path(), "ADD", b"{ \"a\" : 1.0 }").unwrap();
        keep(folder.path(), "DEL", b"{}").unwrap();
        let calls = told(folder.path()).unwrap();
        let verbs: Vec<&str> = calls.iter().map(|call| call.verb.as_str()).collect();
        assert_eq!(verbs, ["ADD", "DEL"]);
        assert_eq!(calls[0].stdin, b"{ \"a\" : 1.0 }");
    }
}
