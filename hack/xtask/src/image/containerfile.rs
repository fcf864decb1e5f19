//! `deploy/Containerfile`, read: the few instructions that an image from scratch has. Whatever else
//! stands in it is an error, so that the image that is made without a builder is the one it says.
//!
//! Left to others: building the programs and the image (`image.rs`).

use anyhow::{Context as _, Result, bail, ensure};
use std::collections::BTreeMap;

/// What the image is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Containerfile {
    /// The name of each program and where it is in the image.
    pub(super) programs: BTreeMap<String, String>,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) user: String,
    pub(super) entrypoint: Vec<String>,
}

impl Containerfile {
    /// Reads the text of the file.
    ///
    /// # Errors
    /// For an instruction that is not known here, or not in the form that is; with the line.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let mut read = Self::default();
        let mut scratch = false;
        for line in instructions(text) {
            let (instruction, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let rest = rest.trim();
            match instruction {
                "FROM" => scratch = rest == "scratch",
                "LABEL" => read.labels(rest)?,
                "COPY" => {
                    let (program, place) = rest.split_once(' ').context("COPY of what?")?;
                    read.programs
                        .insert(program.to_owned(), place.trim().to_owned());
                }
                "USER" => rest.clone_into(&mut read.user),
                "ENTRYPOINT" => {
                    read.entrypoint =
                        serde_json::from_str(rest).with_context(|| format!("in `{line}`"))?;
                }
                _ => bail!("`{line}` is not understood"),
            }
        }
        ensure!(scratch, "it is not FROM scratch");
        Ok(read)
    }

    /// `name="value"`, as often as they come, with blanks between them and none in a value.
    fn labels(&mut self, text: &str) -> Result<()> {
        for label in text.split_whitespace() {
            let (name, value) = label.split_once('=').context("a label without a value")?;
            let value = value
                .strip_prefix('"')
                .and_then(|rest| rest.strip_suffix('"'));
            let value = value.with_context(|| format!("the label {name} is not in quotes"))?;
            self.labels.insert(name.to_owned(), value.to_owned());
        }
        Ok(())
    }
}

/// The lines without comments; one that ends with a backslash goes on in the next.
fn instructions(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let mut whole = Vec::new();
    let mut begun = String::new();
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(more) = line.strip_suffix('\\') {
            begun.push_str(more);
            continue;
        }
        begun.push_str(line);
        whole.push(std::mem::take(&mut begun));
    }
    if !begun.is_empty() {
        whole.push(begun);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_from_scratch_is_its_programs_labels_user_and_entrypoint() {
        let text = "# why\nFROM scratch\nLABEL a=\"b\" \\\n      c=\"d\"\nCOPY x /bin/x\nUSER 1:2\nENTRYPOINT [\"/bin/x\", \"-v\"]\n";
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let wanted = Containerfile {
            programs: [pair("x", "/bin/x")].into(),
            labels: [pair("a", "b"), pair("c", "d")].into(),
            user: "1:2".to_owned(),
            entrypoint: vec!["/bin/x".to_owned(), "-v".to_owned()],
        };
        assert_eq!(Containerfile::parse(text).unwrap(), wanted);
    }

    #[test]
    fn what_would_make_another_image_is_an_error() {
        for (text, word) in [
            ("FROM debian\n", "scratch"),
            ("FROM scratch\nRUN true\n", "`RUN true`"),
            ("FROM scratch\nENTRYPOINT /x\n", "ENTRYPOINT /x"),
            ("FROM scratch\nLABEL a=b\n", "quotes"),
        ] {
            let error = Containerfile::parse(text).unwrap_err();
            assert!(format!("{error:#}").contains(word), "{error:#}");
        }
    }
}
