//! What tests do to a guest's NICs: VFs made, bound and moved, and everything put back.
//!
//! Left to others: looking at the result.

use anyhow::{Context as _, Result};

use super::channel::Process;
use super::guest::Vm;

impl Vm {
    /// The PCI address of a PF (`pf0`) or of any netdev with a PCI device.
    ///
    /// # Errors
    /// When there is none.
    pub fn pci_address(&self, netdev: &str) -> Result<String> {
        let path = self.sh(&format!("readlink -e /sys/class/net/{netdev}/device"))?;
        let name = path.trim().rsplit('/').next().unwrap_or_default();
        Ok(name.to_owned())
    }

    /// Sets the number of VFs of `pf` (none first, as the kernel demands) and gives their PCI
    /// addresses by index, once each has its netdev.
    ///
    /// # Errors
    /// When the kernel refuses or a netdev does not come within 20 s.
    pub fn create_vfs(&self, pf: &str, count: u32) -> Result<Vec<String>> {
        let addresses = self.sh(&format!(
            "cd /sys/class/net/{pf}/device || exit
            [ $(cat sriov_numvfs) = 0 ] || echo 0 > sriov_numvfs
            [ {count} = 0 ] && exit
            echo {count} > sriov_numvfs || exit
            for i in $(seq 0 $(({count} - 1))); do
                for try in $(seq 200); do [ -n \"$(ls virtfn$i/net 2>/dev/null)\" ] && break; sleep .1; done
                ls virtfn$i/net >/dev/null || exit
                basename $(readlink virtfn$i)
            done"
        ))?;
        Ok(addresses.lines().map(ToOwned::to_owned).collect())
    }

    /// The netdev of the PCI function at `address`, or `None` when this namespace has none for it.
    ///
    /// # Errors
    /// When there is no such function.
    pub fn netdev(&self, address: &str) -> Result<Option<String>> {
        let names = self.sh(&format!(
            "cd /sys/bus/pci/devices/{address} || exit; [ ! -e net ] || ls net"
        ))?;
        Ok(names.lines().next().map(ToOwned::to_owned))
    }

    /// Binds the PCI function at `address` to `driver` (`vfio-pci`, `igbvf`), whatever it has now.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn bind(&self, address: &str, driver: &str) -> Result<()> {
        self.sh(&format!(
            "cd /sys/bus/pci/devices/{address} || exit
            echo {driver} > driver_override || exit
            [ ! -e driver ] || echo {address} > driver/unbind
            echo {address} > /sys/bus/pci/drivers_probe
            [ \"$(basename $(readlink driver))\" = {driver} ]"
        ))
        .map(drop)
    }

    /// Binds the PCI function at `address` to `vfio-pci`, as a virtual machine's host does.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn bind_vfio(&self, address: &str) -> Result<()> {
        self.bind(address, "vfio-pci")
    }

    /// Makes a named network namespace, as a pod's.
    ///
    /// # Errors
    /// When there is one of that name.
    pub fn add_netns(&self, netns: &str) -> Result<()> {
        self.sh(&format!("ip netns add {netns}")).map(drop)
    }

    /// Moves `netdev` into the namespace, where it is called `name` and up.
    ///
    /// # Errors
    /// When there is no such netdev or namespace.
    pub fn move_to_netns(&self, netdev: &str, netns: &str, name: &str) -> Result<()> {
        self.sh(&format!(
            "ip link set {netdev} netns {netns} name {name} up"
        ))
        .map(drop)
    }

    /// Raises (`up`) or lowers `netdev`.
    ///
    /// # Errors
    /// When there is no such netdev.
    pub fn set_up(&self, netdev: &str, up: bool) -> Result<()> {
        let state = if up { "up" } else { "down" };
        self.sh(&format!("ip link set {netdev} {state}")).map(drop)
    }

    /// Starts a receive-only lldpd in the guest on its PFs: what a node's own lldpd would hear.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start_lldpd(&self) -> Result<Process> {
        let lldpd = self.spawn(&format!(
            "grep -q ^_lldpd: /etc/passwd || echo _lldpd:x:64999:64999::/run/lldpd:/bin/false >> /etc/passwd
            grep -q ^_lldpd: /etc/group || echo _lldpd:x:64999: >> /etc/group
            mkdir -p /run/lldpd
            LD_LIBRARY_PATH={} exec {} -d -r -u /run/lldpd.socket -I 'pf*' -L {} -O /dev/null",
            self.bench().switch_libraries(),
            self.bench().lldp("lldpd").get_program().display(),
            self.bench().lldp("lldpcli").get_program().display(),
        ))?;
        self.sh(
            "for try in $(seq 100); do [ -S /run/lldpd.socket ] && exit; sleep .1; done; exit 1",
        )
        .with_context(|| format!("lldpd in the guest: {}", lldpd.stderr().unwrap_or_default()))?;
        Ok(lldpd)
    }

    /// What `lldpcli` answers to `arguments` (shell words) in the guest, where
    /// [`Vm::start_lldpd`] runs.
    ///
    /// # Errors
    /// When lldpcli fails.
    pub fn lldpcli(&self, arguments: &str) -> Result<String> {
        self.sh(&format!(
            "LD_LIBRARY_PATH={} {} -u /run/lldpd.socket {arguments}",
            self.bench().switch_libraries(),
            self.bench().lldp("lldpcli").get_program().display(),
        ))
    }

    /// Puts all back as it was after the boot: no VFs, no namespaces, no virtual links, PFs up and
    /// with a carrier.
    ///
    /// # Errors
    /// When something stays.
    pub fn reset(&self) -> Result<()> {
        self.sh(
            "for n in $(ip netns list | cut -d' ' -f1); do ip netns del $n; done
            for f in /sys/class/net/pf*/device/sriov_numvfs; do [ $(cat $f) = 0 ] || echo 0 > $f; done
            for l in /sys/class/net/*; do
                l=${l##*/}; [ $l = lo ] || [ -e /sys/class/net/$l/device ] || [ ! -e /sys/class/net/$l/ifindex ] || ip link del $l
            done
            for l in /sys/class/net/pf*; do ip link set ${l##*/} up || exit; done
            for l in /sys/class/net/pf*; do
                for try in $(seq 100); do [ \"$(cat $l/carrier)\" = 1 ] && break; sleep .1; done
                [ \"$(cat $l/carrier)\" = 1 ] || { echo $l has no carrier >&2; exit 1; }
            done",
        )
        .context("putting the guest back as it was")
        .map(drop)
    }
}
