//! `colvin support-bundle`: what somebody needs who is to find out what is wrong, in one file, without what tells whose
//! machines it is about.
//!
//! Left to others: what is taken of a cluster ([`objects`]) and of the node ([`local`]), what is replaced
//! ([`crate::redact`]), the archive ([`crate::tar`]).

mod local;
mod objects;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;

use super::{Ended, doctor};
use crate::args::bundle::SupportBundle;
use crate::cluster::Cluster;
use crate::ports::count;
use crate::print::printable;
use crate::redact::Redactor;
use crate::tar::{self, TarFile};
use crate::utc::Utc;
use crate::{output, place};

/// The folder in the archive.
const FOLDER: &str = "colvin-support";
/// The most characters of a name in it.
const MOST_NAME: usize = 80;

/// What is taken, and what is missing.
#[derive(Debug, Default)]
struct Bundle {
    /// By name what is in it.
    files: BTreeMap<String, String>,
    /// What could not be taken, a line each.
    missing: Vec<String>,
    /// What is replaced as a name: its kind and the name.
    names: Vec<(&'static str, String)>,
}

impl Bundle {
    fn file(&mut self, name: impl Into<String>, text: String) {
        self.files.insert(name.into(), text);
    }
}

/// Takes what there is and writes it.
///
/// # Errors
/// When there is no cluster to ask, or the file is there already or cannot be written.
pub(super) fn run(args: &SupportBundle, to: &mut dyn Write) -> anyhow::Result<Ended> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or(Duration::ZERO);
    let hint = "name another with --output";
    let path = args.output.clone().unwrap_or_else(|| usual(now));
    if path.symlink_metadata().is_ok() {
        return Err(place::exists(&path, hint));
    }
    let mut bundle = Bundle::default();
    let mut cluster = Cluster::open(&args.cluster)?;
    objects::take(&mut cluster, args, &mut bundle);
    match doctor::cluster::judged(&mut cluster) {
        Ok(checks) => bundle.file("doctor.json", output::json(&checks)?),
        Err(error) => bundle.missing.push(format!("doctor: {error:#}")),
    }
    let partial = cluster.partial().iter().chain(cluster.unknown());
    bundle.missing.extend(partial.cloned());
    local::take(args, &mut bundle);
    bundle.missing.sort();
    bundle.missing.dedup();
    let missing = bundle.missing.clone();
    let mut redactor = Redactor::default();
    let files = written(bundle, (!args.no_redact).then_some(&mut redactor));
    place::whole(&path, false, hint, |to| {
        tar::write(&files, now.as_secs(), to)
    })?;
    let size = path
        .symlink_metadata()
        .context("cannot look at the file")?
        .len();
    tell(
        args,
        &files,
        (&path.display().to_string(), size),
        &redactor,
        &missing,
        to,
    )?;
    let whole = missing.is_empty();
    Ok(if whole { Ended::Well } else { Ended::Badly })
}

/// The name of a file of now.
fn usual(now: Duration) -> PathBuf {
    let time = Utc::of(now).to_string().replace(['-', ':'], "");
    PathBuf::from(format!("{FOLDER}-{time}.tar"))
}

/// The files of the archive, with a page about it, as they are written.
fn written(mut bundle: Bundle, redactor: Option<&mut Redactor>) -> Vec<TarFile> {
    let readme = readme(&bundle, redactor.is_some());
    bundle.file("README", readme);
    let Bundle { files, names, .. } = bundle;
    let mut plain: Vec<(String, String)> = files.into_iter().collect();
    if let Some(redactor) = redactor {
        for (kind, name) in &names {
            redactor.learn(kind, name);
        }
        for (_, text) in &plain {
            redactor.learn_text(text);
        }
        for (name, text) in &mut plain {
            *name = redactor.apply(name);
            *text = redactor.apply(text);
        }
    }
    let files = plain.into_iter().map(|(name, text)| {
        // a number stands before what is cut
        let name: String = name
            .chars()
            .filter(char::is_ascii_graphic)
            .take(MOST_NAME)
            .collect();
        TarFile {
            name: format!("{FOLDER}/{name}"),
            bytes: text.into_bytes(),
        }
    });
    files.collect()
}

fn readme(bundle: &Bundle, redacted: bool) -> String {
    let mut text = format!(
        "What colvin {} took of a cluster.\n\n",
        env!("CARGO_PKG_VERSION")
    );
    text.push_str(if redacted {
        "MAC addresses, IP addresses, names of nodes and switches, serial numbers and tokens are replaced, the same one by\n\
         the same other one everywhere. Secrets, ConfigMaps and environment variables were not read.\n\n"
    } else {
        "Nothing is replaced: addresses and names are as they are. Secrets, ConfigMaps and environment variables were not\n\
         read.\n\n"
    });
    text.push_str("Missing:\n");
    for line in &bundle.missing {
        text.push_str("- ");
        text.push_str(line);
        text.push('\n');
    }
    if bundle.missing.is_empty() {
        text.push_str("nothing\n");
    }
    text
}

/// Says what was written.
fn tell(
    args: &SupportBundle,
    files: &[TarFile],
    (path, size): (&str, u64),
    redactor: &Redactor,
    missing: &[String],
    to: &mut dyn Write,
) -> anyhow::Result<()> {
    for file in files {
        let name = printable(&file.name);
        writeln!(to, "{:>10}  {name}", file.bytes.len())?;
    }
    let number = count(files.len(), "file");
    let path = printable(path);
    writeln!(
        to,
        "wrote {path}: {number}, {size} bytes, for its owner only"
    )?;
    if args.no_redact {
        writeln!(
            to,
            "nothing is replaced in it: read it before you give it away"
        )?;
    } else {
        let counts = redactor.counts().iter();
        let counts: Vec<String> = counts
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        let counts = counts.join(", ");
        writeln!(
            to,
            "replaced: MAC addresses, serial numbers{}{counts}; read it before you give it away",
            if counts.is_empty() { "" } else { ", " }
        )?;
    }
    for line in missing {
        writeln!(to, "missing: {}", printable(line))?;
    }
    Ok(())
}
