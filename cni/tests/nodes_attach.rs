//! Real VFs (QEMU's `igb`) attached and given back: by a runtime that repeats itself, after kills, after
//! the death of a pod's namespace, after a reboot. What `ip` and sysfs say is the same before and after.
//!
//! Left to others: every system call in turn (`netns_crash.rs`), a real runtime (`nodes_containerd.rs`).

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "test"
)]

#[path = "nodes_attach/children.rs"]
mod children;
#[path = "nodes_attach/guest.rs"]
mod guest;
#[path = "looked/links.rs"]
mod links;
#[path = "nodes_attach/sweep.rs"]
mod sweep;

use std::time::Instant;

use guest::{Guest, Looked};

/// A VF with all that this card can be told, for pods that are configured alone.
const ASKED: &str = r#"
conf vf <<C
{"cniVersion": "1.1.0", "name": "real", "type": "colvin-cni", "kind": "VirtualFunction", "deviceID": "$F0",
 "vlan": 110, "vlanQoS": 5, "mac": "02:00:00:00:01:10", "trust": "on", "spoofchk": "off", "max_tx_rate": 200,
 "mtu": 1450, "ipam": {"type": "host-local", "subnet": "10.7.0.0/24"}}
C
"#;

/// Nothing is left after it, and the device is as it was.
fn same(guest: &Guest, after: &str, before: &Looked, what: &str) {
    let leaks = guest.looked(after).unwrap().leaks(before);
    assert!(leaks.is_empty(), "{what}:\n{}", leaks.join("\n"));
}

/// The pod has what was asked for: settings at the PF and the interface in its namespace.
fn as_asked(seen: &Looked, pod: &str) {
    let vf = seen.vf("pf0", 0).unwrap();
    let shown = format!("{vf:#}");
    assert_eq!(vf["address"], "02:00:00:00:01:10", "{shown}");
    assert_eq!(vf["vlan_list"][0]["vlan"], 110, "{shown}");
    assert_eq!(vf["vlan_list"][0]["qos"], 5, "{shown}");
    assert_eq!(
        (&vf["trust"], &vf["spoofchk"]),
        (&true.into(), &false.into()),
        "{shown}"
    );
    assert_eq!(vf["rate"]["max_tx"], 200, "{shown}");
    let link = seen.link(pod, "net1").unwrap();
    let shown = format!("{link:#}");
    assert_eq!(
        (&link["address"], &link["mtu"]),
        (&"02:00:00:00:01:10".into(), &1450.into()),
        "{shown}"
    );
    let flags = link["flags"].as_array().unwrap();
    assert!(flags.iter().any(|flag| flag == "UP"), "{shown}");
    assert!(
        link["altnames"].is_null(),
        "names of the node went along: {shown}"
    );
    assert!(
        seen.addresses(pod).contains("10.7.0."),
        "{}",
        seen.addresses(pod)
    );
    assert_eq!(seen.files.len(), 2, "{:?}", seen.files);
}

/// I2, CNI-DEL-1.
#[test]
#[ignore = "nodes"]
fn a_vf_is_as_before_after_each_of_200_attachments() {
    let guest = Guest::shared().unwrap();
    let begun = Instant::now();
    let script = format!(
        r"own; {ASKED} pod a; look before
        for i in $(seq 200); do
            cni ADD vf c$i /run/netns/a >/run/added
            case $i in 1 | 100 | 200) look at$i; cp /run/added $L/added$i ;; esac
            cni DEL vf c$i /run/netns/a
            look after$i
        done"
    );
    guest.script(&script).unwrap();
    let before = guest.looked("before").unwrap();
    assert_eq!(before.vf("pf0", 0).unwrap()["vlan_list"][0]["vlan"], 7);
    for round in 1..=200 {
        same(
            &guest,
            &format!("after{round}"),
            &before,
            &format!("round {round}"),
        );
    }
    for round in [1, 100, 200] {
        as_asked(&guest.looked(&format!("at{round}")).unwrap(), "a");
    }
    println!(
        "200 times ADD and DEL: {:.0} s",
        begun.elapsed().as_secs_f32()
    );
}

