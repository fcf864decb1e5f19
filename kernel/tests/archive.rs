//! Machine archives: what is written reads back, what is torn or hostile is refused.

#![expect(clippy::panic, clippy::string_slice, reason = "test")]

use std::path::Path;

use colvin_kernel::archive::{Archive, ArchiveError, Entry, EntryPath, SyntaxError};
use colvin_testkit::machine::Machine;
use proptest::prelude::*;

const TEXT: &str = r#"colvin-machine 1
# a comment
f sys/bus/pci/devices/x/uevent "DRIVER=ice\nPCI_ID=8086:1592\n"

l sys/class/net/eth0 ../../devices/x
x netlink/links
  02 00 # the type
  # a whole line of comment
  ff

d sys/kernel/empty
f sys/odd\x20name "a \"quoted\" \\ \x00\xff"
end 5
"#;

fn parse(text: &str) -> Result<Archive, ArchiveError> {
    Archive::parse(text.as_bytes())
}

/// A whole archive with these lines.
fn whole(lines: &str) -> String {
    format!("colvin-machine 1\n{lines}\nend {}\n", lines.lines().count())
}

fn refusal(lines: &str) -> String {
    match parse(&whole(lines)) {
        Err(ArchiveError::Syntax { source, .. }) => source.to_string(),
        other => panic!("{lines}: {other:?}"),
    }
}

#[test]
fn every_kind_of_line_is_read() {
    let archive = parse(TEXT).unwrap();
    assert_eq!(archive.entries().len(), 5);
    let file = |bytes: &[u8]| Some(Entry::File(bytes.to_vec()));
    let get = |path: &str| archive.get(path).cloned();
    let uevent = b"DRIVER=ice\nPCI_ID=8086:1592\n";
    assert_eq!(get("sys/bus/pci/devices/x/uevent"), file(uevent));
    let link = Entry::Link(b"../../devices/x".to_vec());
    assert_eq!(get("sys/class/net/eth0"), Some(link));
    assert_eq!(get("netlink/links"), file(&[2, 0, 255]));
    assert_eq!(get("sys/kernel/empty"), Some(Entry::Folder));
    assert_eq!(get("sys/odd name"), file(b"a \"quoted\" \\ \0\xff"));
    assert_eq!(parse(&archive.to_string()).unwrap(), archive);
}

#[test]
fn torn_at_any_byte_it_is_an_error_with_the_offset_or_the_same() {
    let archive = parse(TEXT).unwrap();
    for end in 0..TEXT.len() {
        match parse(&TEXT[..end]) {
            Ok(read) => assert_eq!((read, end), (archive.clone(), TEXT.len() - 1)),
            Err(ArchiveError::Syntax { offset, line, .. }) => {
                assert!(offset <= end && line >= 1, "cut at {end}: {offset}");
            }
            Err(other) => panic!("cut at {end}: {other}"),
        }
    }
}

#[test]
fn a_torn_archive_says_where() {
    let cut = TEXT.find("\nend").unwrap() + 1;
    let Err(ArchiveError::Syntax {
        offset,
        line,
        source,
    }) = parse(&TEXT[..cut])
    else {
        panic!("it was read");
    };
    assert_eq!((offset, line, source), (cut, 12, SyntaxError::Torn));
}

#[test]
fn what_would_be_written_elsewhere_is_refused() {
    for line in [
        "f ../etc/passwd \"x\"",
        "f /etc/passwd \"x\"",
        "f a/../../b \"x\"",
        "d ..",
        "f a/\\x2e\\x2e/b \"x\"",
        "x a\\x00b",
    ] {
        assert!(refusal(line).contains("is no path"), "{line}");
    }
    for line in [
        "l a /etc",
        "l a ../etc",
        "l a/b ../../etc",
        "l a b/../../etc",
    ] {
        assert!(refusal(line).contains("out of the archive"), "{line}");
    }
    for lines in [
        "l a b\nf a/x \"\"",
        "f a/x \"\"\nl a b",
        "f a \"\"\nf a/x/y \"\"",
        "l a b\nd a/x",
    ] {
        assert!(refusal(lines).contains("is no folder"), "{lines}");
    }
    assert!(refusal("f a \"\"\nf a \"\"").contains("already"));
    assert!(refusal("f a \"\"\nl a b").contains("already"));
}

