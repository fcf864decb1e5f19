//! Names and texts that want to command the terminal, in every place of a recorded machine where they can be.

#![expect(clippy::unwrap_used, reason = "test")]
#![expect(clippy::disallowed_methods, reason = "the command under test is run")]

use std::process::Command;

use colvin_testkit::hostile;
use colvin_testkit::machine::Machine;

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
    for hostile in hostile::TEXTS {
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
