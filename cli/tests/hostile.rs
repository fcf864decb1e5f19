//! Names and texts that want to command the terminal, in every place of a recorded machine where they can be.

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

use std::process::Command;

use colvin_testkit::machine::Machine;

/// What a file name, a file or a dump may hold. None has a slash or a NUL, so that each can be a name.
const HOSTILE: [&str; 40] = [
    "\x1b[2J",
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "\x1b]8;;x\x1b\\",
    "\x1bP$q\x1b\\",
    "\x1bc",
    "\x1b[6n",
    "\x1b[?1049h",
    "\x1b(0",
    "\x1b#8",
    "\u{9b}31m",
    "\u{9d}0;t\u{9c}",
    "\u{90}x\u{9c}",
    "\u{85}next",
    "\r\rover",
    "a\nb",
    "\x08\x08\x08",
    "\x07",
    "\x7f\x7f",
    "\x01nul",
    "\x0b\x0c",
    "\x0e\x0f",
    "\u{202e}gnp",
    "\u{202d}x\u{202c}",
    "\u{2066}x\u{2069}",
    "\u{200e}\u{200f}",
    "\u{200b}zero",
    "\u{200d}join",
    "\u{2028}line",
    "\u{2029}para",
    "\u{feff}bom",
    "\u{ad}soft",
    "\u{61c}",
    "\u{180e}",
    "\u{fff9}a\u{fffb}",
    "\u{e0041}tag",
    "\u{2060}",
    "\x1b",
    "tab\there",
    "end\x1b[0m ",
];

/// Neither a line feed nor a letter that is seen as it is.
fn is_hostile(letter: char) -> bool {
    let hidden = matches!(letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}');
    letter != '\n' && (letter.is_control() || hidden)
}

/// A machine whose card is as odd as this text makes it.
fn machine(hostile: &str) -> Machine {
    let machine = Machine::unpack("igb").unwrap();
    let pf = "sys/bus/pci/devices/0000:01:00.0";
    machine.write(&format!("{pf}/numa_node"), hostile).unwrap();
    machine
        .write(
            &format!("{pf}/uevent"),
            format!("DRIVER={hostile}\nPCI_CLASS=20000\nPCI_ID=8086:10C9\n"),
        )
        .unwrap();
    machine
        .write("sys/class/net/enp1s0f0/ifalias", hostile)
        .unwrap();
    machine
        .write(&format!("sys/class/net/{hostile}/ifindex"), "77")
        .unwrap();
    machine
        .write(
            &format!("sys/class/infiniband/{hostile}/node_guid"),
            hostile,
        )
        .unwrap();
    machine
        .folder(&format!("sys/bus/pci/devices/{hostile}"))
        .unwrap();
    let drivers = format!("enp1s0f0\t{hostile}\t{hostile}\t{hostile}\t0000:01:00.0\n");
    machine.write("netlink/drivers", drivers).unwrap();
    machine
}

#[test]
fn lldp_09_no_text_of_a_recorded_machine_commands_the_terminal() {
    for hostile in HOSTILE {
        let machine = machine(hostile);
        for arguments in [
            &["show", "--vfs", "-o", "wide"][..],
            &["show", "-o", "json"],
            &["show", "-o", "yaml"],
            &["neighbors"],
            &["doctor"],
            &["doctor", "-o", "yaml"],
            &["show", "vfs", hostile],
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_colvin"))
                .args(arguments)
                .arg("--root")
                .arg(machine.path())
                .output()
                .unwrap();
            for text in [output.stdout, output.stderr] {
                let text = String::from_utf8(text).unwrap();
                assert!(
                    !text.contains(is_hostile),
                    "{hostile:?} {arguments:?}: {text:?}"
                );
            }
        }
    }
}
