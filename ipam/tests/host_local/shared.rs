//! What another program does in the folder, a reboot, a full disk, a lock: the index is seen to follow.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::sync::mpsc;
use std::time::Duration;

use colvin_ipam::{ErrorKind, IpamError, Owner, host_local};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::range;
use super::site::Site;

const WIDE: &str = r#""subnet": "10.1.0.0/16""#;

#[test]
fn what_another_program_reserves_is_seen_though_it_comes_at_once() {
    let site = Site::new(&range(WIDE));
    site.add("a").unwrap();
    // within the same tick of the kernel's clock as our own change, often
    for number in 10..60 {
        let container = format!("c{number}");
        site.write(&format!("10.1.0.{number}"), &format!("{container}\r\neth0"));
        let refused = site.add(&container).unwrap_err();
        assert!(matches!(refused, IpamError::Held { .. }), "{refused}");
        site.del(&container).unwrap();
        assert_eq!(site.reservations().len(), 1, "{container}");
        site.check(&container, None).unwrap_err();
    }
}

#[test]
fn what_another_program_gives_up_is_seen() {
    let site = Site::new(&range(WIDE));
    let lease = site.add("a").unwrap();
    site.remove("10.1.0.2");
    site.check("a", Some(&lease)).unwrap_err();
    assert_eq!(site.ips("a"), ["10.1.0.3/16"]);
}

#[test]
fn a_reservation_without_an_interface_is_its_containers() {
    let site = Site::new(&range(WIDE));
    site.add("a").unwrap();
    site.write("10.1.0.7", "old");
    assert!(matches!(
        site.add("old").unwrap_err(),
        IpamError::Held { .. }
    ));
    site.check("old", None).unwrap();
    assert_eq!(
        site.gc(Some(&[Owner::new("old", "net1")])).unwrap().len(),
        1
    );
    site.del("old").unwrap();
    assert_eq!(site.reservations(), Vec::<String>::new());
}

#[test]
fn an_index_that_is_torn_or_gone_is_made_anew() {
    let site = Site::new(&range(WIDE));
    site.add("a").unwrap();
    let index = site.data_dir().join(".colvin/net");
    let spoil: [&dyn Fn(); 5] = [
        &|| fs::remove_file(index.join("a:eth0")).unwrap(),
        &|| fs::remove_dir_all(&index).unwrap(),
        &|| fs::remove_file(index.join("stamp")).unwrap(),
        &|| {
            fs::remove_file(index.join("a:eth0")).unwrap();
            fs::write(index.join("a:eth0"), "no link").unwrap();
        },
        &|| {
            fs::remove_file(index.join("a:eth0")).unwrap();
            std::os::unix::fs::symlink("first;10.1.0.77", index.join("a:eth0")).unwrap();
        },
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        spoil();
        // whoever takes an entry out by hand leaves the stamp: another program's change tells
        site.write("10.1.9.9", "other\r\neth0");
        site.remove("10.1.9.9");
        let refused = site.add("a").unwrap_err();
        assert!(
            matches!(refused, IpamError::Held { .. }),
            "{number}: {refused}"
        );
        site.check("a", None).unwrap();
    }
    site.del("a").unwrap();
    assert_eq!(site.reservations(), Vec::<String>::new());
}

#[test]
fn a_stamp_that_is_torn_or_something_else_is_written_anew() {
    let site = Site::new(&range(WIDE));
    site.add("a").unwrap();
    let stamp = site.data_dir().join(".colvin/net/stamp");
    let spoil: [&dyn Fn(); 5] = [
        &|| fs::write(&stamp, "2;half a li").unwrap(),
        &|| fs::write(&stamp, [0xff; 300]).unwrap(),
        &|| fs::write(&stamp, "").unwrap(),
        &|| {
            fs::remove_file(&stamp).unwrap();
            std::os::unix::fs::symlink("1;boot;1;2;3;4", &stamp).unwrap();
        },
        &|| {
            fs::remove_file(&stamp).unwrap();
            let only_ours = Mode::RUSR | Mode::WUSR;
            mknodat(CWD, &stamp, FileType::Fifo, only_ours, 0).unwrap();
        },
    ];
    for (number, spoil) in spoil.into_iter().enumerate() {
        spoil();
        let pod = format!("b{number}");
        site.add(&pod).unwrap();
        site.check("a", None).unwrap();
        let said = fs::read(&stamp).unwrap();
        let line = said.split(|byte| *byte == b'\n').next().unwrap();
        let line = std::str::from_utf8(line).unwrap();
        let nanoseconds = fs::metadata(site.data_dir().join("net"))
            .unwrap()
            .mtime_nsec();
        assert!(fs::symlink_metadata(&stamp).unwrap().is_file(), "{number}");
        assert!(
            line.starts_with("2;") && line.ends_with(&format!(";{nanoseconds}")),
            "{number}: {line}"
        );
        // an index that is made anew has no room for what nobody has
        let junk = stamp.with_file_name("nobody:eth0");
        std::os::unix::fs::symlink("boot;10.1.0.99", &junk).unwrap();
        site.check("a", None).unwrap();
        fs::remove_file(&junk).unwrap();
    }
}

#[test]
fn where_no_index_can_be_kept_all_is_as_right() {
    let site = Site::new(&range(WIDE));
    fs::create_dir_all(site.data_dir()).unwrap();
    fs::write(site.data_dir().join(".colvin"), "no folder").unwrap();
    assert_eq!(site.ips("a"), ["10.1.0.2/16"]);
    assert!(matches!(site.add("a").unwrap_err(), IpamError::Held { .. }));
    site.check("a", None).unwrap();
    site.del("a").unwrap();
    site.del("a").unwrap();
    assert_eq!(site.reservations(), Vec::<String>::new());
}

