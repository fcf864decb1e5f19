//! A tar archive of plain files (POSIX ustar), as every tar reads it. Left to others: what is in it.

use std::io::{self, Write};

/// The size of a record; a file is filled up to a whole one.
const RECORD: usize = 512;
/// The most bytes of a name.
const MOST_NAME: usize = 100;

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
/// When a name is too long, or nothing can be written.
pub(crate) fn write(files: &[TarFile], seconds: u64, to: &mut dyn Write) -> io::Result<()> {
    for file in files {
        to.write_all(&header(file, seconds)?)?;
        to.write_all(&file.bytes)?;
        let over = file.bytes.len() % RECORD;
        if over > 0 {
            to.write_all(&vec![0; RECORD.saturating_sub(over)])?;
        }
    }
    to.write_all(&[0; RECORD * 2])
}

fn header(file: &TarFile, seconds: u64) -> io::Result<Vec<u8>> {
    let too_long = || {
        io::Error::other(format!(
            "a name of more than {MOST_NAME} bytes: {}",
            file.name
        ))
    };
    if file.name.len() > MOST_NAME {
        return Err(too_long());
    }
    let mut header = file.name.clone().into_bytes();
    header.resize(MOST_NAME, 0);
    // mode, owner and group; size; time
    header.extend_from_slice(b"0000600\x000000000\x000000000\x00");
    header.extend_from_slice(format!("{:011o}\0{seconds:011o}\0", file.bytes.len()).as_bytes());
    let before = header.len();
    // the sum counts its own place as blanks; then a plain file, no link
    header.extend_from_slice(b"        0");
    header.resize(257, 0);
    header.extend_from_slice(b"ustar\x0000root\0");
    header.resize(297, 0);
    header.extend_from_slice(b"root\0");
    header.resize(RECORD, 0);
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    let sum = format!("{sum:06o}\0 ");
    let place = header.get_mut(before..before + sum.len());
    place.ok_or_else(too_long)?.copy_from_slice(sum.as_bytes());
    Ok(header)
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
        assert_eq!(archive.len(), RECORD * (1 + 1 + 2 + 2));
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
        let long = file(&"n".repeat(101), b"");
        assert!(write(&[long], 0, &mut Vec::new()).is_err());
    }
}
