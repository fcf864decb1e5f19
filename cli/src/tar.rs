//! A tar archive of plain files (POSIX ustar), as every tar reads it. Left to others: what is in it.

use std::io::{self, Write};

use tar::{Builder, Header};

/// A file in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TarFile {
    /// Its name, with `/` between folders.
    pub(crate) name: String,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
}

/// Writes an archive of these files, all of this time in seconds since 1970; only their owner may read them.
///
/// # Errors
/// When a name does not fit, or nothing can be written.
pub(crate) fn write(files: &[TarFile], seconds: u64, to: &mut dyn Write) -> io::Result<()> {
    let mut archive = Builder::new(to);
    for file in files {
        let mut header = Header::new_ustar();
        header.set_path(&file.name)?;
        header.set_size(u64::try_from(file.bytes.len()).map_err(io::Error::other)?);
        header.set_mode(0o600);
        header.set_mtime(seconds);
        header.set_username("root")?;
        header.set_groupname("root")?;
        header.set_cksum();
        archive.append(&header, file.bytes.as_slice())?;
    }
    archive.into_inner().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_what_tar_reads() {
        let file = |name: &str, bytes: &[u8]| TarFile {
            name: name.to_owned(),
            bytes: bytes.to_owned(),
        };
        let files = [file("a/empty", b""), file("a/text", &[b'x'; 513])];
        let mut archive = Vec::new();
        write(&files, 1_790_000_000, &mut archive).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar");
        std::fs::write(&path, &archive).unwrap();
        #[expect(
            clippy::disallowed_methods,
            reason = "a test asks the system's own tar"
        )]
        let listed = std::process::Command::new("tar")
            .arg("-tvf")
            .arg(&path)
            .env("TZ", "UTC")
            .output()
            .unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let lines: Vec<Vec<&str>> = listed
            .lines()
            .map(|it| it.split_whitespace().collect())
            .collect();
        assert_eq!(lines.len(), 2, "{listed}");
        assert_eq!(lines[0][0], "-rw-------");
        assert_eq!((lines[1][2], lines[1][5]), ("513", "a/text"));
        assert_eq!(lines[1][3], "2026-09-21");
        let long = file(&"n".repeat(300), b"");
        assert!(write(&[long], 0, &mut Vec::new()).is_err());
    }
}
