//! Pages of the documentation that are made from code, as they are kept.
//!
//! A test compares what it gets with what it wants; with `COLVIN_UPDATE` set the page is written
//! first. Left to others: what should be on a page, the comparison.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// The page as it is, by its path below the top of the repository.
///
/// # Errors
/// When it cannot be read.
pub fn text(page: &str) -> Result<String> {
    read(&file(page))
}

/// The page that should be this, by its path below the top of the repository.
///
/// # Errors
/// When it cannot be read or written.
pub fn kept(page: &str, wanted: &str) -> Result<String> {
    let file = file(page);
    if update() {
        std::fs::write(&file, wanted).with_context(|| format!("writing {page}"))?;
    }
    read(&file)
}

/// What is below `## heading` on the page, up to the next heading of that kind.
///
/// # Errors
/// When the page cannot be read or written, or has no such heading.
pub fn kept_section(page: &str, heading: &str, wanted: &str) -> Result<String> {
    let file = file(page);
    let text = read(&file)?;
    let (before, below, after) =
        parts(&text, heading).with_context(|| format!("{page} has no heading {heading}"))?;
    if update() {
        let text = [before, wanted, after].concat();
        std::fs::write(&file, text).with_context(|| format!("writing {page}"))?;
        return Ok(wanted.to_owned());
    }
    Ok(below.to_owned())
}

/// The text up to and with the heading, what is below it, and the rest.
fn parts<'t>(text: &'t str, heading: &str) -> Option<(&'t str, &'t str, &'t str)> {
    let heading = format!("\n## {heading}\n\n");
    let begin = text.find(&heading)?.checked_add(heading.len())?;
    let (before, below) = text.split_at_checked(begin)?;
    let end = below.find("\n## ").unwrap_or(below.len());
    let (below, after) = below.split_at_checked(end)?;
    Some((before, below, after))
}

fn update() -> bool {
    std::env::var_os("COLVIN_UPDATE").is_some()
}

fn file(page: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page)
}

fn read(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_at_the_next_heading_or_with_the_page() {
        let page = "# a\n\n## b\n\none\n\n## c\n\ntwo\n";
        assert_eq!(
            parts(page, "b"),
            Some(("# a\n\n## b\n\n", "one\n", "\n## c\n\ntwo\n"))
        );
        let (_, below, after) = parts(page, "c").unwrap();
        assert_eq!((below, after), ("two\n", ""));
        assert_eq!(parts(page, "d"), None);
    }
}
