//! Neighbours kept over restarts.

use super::super::Listening;
use super::*;
use crate::Scope;
use crate::quirk::tests::port;
use crate::source::{Round, Source as _};
use colvin_model::observation::LinkParent;

/// An LLDP frame of leaf port `number` that counts for 120 s.
fn frame(number: u8) -> Vec<u8> {
    let mut frame = vec![0x01, 0x80, 0xc2, 0, 0, 0x0e];
    frame.extend([0x02, 0, 0x5e, 0, 0x53, 1, 0x88, 0xcc]);
    frame.extend([0x02, 7, 4, 0x02, 0, 0x5e, 0, 0, 1]); // chassis ID: MAC address
    frame.extend([0x04, 2, 7, number]); // port ID: one letter
    frame.extend([0x06, 2, 0, 120]); // 120 s
    frame.extend([0, 0]);
    frame
}

fn known() -> Observations {
    let mut seen = port("igb", &[]);
    for link in seen.links.values_mut() {
        link.parent = Some(LinkParent {
            bus: "pci".into(),
            name: "0000:3b:00.0".into(),
        });
    }
    seen
}

/// A source over a folder of frames, after its first look.
fn heard(root: &Path, known: &Observations) -> LldpSource {
    let mut source = LldpSource::default();
    source.listen(Listening::Recorded(root.to_owned()));
    let round = Round {
        scope: Scope::All,
        known,
        now: Duration::ZERO,
    };
    assert_eq!(source.look(round).unwrap().findings, []);
    source
}

/// What a new run, at this time of this boot, brings back: port ID and whether it is stale.
fn brought_back(file: &Path, boot: &str, secs: u64) -> Vec<(String, bool)> {
    let (known, empty) = (known(), tempfile::tempdir().unwrap());
    let mut source = heard(empty.path(), &known);
    let now = Duration::from_secs(secs);
    source.load(file, boot, now).unwrap();
    source.recall(&known, now);
    let all = source.heard(&known).into_values().flatten();
    all.map(|neighbor| (neighbor.port_id.to_string(), neighbor.stale))
        .collect()
}

fn saved(folder: &Path) -> PathBuf {
    std::fs::create_dir(folder.join("ens2f0")).unwrap();
    std::fs::write(folder.join("ens2f0/0001"), frame(b'7')).unwrap();
    let known = known();
    let file = folder.join("neighbors");
    heard(folder, &known).save(&file, "boot-1", &known).unwrap();
    file
}

#[test]
fn lldp_15_a_neighbor_outlives_a_restart_as_stale_until_its_time_is_over() {
    let folder = tempfile::tempdir().unwrap();
    let file = saved(folder.path());
    assert_eq!(brought_back(&file, "boot-1", 60), [("7".to_owned(), true)]);
    assert_eq!(brought_back(&file, "boot-1", 121), []);
    let rebooted = brought_back(&file, "boot-2", 121);
    assert_eq!(
        rebooted,
        [("7".to_owned(), true)],
        "a new boot gives it its time anew"
    );
}

#[test]
fn lldp_15_a_frame_confirms_what_was_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let file = saved(folder.path());
    let (known, empty) = (known(), tempfile::tempdir().unwrap());
    let mut source = heard(empty.path(), &known);
    let now = Duration::from_mins(1);
    source.load(&file, "boot-1", now).unwrap();
    source.recall(&known, now);
    let mut ports = std::mem::take(&mut source.ports);
    let (index, port) = ports.iter_mut().next().unwrap();
    let news = source.take(*index, port, &frame(b'7'), None, None, now);
    source.ports = ports;
    assert!(news, "what was stale is news when it is confirmed");
    let all: Vec<_> = source.heard(&known).into_values().flatten().collect();
    assert_eq!(
        all.iter()
            .map(|neighbor| neighbor.stale)
            .collect::<Vec<_>>(),
        [false]
    );
}

#[test]
fn lldp_15_a_torn_file_brings_nothing_back_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let file = saved(folder.path());
    let whole = std::fs::read(&file).unwrap();
    let mut source = LldpSource::default();
    for length in 0..whole.len() {
        std::fs::write(&file, &whole[..length]).unwrap();
        let error = source.load(&file, "boot-1", Duration::ZERO).unwrap_err();
        assert!(
            matches!(error, MemoryError::Torn { .. }),
            "{length}: {error}"
        );
        assert!(source.remembered.is_empty());
    }
    std::fs::remove_file(&file).unwrap();
    source.load(&file, "boot-1", Duration::ZERO).unwrap();
}
