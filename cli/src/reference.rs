//! The reference pages that are made from code, and the tests that fail when a page is stale.
//!
//! `COLVIN_UPDATE=1 cargo test -p colvin reference` writes them anew. Left to others: the kinds' pages (`colvin-crds`) and the attributes', which
//! `colvin-model` makes.

mod cli;
mod findings;

use std::path::Path;

/// Compares a page of `docs/reference` with what it should be, or writes it.
#[track_caller]
fn check(page: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/reference")
        .join(page);
    if std::env::var_os("COLVIN_UPDATE").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let kept = std::fs::read(&path).unwrap_or_default();
    assert_eq!(
        String::from_utf8_lossy(&kept),
        expected,
        "docs/reference/{page} is stale: COLVIN_UPDATE=1 cargo test -p colvin reference"
    );
}
