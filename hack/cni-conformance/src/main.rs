//! `cni-conformance`: runs any CNI plugin, as a black box, and says which rules of the specification and of good
//! behaviour it keeps. `README.md` says how.
//!
//! Called as `conformance-ipam` it is the address plugin that the cases put in the plugin's way.
//!
//! Left to others: how a plugin does it.

#![forbid(unsafe_code)]
#![expect(
    clippy::indexing_slicing,
    reason = "only JSON values are indexed: what is not there is null; keys are set in objects only"
)]

mod bed;
mod call;
mod cases;
mod ipam;
mod kind;
mod report;
mod sight;
mod subject;
mod suite;
mod verdict;

use anyhow::{Context as _, Result};
use report::Count;
use std::{env, io::Write as _, path::Path, process::ExitCode};
use subject::{Arguments, USAGE};

fn main() -> ExitCode {
    let called = env::args_os().next().unwrap_or_default();
    if Path::new(&called).file_name() == Some(ipam::NAME.as_ref()) {
        return ipam::main();
    }
    match perform() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            // whoever cannot be told is not listening
            drop(writeln!(
                std::io::stderr(),
                "cni-conformance: {error:#}\n\n{USAGE}"
            ));
            ExitCode::from(2)
        }
    }
}

fn perform() -> Result<u8> {
    let arguments = Arguments::parse(env::args().skip(1))?;
    if arguments.list {
        for case in suite::all() {
            say(&report::listed(case))?;
        }
        return Ok(0);
    }
    let folder = tempfile::Builder::new()
        .prefix("cni-conformance-")
        .tempdir_in("/tmp");
    let folder = folder.context("making a folder for the address plugin")?;
    let subject = arguments.subject(folder.path())?;
    let to_stdout = arguments.json.as_deref() == Some(Path::new("-"));
    let mut told = Ok(());
    let ran = suite::run(&subject, arguments.only.as_deref(), |ran| {
        if !to_stdout && told.is_ok() {
            told = say(&report::line(ran));
        }
    });
    told?;
    let count = Count::of(&ran);
    let json = format!("{:#}", report::json(&subject, &ran));
    match &arguments.json {
        Some(_) if to_stdout => say(&json)?,
        Some(file) => {
            std::fs::write(
                file,
                json + "
",
            )
            .with_context(|| file.display().to_string())?;
        }
        None => {}
    }
    if !to_stdout {
        say(&report::summary(&subject, count))?;
    }
    Ok(count.exit_code())
}

fn say(line: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{line}").context("writing to standard output")
}
