//! Namespaces: opened, entered, counted; their settings.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use colvin_kernel::netlink::change::RouteSocket;
use colvin_kernel::netns::{NetNs, NetNsError, NetNsId, live, sysctl};
use colvin_testkit::netns::Netns;
use colvin_testkit::wait::wait_for;

use crate::{LIMIT, Place, chain};

#[test]
#[ignore = "netns"]
fn work_runs_inside_and_the_caller_is_outside_afterwards() {
    let guard = Netns::new().unwrap();
    let here = NetNs::current().unwrap();
    let namespace = NetNs::open(&guard.path()).unwrap();
    assert!(!here.is_same(&namespace));
    let (inside, mut socket) = namespace
        .run(|| (NetNs::current().unwrap().id(), RouteSocket::open().unwrap()))
        .unwrap();
    assert_eq!(inside, namespace.id());
    assert_eq!(socket.links().unwrap().len(), 1, "lo alone");
    assert!(NetNs::current().unwrap().is_same(&here));
    let panic =
        std::panic::catch_unwind(|| namespace.run(|| std::panic::resume_unwind(Box::new(7))));
    assert_eq!(panic.unwrap_err().downcast_ref::<i32>(), Some(&7));
    assert!(NetNs::current().unwrap().is_same(&here), "after a panic");
}

#[test]
#[ignore = "netns"]
fn other_threads_stay_outside_while_one_works_inside() {
    let guard = Netns::new().unwrap();
    let here = NetNs::current().unwrap();
    let namespace = NetNs::open(&guard.path()).unwrap();
    let (asked, answer) = std::sync::mpsc::channel();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let other = std::thread::spawn(move || {
        gone.recv().unwrap();
        asked.send(NetNs::current().unwrap().id()).unwrap();
    });
    let seen = namespace.run(|| {
        go.send(()).unwrap();
        answer.recv().unwrap()
    });
    other.join().unwrap();
    assert_eq!(seen.unwrap(), here.id());
}

#[test]
#[ignore = "netns"]
fn a_namespace_lives_as_long_as_its_handle() {
    let guard = Netns::new().unwrap();
    let path = guard.path();
    let namespace = NetNs::open(&path).unwrap();
    drop(guard);
    wait_for(LIMIT, || {
        matches!(NetNs::open(&path), Err(NetNsError::Gone { .. }))
    })
    .unwrap();
    let mut socket = namespace.run(RouteSocket::open).unwrap().unwrap();
    assert_eq!(socket.links().unwrap().len(), 1);
}

#[test]
fn what_is_no_network_namespace_is_refused_with_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("plain"), "").unwrap();
    symlink(at("nowhere"), at("dangling")).unwrap();
    let _socket = UnixListener::bind(at("socket")).unwrap();
    let pipe = rustix::fs::FileType::Fifo;
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), pipe, mode, 0).unwrap();
    let found = |path: &Path| match NetNs::open(path) {
        Err(NetNsError::NotANamespace { found, .. }) => found,
        other => Box::leak(format!("{other:?}").into_boxed_str()),
    };
    assert_eq!(found(&at("plain")), "a plain file");
    assert_eq!(found(folder.path()), "a folder");
    assert_eq!(found(&at("pipe")), "a pipe");
    assert_eq!(found(&at("socket")), "a socket or device");
    assert_eq!(found(Path::new("/dev/null")), "a device");
    assert_eq!(
        found(Path::new("/proc/self/ns/mnt")),
        "a namespace of another kind"
    );
    for gone in [at("none"), at("plain").join("below"), at("dangling")] {
        let error = NetNs::open(&gone).unwrap_err();
        assert!(error.is_gone(), "{error:?}");
        assert!(chain(&error).contains(&gone.display().to_string()));
    }
}

