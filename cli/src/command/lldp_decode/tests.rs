//! Captures with LLDP, whole and torn.

use super::*;

/// A frame of `leaf-12`, port `Ethernet1/7`, with this time to live.
fn frame(ttl_seconds: u8) -> Vec<u8> {
    let mut frame = vec![
        0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e, // to the nearest bridge
        0x02, 0x00, 0x5e, 0x00, 0x53, 0x07, // from the switch's port
        0x88, 0xcc, // LLDP
        0x02, 0x07, 0x04, 0x02, 0x00, 0x5e, 0x00, 0x53, 0x01, // chassis ID
        0x04, 0x0c, 0x05, // port ID, an interface name
    ];
    frame.extend(b"Ethernet1/7");
    frame.extend([0x06, 0x02, 0x00, ttl_seconds]);
    if ttl_seconds > 0 {
        frame.extend([0x08, 0x0b]); // port description
        frame.extend(b"green bay 7");
        frame.extend([0x0a, 0x07]); // system name
        frame.extend(b"leaf-12");
        frame.extend([0xfe, 0x06, 0x00, 0x80, 0xc2, 0x01, 0x00, 0x6e]); // port VLAN ID 110
    }
    frame.extend([0x00, 0x00]);
    frame
}

fn pcap(link_type: u32, packets: &[Vec<u8>]) -> Vec<u8> {
    let mut file = vec![
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0,
    ];
    file.extend(link_type.to_le_bytes());
    for packet in packets {
        let length = u32::try_from(packet.len()).unwrap().to_le_bytes();
        file.extend([0; 8]);
        file.extend(length);
        file.extend(length);
        file.extend(packet);
    }
    file
}

fn shown(file: &[u8]) -> (String, anyhow::Result<()>) {
    let mut decoder = Decoder::default();
    let end = capture::read(&mut &*file, &mut |packet| decoder.take(&packet));
    let mut text = Vec::new();
    show(
        &mut Output::plain(&mut text),
        &decoder.report(),
        Format::Table,
    )
    .unwrap();
    (String::from_utf8(text).unwrap(), end)
}

#[test]
fn neighbours_are_shown_by_what_they_said_last() {
    let mut refused = frame(120);
    refused[14] = 0x06; // the chassis ID's type becomes another
    let other = [&[0xff; 12][..], &[0x08, 0x00], &[0; 46]].concat();
    let (text, end) = shown(&pcap(1, &[frame(120), other, refused, frame(120)]));
    end.unwrap();
    assert_eq!(
        text,
        "SYSTEM   PORT         DESCRIPTION  VLAN  CHASSIS            MGMT  TTL   FRAMES\n\
         leaf-12  Ethernet1/7  green bay 7  110   02:00:5e:00:53:01  -     120s  2\n\
         ! packet at byte 189: the frame's LLDPDU is refused: Chassis ID TLV is missing or not in its place\n\
         4 packets: 2 LLDP, 1 refused\n"
    );
}

#[test]
fn a_farewell_leaves_what_was_said_before() {
    let (text, _) = shown(&pcap(1, &[frame(120), frame(0)]));
    assert_eq!(
        text,
        "SYSTEM   PORT         DESCRIPTION  VLAN  CHASSIS            MGMT  TTL   FRAMES\n\
         leaf-12  Ethernet1/7  green bay 7  110   02:00:5e:00:53:01  -     left  2\n\
         2 packets: 2 LLDP, 0 refused\n"
    );
}

#[test]
fn cooked_captures_are_read() {
    let payload = &frame(120)[14..];
    let sll = [
        &[0, 2, 0, 1, 0, 6, 2, 0, 0x5e, 0, 0x53, 7, 0, 0, 0x88, 0xcc][..],
        payload,
    ]
    .concat();
    let sll2 = [
        &[
            0x88, 0xcc, 0, 0, 0, 0, 0, 3, 0, 1, 2, 6, 2, 0, 0x5e, 0, 0x53, 7, 0, 0,
        ][..],
        payload,
    ]
    .concat();
    for (link_type, packet) in [(113, sll), (276, sll2)] {
        let mut decoder = Decoder::default();
        let file = pcap(link_type, &[packet]);
        capture::read(&mut &*file, &mut |packet| decoder.take(&packet)).unwrap();
        let report = decoder.report();
        assert_eq!(
            report.neighbors[0].source.as_deref(),
            Some("02:00:5e:00:53:07")
        );
        assert_eq!(
            report.neighbors[0].said.system_name.as_deref(),
            Some("leaf-12")
        );
    }
}

#[test]
fn a_torn_capture_shows_what_was_read_before() {
    let file = pcap(1, &[frame(120), frame(120)]);
    let (text, end) = shown(&file[..file.len() - 1]);
    assert!(text.contains("leaf-12"), "{text}");
    assert_eq!(
        end.unwrap_err().to_string(),
        format!("the file ends at byte {} within a packet", file.len() - 1)
    );
}

#[test]
fn lldp_09_what_a_switch_says_commands_no_terminal() {
    let mut hostile = frame(120);
    let name = hostile
        .windows(7)
        .position(|window| window == b"leaf-12")
        .unwrap();
    hostile[name..name + 7].copy_from_slice(b"\x1b[2J\xc2\x9bm");
    let mut decoder = Decoder::default();
    let file = pcap(1, &[hostile]);
    capture::read(&mut &*file, &mut |packet| decoder.take(&packet)).unwrap();
    let report = decoder.report();
    let mut table = Vec::new();
    show(&mut Output::plain(&mut table), &report, Format::Table).unwrap();
    let table = String::from_utf8(table).unwrap();
    assert!(table.contains(r"\x1b[2J\x9bm"), "{table}");
    let object = crate::output::json(&report).unwrap();
    for text in [table, object, crate::output::yaml(&report).unwrap()] {
        assert!(
            !text.contains(|letter: char| letter != '\n' && letter.is_control()),
            "{text:?}"
        );
    }
}

#[test]
fn a_flood_of_neighbours_is_bounded() {
    let mut decoder = Decoder::default();
    for number in 0..5000_u16 {
        let mut bytes = frame(120);
        bytes[19..21].copy_from_slice(&number.to_be_bytes());
        decoder.take(&Packet {
            offset: 0,
            link_type: LinkType::Ethernet,
            bytes,
        });
    }
    let report = decoder.report();
    assert_eq!(
        (report.neighbors.len(), report.packets.over_limit),
        (MAX_NEIGHBORS, 904)
    );
}
