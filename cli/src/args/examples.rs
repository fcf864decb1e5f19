//! What stands below the help of each command. Left to others: the help itself, which the declarations give.

/// Below `colvin --help`.
pub(super) const COLVIN: &str = "\
Examples:
  colvin show                          the ports of this machine, in a blink
  colvin show vfs ens2f0               the VFs of one port
  colvin neighbors                     which switch port is behind each cable
  colvin snapshot -o node-7.machine    take a machine home, without its MACs and serials
  colvin show --from node-7.machine    and look at it there

Exit codes: 0 done, 1 failed, 2 wrong usage.";

/// Below `colvin show --help`.
pub(super) const SHOW: &str = "\
Examples:
  colvin show                  one line per port, what is odd below
  colvin show -o wide          with model, firmware, bond and protection in full
  colvin show -o json --vfs    a NodeTopology object with every VF by itself
  colvin show vfs 3b:00.0      the VFs of the PF at this PCI address
  colvin show --root /host     the machine whose /sys is at /host/sys

VFS is used/configured/total: used are those in another namespace or with a user-space driver.
`show` asks the kernel only and waits for nothing; neighbours on the wire: `colvin neighbors`.";

/// Below `colvin neighbors --help`.
pub(super) const NEIGHBORS: &str = "\
Examples:
  colvin neighbors             listens until every port with a carrier was heard, at most 35 s
  colvin neighbors --wait 5s   listens 5 s
  colvin neighbors -o json     for programs

Switches send every 30 s. Listening needs CAP_NET_RAW: `sudo`, or once
  setcap cap_net_raw+ep $(command -v colvin)";

/// Below `colvin watch --help`.
pub(super) const WATCH: &str = "\
Examples:
  colvin watch                 one line per change, until Ctrl-C
  colvin watch -o json         one JSON object per line
  colvin watch --for 1m        ends after a minute

Times are UTC. Neighbours are watched where CAP_NET_RAW allows it.";

/// Below `colvin lldp decode --help`.
pub(super) const DECODE: &str = "\
Examples:
  colvin lldp decode capture.pcapng
  tcpdump -i ens2f0 -w - ether proto 0x88cc | colvin lldp decode -
  colvin lldp decode -o json capture.pcap    every TLV, also those that are not known";

/// Below `colvin snapshot --help`.
pub(super) const SNAPSHOT: &str = "\
Examples:
  colvin snapshot -o node-7.machine
  colvin snapshot --listen 35s -o node-7.machine    with the LLDP frames of 35 s
  colvin show --from node-7.machine
  ssh node-7 colvin snapshot | colvin show --from -

MAC addresses and serial numbers are replaced, each by the same other one everywhere.
Names of ports, descriptions and what switches say of themselves stay: read it before you give it away.";

/// Below `colvin doctor --help`.
pub(super) const DOCTOR: &str = "\
Each check is OK, WARN (something is not seen) or FAIL (discovery does not work), with the remedy.
Ends with 1 when a check failed.";
