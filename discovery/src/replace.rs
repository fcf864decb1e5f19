//! Files that are never half written. Left to others: what is in them.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file beside its place and renames it into it: whoever reads sees the old one or the new
/// one, whole, also after a power cut.
///
/// # Errors
/// When it cannot be written; the file that was there before stands.
pub fn replace_file(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let mut file = File::create(&beside)?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        Some(_) | None => Ok(()),
    }
}