/// CNI-ADD-4, CNI-DEL-1: a real card is another thing than a stand-in where it is told something.
#[test]
#[ignore = "nodes"]
fn a_vf_is_as_before_after_a_kill_where_the_kernel_is_told_something() {
    let guest = Guest::shared().unwrap();
    let begun = Instant::now();
    // each place where one of these calls is made, but for the loader's
    let script = format!(
        r#"own; {ASKED} pod a; look before
        places() {{ # VERB: NAME NTH of every place
            UNDER="strace -f -qqq -o /run/trace" cni $1 vf c0 /run/netns/a >/dev/null
            sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' /run/trace | awk '{{ n[$1]++; print $1, n[$1] }}' |
                grep -E '^(sendto|sendmsg|recvfrom|recvmsg|fsync|fdatasync|rename|renameat|renameat2|unlink|unlinkat|setns) '
        }}
        places ADD >/run/adds; places DEL >/run/dels
        wc -l </run/adds; wc -l </run/dels
        n=0
        while read -r call nth; do
            n=$((n + 1))
            UNDER="strace -f -qqq -o /dev/null -e inject=$call:signal=SIGKILL:when=$nth" cni ADD vf c$n /run/netns/a >/dev/null 2>&1 </dev/null || true
            cni DEL vf c$n /run/netns/a >/dev/null </dev/null
            look add$n
        done </run/adds
        n=0
        while read -r call nth; do
            n=$((n + 1))
            cni ADD vf d$n /run/netns/a >/dev/null </dev/null
            UNDER="strace -f -qqq -o /dev/null -e inject=$call:signal=SIGKILL:when=$nth" cni DEL vf d$n /run/netns/a >/dev/null 2>&1 </dev/null || true
            cni DEL vf d$n /run/netns/a >/dev/null </dev/null
            look del$n
        done </run/dels
        cat /run/adds /run/dels >&2"#
    );
    let told = guest.script(&script).unwrap();
    let counts: Vec<u32> = told
        .lines()
        .map(|line| line.trim().parse().unwrap())
        .collect();
    let before = guest.looked("before").unwrap();
    for (verb, count) in ["add", "del"].into_iter().zip(&counts) {
        assert!(*count > 5, "{told}");
        for place in 1..=*count {
            same(
                &guest,
                &format!("{verb}{place}"),
                &before,
                &format!("{verb}, place {place}"),
            );
        }
    }
    println!(
        "killed at {counts:?} places: {:.0} s",
        begun.elapsed().as_secs_f32()
    );
}