#[test]
fn an_interface_that_comes_again_after_a_reboot_gets_its_address() {
    let site = Site::new(&range(WIDE));
    site.add("a").unwrap();
    assert_eq!(site.ips("b"), ["10.1.0.3/16"]);
    let site = site.restarted("second");
    assert_eq!(site.ips("b"), ["10.1.0.3/16"]);
    // once: it is of this boot now
    assert!(matches!(site.add("b").unwrap_err(), IpamError::Held { .. }));
    // a container that does not come again keeps its address while there are others
    assert_eq!(site.ips("c"), ["10.1.0.4/16"]);
    let told = site.ask(host_local::reservations).unwrap();
    let earlier: Vec<bool> = told.iter().map(|one| one.earlier_boot).collect();
    assert_eq!(earlier, [true, false, false]);
}

#[test]
fn a_full_range_gives_up_what_is_of_an_earlier_boot_and_nothing_else() {
    let site = Site::new(&range(r#""subnet": "10.1.0.0/29""#));
    for container in ["a", "b", "c"] {
        site.add(container).unwrap();
    }
    let site = site.restarted("second");
    site.status().unwrap();
    for container in ["d", "e", "f"] {
        site.add(container).unwrap();
    }
    // a was on 10.1.0.2: gone with b and c, whose containers run no more
    site.del("a").unwrap();
    site.add("g").unwrap();
    site.add("h").unwrap();
    assert_eq!(site.add("i").unwrap_err().kind(), ErrorKind::Full);
    assert_eq!(site.reservations().len(), 5);
}

#[test]
fn an_address_asked_for_is_taken_from_a_container_of_an_earlier_boot_only() {
    let site = Site::new(&range(WIDE));
    site.add("a").unwrap();
    let asking = site.with_args("IP=10.1.0.2");
    assert!(matches!(
        asking.add("b").unwrap_err(),
        IpamError::Taken { .. }
    ));
    assert_eq!(asking.restarted("second").ips("b"), ["10.1.0.2/16"]);
    assert_eq!(site.reservations(), ["10.1.0.2 b\r\neth0"]);
}

/// What another program reserved while the machine ran may be of either boot: it stays.
#[test]
fn what_was_first_seen_after_the_reboot_is_not_of_an_earlier_one() {
    let site = Site::new(&range(r#""subnet": "10.1.0.0/30""#));
    fs::create_dir_all(site.network_dir()).unwrap();
    site.write("10.1.0.2", "other\r\neth0");
    let full = |site: &Site| site.add("a").unwrap_err().kind();
    assert_eq!(full(&site), ErrorKind::Full);
    // written anew by the other program, for the same container
    site.remove("10.1.0.2");
    site.write("10.1.0.2", "other\r\neth0");
    let site = site.restarted("second");
    assert_eq!(full(&site), ErrorKind::Full);
    assert_eq!(site.restarted("third").ips("a"), ["10.1.0.2/30"]);
}

#[test]
fn a_lock_that_is_held_is_waited_for_and_then_named() {
    let mut site = Site::new(&range(WIDE));
    site.add("a").unwrap();
    let lock = fs::File::open(site.network_dir().join("lock")).unwrap();
    lock.lock().unwrap();
    site.limit = Duration::from_millis(20);
    let refused = site.add("b").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TryAgain, "{refused}");
    // it is let go while somebody waits
    site.limit = Duration::from_secs(20);
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| tell.send(site.ips("b")).unwrap());
        assert!(told.try_recv().is_err());
        drop(lock);
    });
    assert_eq!(told.recv().unwrap(), ["10.1.0.3/16"]);
}

#[test]
fn sixty_four_at_once_get_an_address_each() {
    let site = Site::new(&range(WIDE));
    let containers: Vec<String> = (0..64).map(|number| format!("c{number}")).collect();
    let given: Vec<String> = std::thread::scope(|scope| {
        let asked: Vec<_> = containers
            .iter()
            .map(|container| scope.spawn(|| site.ips(container)))
            .collect();
        asked
            .into_iter()
            .flat_map(|one| one.join().unwrap())
            .collect()
    });
    let different: BTreeSet<&String> = given.iter().collect();
    assert_eq!(different.len(), 64);
    assert_eq!(site.reservations().len(), 64);
}

/// The cost is counted, not timed: with thousands of reservations no other's file is read.
#[test]
fn a_call_reads_no_other_reservation() {
    let site = Site::new(&range(WIDE));
    site.add("first").unwrap();
    for number in 0..2000_u32 {
        let name = format!("10.1.{}.{}", 10 + number / 250, 1 + number % 250);
        site.write(&name, &format!("c{number}\r\neth0"));
    }
    // the index is made once
    site.add("second").unwrap();
    let others = ["10.1.10.1", "10.1.13.77", "10.1.17.9"];
    // a time of access long past: who reads the file now changes it
    let long_ago = fs::FileTimes::new().set_accessed(std::time::SystemTime::UNIX_EPOCH);
    for other in others {
        let file = fs::File::open(site.network_dir().join(other)).unwrap();
        file.set_times(long_ago).unwrap();
    }
    let read = || {
        others.map(|other| {
            fs::metadata(site.network_dir().join(other))
                .unwrap()
                .atime()
                != 0
        })
    };
    let lease = site.add("third").unwrap();
    site.check("third", Some(&lease)).unwrap();
    site.del("third").unwrap();
    site.del("third").unwrap();
    assert_eq!(read(), [false; 3]);
    // and the times do tell: another program's change makes everything be read once
    site.write("10.1.200.1", "other\r\neth0");
    site.del("third").unwrap();
    assert_eq!(read(), [true; 3]);
}
