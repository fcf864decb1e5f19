//! The emulated machine, as QEMU's command line.
//!
//! Left to others: running it (`guest.rs`).

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::bench::Bench;
use super::guest::VmConfig;

/// The machine: q35 with an Intel IOMMU, the host's files and the share by 9p, a virtio port,
/// and one `igb` on a root port of its own per tap (elsewhere it has no SR-IOV).
///
/// # Errors
/// When the bench has no kernel.
pub(super) fn command(bench: &Bench, config: &VmConfig, at: &Path) -> Result<Command> {
    let here = at.display();
    let append = format!(
        "console=ttyS0 quiet panic=-1 intel_iommu=on iommu=pt mitigations=off net.ifnames=0 \
         colvin_bench=1 bench_name={} bench_mgmt={} bench_disk={} bench_cache={} bench_script={here}/init.sh",
        config.name,
        if config.management {
            config.address()
        } else {
            "none".to_owned()
        },
        u8::from(config.disk_mib.is_some()),
        bench.cache().display(),
    );
    let mut qemu = bench.qemu();
    qemu.args([
        "-accel",
        "tcg,thread=multi,tb-size=256",
        "-M",
        "q35,kernel-irqchip=split",
    ])
    .args(["-cpu", "max", "-smp", &config.cpus.to_string()])
    .args(["-m", &config.memory_mib.to_string()])
    .args(["-nodefaults", "-display", "none", "-no-reboot"])
    .args(["-serial", &format!("file:{here}/console.log")])
    .args(["-qmp", &format!("unix:{here}/qmp,server=on,wait=off")])
    .arg("-kernel")
    .arg(bench.kernel()?)
    .arg("-initrd")
    .arg(bench.initramfs())
    .args(["-append", &append])
    .args(["-device", "intel-iommu,intremap=on,caching-mode=on"])
    .args([
        "-fsdev",
        "local,id=root,path=/,security_model=none,readonly=on,multidevs=remap",
    ])
    .args(["-device", "virtio-9p-pci,fsdev=root,mount_tag=hostroot"])
    .args([
        "-fsdev",
        &format!("local,id=share,path={here}/share,security_model=none"),
    ])
    .args(["-device", "virtio-9p-pci,fsdev=share,mount_tag=share"])
    .args(["-device", "virtio-rng-pci", "-device", "virtio-serial-pci"])
    .args([
        "-chardev",
        &format!("socket,id=port,path={here}/port,server=on,wait=off"),
    ])
    .args(["-device", "virtserialport,chardev=port,name=colvin.bench"]);
    if config.console {
        qemu.args([
            "-chardev",
            &format!("socket,id=con,path={here}/console,server=on,wait=off"),
        ])
        .args(["-device", "virtconsole,chardev=con,name=colvin.console"]);
    }
    if config.disk_mib.is_some() {
        // the host keeps it in memory, but what the guest has not written is lost in a power cut
        qemu.args([
            "-drive",
            &format!("if=none,id=disk,format=raw,cache=unsafe,file={here}/disk"),
        ])
        .args(["-device", "virtio-blk-pci,drive=disk"]);
    }
    nics(&mut qemu, config);
    qemu.args(&config.extra);
    Ok(qemu)
}

/// The PFs and the management NIC. Several guests in one namespace have MACs of their own.
fn nics(qemu: &mut Command, config: &VmConfig) {
    let guest = config.number;
    for (number, tap) in config.taps.iter().enumerate() {
        let chassis = number + 1;
        qemu.args([
            "-device",
            &format!("pcie-root-port,id=rp{number},chassis={chassis}"),
        ])
        .args([
            "-netdev",
            &format!("tap,id=n{number},ifname={tap},script=no,downscript=no"),
        ])
        .args([
            "-device",
            &format!(
                "igb,id=pf{number},netdev=n{number},bus=rp{number},mac=52:54:00:{guest:02x}:{number:02x}:00"
            ),
        ]);
    }
    if config.management {
        // QEMU's user network, in which it is 10.0.2.2; no PXE, so no ROM for it
        let mac = format!("52:54:00:{guest:02x}:ff:00");
        let address = config.address();
        let way = |port: &u16| format!(",hostfwd=tcp:127.0.0.1:{port}-{address}:{port}");
        let ways: Vec<String> = config.ports.iter().map(way).collect();
        let network = format!("user,id=mgmt,ipv6=off{}", ways.concat());
        qemu.args(["-netdev", &network]).args([
            "-device",
            &format!("virtio-net-pci,netdev=mgmt,romfile=,mac={mac}"),
        ]);
    }
}
