//! What the demo shows: steps with the time so far, commands with what they say; and its record in README and in the
//! tutorial.
//!
//! Left to others: what is told.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::{place, run};

/// A screen.
pub(super) struct Screen {
    begun: Instant,
    /// What the record has of it, by the name of the step.
    kept: BTreeMap<&'static str, String>,
    step: &'static str,
    /// All of it, as README shows it.
    whole: String,
}

/// What README calls all of it.
const ALL: &str = "all";

/// The files that have a record: text between lines `<!-- hack/demo shows: STEP -->` and [`END`].
pub(super) fn records() -> [PathBuf; 2] {
    [
        place::top().join("README.md"),
        place::top().join("docs/first-network.md"),
    ]
}

/// Where a record begins, before the step's name.
const BEGIN: &str = "<!-- hack/demo shows: ";
const END: &str = "<!-- end of what hack/demo shows -->";

impl Default for Screen {
    fn default() -> Self {
        Self {
            begun: Instant::now(),
            kept: BTreeMap::new(),
            step: "",
            whole: String::new(),
        }
    }
}

impl Screen {
    /// A new step begins, with a short name and a line for people.
    pub(super) fn step(&mut self, name: &'static str, what: &str) {
        let seconds = self.begun.elapsed().as_secs();
        run::say(&format!("\n[{seconds:>3} s] {what}\n"));
        self.step = name;
        self.whole.extend(["# ", what, "\n"]);
    }

    /// A command, with what it said.
    pub(super) fn command(&mut self, words: &[&str], said: &str) {
        let said = said.trim_end();
        let text = format!("$ {}\n{said}", words.join(" "));
        let text = text.trim_end();
        run::say(text);
        for kept in [self.kept.entry(self.step).or_default(), &mut self.whole] {
            kept.extend([text, "\n"]);
        }
    }

    /// A file of the repository, for who reads along.
    pub(super) fn file(&mut self, name: &str, content: &str) {
        let lines = content.lines().filter(|line| !line.starts_with('#'));
        let lines: Vec<&str> = lines.collect();
        self.command(&["cat", name], &lines.join("\n"));
    }

    /// Writes it into the files that show it, where that is asked for.
    pub(super) fn keep(mut self) -> Result<()> {
        if std::env::var_os("COLVIN_UPDATE").is_none() {
            return Ok(());
        }
        self.kept.insert(ALL, self.whole);
        for path in records() {
            let text =
                filled(&place::text(&path)?, &self.kept).with_context(|| place::relative(&path))?;
            std::fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}

/// A page with its records made anew.
fn filled(page: &str, kept: &BTreeMap<&str, String>) -> Result<String> {
    let mut pieces = page.split(BEGIN);
    let mut made = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (step, rest) = piece.split_once(" -->").context("a mark without an end")?;
        let (_, after) = rest.split_once(END).context("a record without an end")?;
        let Some(text) = kept.get(step) else {
            bail!("the demo has no step {step:?}");
        };
        let text = text.trim_end();
        made.extend([
            BEGIN,
            step,
            " -->\n```console\n",
            text,
            "\n```\n",
            END,
            after,
        ]);
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_made_anew_and_the_rest_stays() {
        let kept = BTreeMap::from([("one", "$ a\n1\n".to_owned()), (ALL, "# x\n$ a".to_owned())]);
        let page = format!("x\n{BEGIN}one -->\nold\n{END}\ny\n{BEGIN}all -->\n{END}\n");
        let made = filled(&page, &kept).unwrap();
        assert_eq!(
            made,
            format!(
                "x\n{BEGIN}one -->\n```console\n$ a\n1\n```\n{END}\ny\n{BEGIN}all -->\n```console\n# x\n$ a\n```\n{END}\n"
            )
        );
        assert_eq!(filled(&made, &kept).unwrap(), made);
        assert!(filled(&format!("{BEGIN}two -->{END}"), &kept).is_err());
        assert!(filled(&format!("{BEGIN}one -->"), &kept).is_err());
    }

    /// The tutorial tells the same story: what it shows was run, by the demo, as README has it.
    #[test]
    fn the_tutorial_has_every_command_of_the_demo_in_its_order() {
        let commands = |page: &PathBuf| {
            let text = place::text(page).unwrap();
            let records: Vec<String> = text
                .split(BEGIN)
                .skip(1)
                .filter_map(|piece| Some(piece.split_once(END)?.0.to_owned()))
                .collect();
            let lines = records.iter().flat_map(|record| record.lines());
            let commands = lines.filter(|line| line.starts_with("$ "));
            commands.map(ToOwned::to_owned).collect::<Vec<_>>()
        };
        let [readme, tutorial] = records();
        let told = commands(&readme);
        assert!(told.len() > 10, "{told:?}");
        assert_eq!(commands(&tutorial), told);
    }
}