#[test]
#[ignore = "netns"]
fn every_namespace_that_a_process_or_a_mount_holds_is_found() {
    let (first, second) = (Netns::new().unwrap(), Netns::new().unwrap());
    let id = |guard: &Netns| NetNs::open(&guard.path()).unwrap().id();
    let seen = live(Path::new("/proc")).unwrap();
    for guard in [&first, &second] {
        let path = seen.paths.get(&id(guard)).unwrap();
        assert_eq!(NetNs::open(path).unwrap().id(), id(guard));
    }
    let gone = id(&second);
    drop(second);
    wait_for(LIMIT, || {
        !live(Path::new("/proc")).unwrap().paths.contains_key(&gone)
    })
    .unwrap();

    let proc_root = tempfile::tempdir().unwrap();
    let at = |name: &str| proc_root.path().join(name);
    for folder in ["1/ns", "20/ns", "21/task", "22/task/23/ns", "self", "irq"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    symlink(first.path(), at("20/ns/net")).unwrap();
    let line = "9 8 0:4 net:[4026532999] /run/netns/cni-1 rw shared:2 - nsfs nsfs rw\n";
    fs::write(
        at("1/mountinfo"),
        format!("1 0 0:2 / / rw - rootfs none rw\n{line}"),
    )
    .unwrap();
    symlink("/proc/self/ns/net", at("22/task/23/ns/net")).unwrap();
    let seen = live(proc_root.path()).unwrap();
    let mounted = NetNsId {
        device: 4,
        inode: 4_026_532_999,
    };
    let expected = [
        (mounted, at("1/root/run/netns/cni-1")),
        (id(&first), at("20/ns/net")),
        (NetNs::current().unwrap().id(), at("22/task/23/ns/net")),
    ];
    assert_eq!(seen.paths, expected.into_iter().collect());
    assert_eq!(seen.unreadable, 0);

    symlink("/proc/self/ns/net/x/../../loop", at("21/ns")).unwrap();
    symlink("net", at("20/ns/loop")).unwrap();
    fs::remove_file(at("20/ns/net")).unwrap();
    symlink("net", at("20/ns/net")).unwrap();
    assert_eq!(
        live(proc_root.path()).unwrap().unreadable,
        1,
        "a link to itself"
    );
    fs::remove_file(at("1/mountinfo")).unwrap();
    assert!(
        live(proc_root.path()).is_err(),
        "no mounts is not the same as none"
    );
}

#[test]
#[ignore = "netns"]
fn settings_are_those_of_the_namespace_that_is_entered() {
    let place = Place::with_cable();
    place.guard.ip("link add v.100 type bridge").unwrap();
    let proc_root = Path::new("/proc");
    let setting = "net/ipv6/conf/v.100/accept_ra";
    assert_eq!(
        sysctl::read(proc_root, setting).unwrap(),
        None,
        "it is not here"
    );
    let inside = |value: &str| {
        place.namespace.run(|| {
            let before = sysctl::read(proc_root, setting).unwrap();
            sysctl::write(proc_root, setting, value).unwrap();
            (before, sysctl::read(proc_root, setting).unwrap())
        })
    };
    let (before, after) = inside("2").unwrap();
    assert_ne!(before, Some("2".to_owned()));
    assert_eq!(after, Some("2".to_owned()));
    let error = place
        .namespace
        .run(|| sysctl::write(proc_root, setting, "many"))
        .unwrap()
        .unwrap_err();
    let text =
        format!("cannot write \"many\" to /proc/sys/{setting}: Invalid argument (os error 22)");
    assert_eq!(chain(&error), text);
}

#[test]
fn a_setting_outside_of_net_is_refused() {
    for setting in [
        "",
        "net",
        "kernel/hostname",
        "net/../kernel/hostname",
        "/net/x",
        "./net/x",
    ] {
        let refused = sysctl::read(Path::new("/proc"), setting);
        let is_folder = setting == "net";
        assert!(refused.is_err(), "{setting:?}: {refused:?}");
        let text = chain(&refused.unwrap_err());
        assert_eq!(text.contains("no setting below net/"), !is_folder, "{text}");
        assert!(sysctl::write(Path::new("/proc"), setting, "x").is_err());
    }
}
