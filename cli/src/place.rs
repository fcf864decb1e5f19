//! Files that are written whole or not at all: beside their place first, for their owner alone.
//!
//! Left to others: what is in them.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;

/// Writes a file beside its place and moves it there. One that is there already stays, unless `force` says otherwise;
/// `hint` is what the message says then.
///
/// # Errors
/// When it is there already, or cannot be written.
pub(crate) fn whole(
    path: &Path,
    force: bool,
    hint: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let mut file = tempfile::Builder::new()
        .prefix(".colvin-")
        .tempfile_in(folder)
        .with_context(cannot)?;
    {
        let mut buffer = BufWriter::new(&mut file);
        write(&mut buffer).with_context(cannot)?;
        buffer.flush().with_context(cannot)?;
    }
    file.as_file().sync_all().with_context(cannot)?;
    if force {
        let placed = file.persist(path).map_err(|error| error.error);
        placed.with_context(cannot)?;
        return Ok(());
    }
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path, hint)),
        Err(error) => Err(error.error).with_context(cannot),
    }
}

/// That a file is there already.
pub(crate) fn exists(path: &Path, hint: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "cannot write {}: it is there already; {hint}",
        path.display()
    )
}
