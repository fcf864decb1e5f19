//! What the demo shows: steps with the time so far, commands with what they say; and its record in README.
//!
//! Left to others: what is told.

use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::{place, run};

/// Between these lines of README stands what a run has shown.
const BEGIN: &str = "<!-- what hack/demo showed: COLVIN_UPDATE=1 hack/demo -->";
const END: &str = "<!-- end of what hack/demo showed -->";

/// A screen.
pub(super) struct Screen {
    begun: Instant,
    /// What README has of it.
    kept: String,
}

impl Default for Screen {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            kept: String::new(),
        }
    }
}

impl Screen {
    /// A new step begins.
    pub(super) fn step(&mut self, what: &str) {
        let seconds = self.begun.elapsed().as_secs();
        run::say(&format!("\n[{seconds:>3} s] {what}\n"));
        self.kept.extend(["# ", what, "\n"]);
    }

    /// A command, with what it said.
    pub(super) fn command(&mut self, words: &[&str], said: &str) {
        let said = said.trim_end();
        let text = format!("$ {}\n{said}", words.join(" "));
        let text = text.trim_end();
        run::say(text);
        self.kept.push_str(text);
        self.kept.push('\n');
    }

    /// A file of the repository, for who reads along.
    pub(super) fn file(&mut self, name: &str, content: &str) {
        let lines = content.lines().filter(|line| !line.starts_with('#'));
        let lines: Vec<&str> = lines.collect();
        self.command(&["cat", name], &lines.join("\n"));
    }

    /// Writes it into README where that is asked for.
    pub(super) fn keep(&self) -> Result<()> {
        if std::env::var_os("COLVIN_UPDATE").is_none() {
            return Ok(());
        }
        let path = place::top().join("README.md");
        let readme = place::text(&path)?;
        let place = || {
            let (before, rest) = readme.split_once(BEGIN)?;
            let (_, after) = rest.split_once(END)?;
            Some((before, after))
        };
        let (before, after) = place().context("README.md has no place for the demo's screen")?;
        let kept = self.kept.trim_end();
        let readme = format!("{before}{BEGIN}\n```console\n{kept}\n```\n{END}{after}");
        std::fs::write(&path, readme).with_context(|| format!("writing {}", path.display()))
    }
}