#[test]
fn what_is_no_line_is_refused() {
    for line in [
        "f a",
        "f a x",
        "f a \"x",
        "f a \"x\"y\"",
        "f a \"\\q\"",
        "f a \"\\x0\"",
    ] {
        assert!(refusal(line).contains("double quotes"), "{line}");
    }
    for line in ["l a", "l a b c", "l a \\x"] {
        assert!(refusal(line).contains("target"), "{line}");
    }
    for line in ["d", "d a b", "x"] {
        assert!(refusal(line).contains("a path"), "{line}");
    }
    for line in ["q a", "  00", "F a \"\"", "\u{0}"] {
        assert!(refusal(line).contains("begins with"), "{line}");
    }
    for digits in ["0", "0x", "zz", "00 1", "+1"] {
        let text = format!("colvin-machine 1\nx a\n  {digits}\nend 1\n");
        assert!(parse(&text).is_err(), "{digits}");
    }
    for text in [
        "",
        "colvin-machine 2\nend 0\n",
        "colvin-machine 1\nend 0\nd a\n",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

#[test]
fn unpacked_and_packed_it_is_the_same() {
    let archive = parse(TEXT).unwrap();
    let machine = Machine::empty().unwrap();
    let folder = machine.path().join("unpacked");
    archive.unpack(&folder).unwrap();
    assert_eq!(Archive::pack(&folder).unwrap(), archive);
}

#[test]
fn every_fixture_reads_back_and_unpacks_to_itself() {
    let names = Machine::all_names().unwrap();
    assert!(names.len() >= 11, "{names:?}");
    for name in names {
        let machine = Machine::unpack(&name).unwrap();
        let archive = Archive::pack(machine.path()).unwrap();
        assert_eq!(parse(&archive.to_string()).unwrap(), archive, "{name}");
    }
}

#[test]
fn a_machine_that_is_not_there_or_torn_says_which() {
    let error = Machine::unpack("no-such-machine").unwrap_err();
    assert!(error.to_string().ends_with("no-such-machine.machine"));
    let machine = Machine::empty().unwrap();
    machine.write("torn.machine", &TEXT[..99]).unwrap();
    let error = Machine::unpack_file(&machine.path().join("torn.machine")).unwrap_err();
    assert!(format!("{error:#}").contains("it is torn"), "{error:#}");
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let machine = Machine::empty().unwrap();
    let error = parse(TEXT).unwrap().unpack(machine.path()).unwrap_err();
    assert!(matches!(error, ArchiveError::NotEmpty { .. }));
}

#[test]
fn a_folder_with_a_link_that_leads_out_is_not_packed() {
    let machine = Machine::empty().unwrap();
    machine.link("sys/out", "/etc/hostname").unwrap();
    let error = Archive::pack(machine.path()).unwrap_err();
    assert!(matches!(error, ArchiveError::Record { .. }), "{error}");
    assert!(Archive::pack(Path::new("/nowhere")).is_err());
}

fn entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        Just(Entry::Folder),
        any::<Vec<u8>>().prop_map(Entry::File),
        "[ -~\n\t\"\\\\é]{0,40}".prop_map(|text| Entry::File(text.into())),
        "(\\.\\./){0,2}[a-c /\\\\#\"é]{1,6}".prop_map(|target| Entry::Link(target.into())),
    ]
}

/// An archive with those of some entries that may be together.
fn archive() -> impl Strategy<Value = Archive> {
    let path = "[a-c]/[a-c #\"\\\\é]{1,3}(/[a-c]){0,2}";
    prop::collection::vec((path, entry()), 0..12).prop_map(|entries| {
        let mut archive = Archive::new();
        for (path, entry) in entries {
            if let Ok(path) = EntryPath::new(path) {
                // what is refused is not in it
                drop(archive.insert(path, entry));
            }
        }
        archive
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back(archive in archive()) {
        prop_assert_eq!(parse(&archive.to_string()).unwrap(), archive);
    }

    #[test]
    fn what_exists_can_be_unpacked(archive in archive()) {
        let machine = Machine::empty().unwrap();
        archive.unpack(&machine.path().join("unpacked")).unwrap();
    }

    #[test]
    fn torn_anywhere_it_never_reads_as_another(archive in archive(), cut: prop::sample::Index) {
        let text = archive.to_string();
        let cut = cut.index(text.len());
        if let Ok(read) = Archive::parse(&text.as_bytes()[..cut]) {
            prop_assert_eq!(read, archive);
        }
    }

    #[test]
    fn no_text_is_a_panic(text: Vec<u8>, lines in "([dflx] [a-c/.\\\\\"]{0,8}( \"?[a-z.\\\\]{0,5}\"?)?\n){0,6}") {
        drop(Archive::parse(&text));
        drop(parse(&format!("colvin-machine 1\n{lines}end 3\n")));
    }
}