/// CNI-DEL-3, D-1, D-2: the kernel gives the VF back under the pod's name, down, with the pod's address.
#[test]
#[ignore = "nodes"]
fn a_vf_whose_namespace_died_is_found_by_its_address_and_restored() {
    let guest = Guest::shared().unwrap();
    let script = format!(
        r#"own; {ASKED} look before
        pod a; cni ADD vf c1 /run/netns/a >/dev/null
        ip netns del a; until [ "$(named $F0)" ]; do sleep .1; done
        look died1
        cni DEL vf c1 /run/netns/a; look deleted1
        # the last process of a namespace without a name
        unshare --net sleep 1000 & sandbox=$!
        until [ "$(readlink /proc/$sandbox/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep .1; done
        cni ADD vf c2 /proc/$sandbox/ns/net >/dev/null
        kill -9 $sandbox; until [ "$(named $F0)" ]; do sleep .1; done
        look died2
        cni DEL vf c2 ""; look deleted2
        # the path stands for the next pod by now
        pod b; cni ADD vf c3 /run/netns/b >/dev/null
        ip netns del b; until [ "$(named $F0)" ]; do sleep .1; done
        pod b; cni DEL vf c3 /run/netns/b; ip netns del b; look deleted3"#
    );
    guest.script(&script).unwrap();
    let before = guest.looked("before").unwrap();
    for death in ["died1", "died2"] {
        let died = guest.looked(death).unwrap();
        let link = died.link("host", "net1").unwrap();
        assert_eq!(link["address"], "02:00:00:00:01:10", "{link:#}");
        assert_eq!(died.vf("pf0", 0).unwrap()["vlan_list"][0]["vlan"], 110);
    }
    for after in ["deleted1", "deleted2", "deleted3"] {
        same(&guest, after, &before, after);
    }
}

/// I1, I2, A7: nobody asks for DEL; the sweep finds it dead and gives it back.
#[test]
#[ignore = "nodes"]
fn a_vf_whose_namespace_died_is_swept() {
    if sweep::is_inside() {
        return sweep::sweep();
    }
    let guest = Guest::shared().unwrap();
    let sweep = sweep::again("a_vf_whose_namespace_died_is_swept");
    let script = format!(
        r#"own; {ASKED} pod b; look before; pod a
        cni ADD vf c1 /run/netns/a >/dev/null
        {sweep}; look alive
        ip netns del a; until [ "$(named $F0)" ]; do sleep .1; done
        {sweep}; look swept
        # killed in mid ADD, and the pod is gone before anybody asks again
        pod a
        UNDER="strace -f -qqq -o /dev/null -e inject=rename,renameat,renameat2:signal=SIGKILL:when=2" cni ADD vf c2 /run/netns/a >/dev/null 2>&1 || true
        ip netns del a; until [ "$(named $F0)" ]; do sleep .1; done
        {sweep}; look swept2"#
    );
    let said = guest.script(&script).unwrap();
    println!("{said}");
    as_asked(&guest.looked("alive").unwrap(), "a");
    let before = guest.looked("before").unwrap();
    same(&guest, "swept", &before, "the sweep");
    same(&guest, "swept2", &before, "the sweep of a half-made one");
}

/// I1: the device stays where it is; its PF is told.
#[test]
#[ignore = "nodes"]
fn a_vf_for_a_machine_in_the_pod_has_its_settings_and_gives_them_back() {
    let guest = Guest::shared().unwrap();
    let script = format!(
        r#"own; {ASKED}
        sed -i 's/"mtu": 1450, "ipam".*/"ipam": {{}}}}/' /run/conf/vf
        d=/sys/bus/pci/devices/$F0
        echo vfio-pci >$d/driver_override; echo $F0 >$d/driver/unbind; echo $F0 >/sys/bus/pci/drivers_probe
        [ "$(basename $(readlink $d/driver))" = vfio-pci ]
        pod a; look before
        cni ADD vf c1 /run/netns/a >$L/result; look added
        cni DEL vf c1 /run/netns/a; look after"#
    );
    guest.script(&script).unwrap();
    let (before, added) = (
        guest.looked("before").unwrap(),
        guest.looked("added").unwrap(),
    );
    let vf = added.vf("pf0", 0).unwrap();
    assert_eq!(vf["address"], "02:00:00:00:01:10", "{vf:#}");
    assert_eq!(vf["vlan_list"][0]["vlan"], 110, "{vf:#}");
    assert_eq!(
        (&vf["trust"], &vf["spoofchk"]),
        (&true.into(), &false.into()),
        "{vf:#}"
    );
    assert_eq!(added.functions, before.functions, "its driver is as it was");
    assert!(added.link("a", "net1").is_err());
    same(&guest, "after", &before, "DEL");
}

/// A8, D-19: the boot's own state is void, and DEL is asked for all the same.
#[test]
#[ignore = "nodes"]
fn after_a_power_cut_del_succeeds_and_the_vf_is_as_the_boot_made_it() {
    let mut guest = Guest::shared().unwrap();
    let before =
        format!("own; {ASKED} pod a; cni ADD vf c1 /run/netns/a >/dev/null; sync; look held");
    guest.script(&before).unwrap();
    assert_eq!(guest.looked("held").unwrap().files.len(), 2);
    guest.reboot().unwrap();
    // the card has no VFs yet
    let absent = format!(
        r"F0=0000:01:10.0; {ASKED} look none; cni DEL vf c1 /run/netns/a; look deleted; vfs; look boot
        cni DEL vf c1 /run/netns/a; look again
        pod a; look before; cni ADD vf c2 /run/netns/a >/dev/null; look added; cni DEL vf c2 /run/netns/a; look after"
    );
    guest.script(&absent).unwrap();
    let none = guest.looked("none").unwrap();
    assert_eq!(
        none.files.len(),
        2,
        "what was written is there: {:?}",
        none.files
    );
    assert!(guest.looked("deleted").unwrap().files.is_empty());
    same(
        &guest,
        "again",
        &guest.looked("boot").unwrap(),
        "DEL after the boot made VFs",
    );
    as_asked(&guest.looked("added").unwrap(), "a");
    same(
        &guest,
        "after",
        &guest.looked("before").unwrap(),
        "DEL of the next attachment",
    );
}

/// A8: VFs are there before anybody asks for DEL, and nothing of the last boot is put upon them.
#[test]
#[ignore = "nodes"]
fn after_a_power_cut_nothing_of_the_last_boot_is_put_upon_a_new_vf() {
    let mut guest = Guest::shared().unwrap();
    let before = format!("own; {ASKED} pod a; cni ADD vf c1 /run/netns/a >/dev/null; sync");
    guest.script(&before).unwrap();
    guest.reboot().unwrap();
    let after = format!("vfs; {ASKED} look boot; cni DEL vf c1 /run/netns/a; look after");
    guest.script(&after).unwrap();
    let (boot, after) = (
        guest.looked("boot").unwrap(),
        guest.looked("after").unwrap(),
    );
    assert!(after.files.is_empty(), "{:?}", after.files);
    let mut expected = boot;
    expected.files.clear();
    assert_eq!(after.leaks(&expected), Vec::<String>::new());
}
