//! What stands below the help of each command. Left to others: the help itself, which the declarations give.

/// Below `colvin --help`.
pub(super) const COLVIN: &str = "\
Examples:
  colvin show                          the ports of this machine, in a blink
  colvin show vfs ens2f0               the VFs of one port
  colvin neighbors                     which switch port is behind each cable
  colvin snapshot -o node-7.machine    take a machine home, without its MACs and serials
  colvin show --from node-7.machine    and look at it there
  colvin nodes                         the nodes of the cluster that kubectl talks to
  colvin why worker-4 green            why that node reaches that network, or why not
  colvin why-pending web-0             why a pod waits for a node
  colvin path web-0                    from a pod to the switch ports behind it

Exit codes: 0 done, 1 failed, 2 wrong usage; `why`, `why-pending`, `path` and `vfs` have 3 for no.
Linked as kubectl-colvin it is also `kubectl colvin`.";

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
  colvin neighbors --all-nodes what the agents of a cluster heard

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
Examples:
  colvin doctor
  colvin doctor --config-file config.json    also of the SR-IOV device plugin's config file
  colvin doctor --cluster                    a cluster, seen from here
  colvin doctor --cluster -f dump.yaml       what a dump of one tells

Each check is OK, WARN (something is not seen) or FAIL (discovery does not work), with the remedy.
Of a config file FAIL is a part that is not served, WARN one that may not be what was meant.
Of a cluster FAIL is what does not work or is not served; whatever you may not read is not judged and
told. Ends with 1 when a check failed.";

/// Below `colvin lint --help`.
pub(super) const LINT: &str = "\
Examples:
  colvin lint green.yaml                       typos, wrong types, rules; needs no cluster
  kubectl get cnet -o yaml | colvin lint -     what is in the cluster
  colvin lint --cluster green.yaml             also who would be on it, and with whom it would contend
  colvin lint -f dump.yaml green.yaml          the same from a file: kubectl get nodes,ntopo,cnet -o yaml

A problem is `file:line:column: field: what is wrong (did you mean ...?)`. Ends with 1 when there is an
error, with --strict also when there is a warning. What is not of colvin.dev is passed over.";

/// Below `colvin nodes --help`.
pub(super) const NODES: &str = "\
Examples:
  colvin nodes
  colvin nodes -o wide                 with every network and every finding
  kubectl get nodes,ntopo -o yaml > dump.yaml
  colvin nodes -f dump.yaml            the same of a file

Nodes without a NodeTopology are shown: no agent reports from them.
Ends with 1 when something could not be read: the rest is shown, and that is named.";

/// Below `colvin networks --help`.
pub(super) const NETWORKS: &str = "\
Examples:
  colvin networks                      a line per Network
  colvin networks green                which node reaches green, by which uplink, by which evidence
  kubectl get nodes,ntopo,cnet,pods -A -o yaml > dump.yaml
  colvin networks green -f dump.yaml   the same of a file

DEVICES is allocatable/capacity: what can be used, of what there is; held ones count.
FREE is what pods do not hold. It is per node, and needs the right to list pods.
Ends with 1 when something could not be read: the rest is shown, and that is named.";

/// Below `colvin why --help`.
pub(super) const WHY: &str = "\
Examples:
  colvin why worker-4 green
  if colvin why worker-4 green > /dev/null; then ...
  kubectl get nodes,ntopo,cnet -o yaml > dump.yaml
  colvin why worker-4 green -f dump.yaml     the same of a file
  colvin show -o yaml --node here | colvin why here green -f green.yaml -f -
                                             if green.yaml were applied, here

For each uplink: the evidence that puts it on the Network, or what comes nearest.
The answer is that of the node's agent, as the scheduler sees it. It is computed again here,
and where the two differ that is said. What `colvin show` prints has no agent's answer.

Exit codes: 0 the node reaches the Network, 3 it does not, 1 it cannot be told, 2 wrong usage.";

/// Below `colvin why-pending --help`.
pub(super) const WHY_PENDING: &str = "\
Examples:
  colvin why-pending web-0
  colvin why-pending -n tenant-a web-0 -o wide     with every node of the cluster
  kubectl get nodes,ntopo,cnet,pods,ns -A -o yaml > dump.yaml
  colvin why-pending web-0 -f dump.yaml            the same of a file

FREE is how many devices pods do not hold, of those that the node's kubelet gives.
Judged are devices, CPU, memory and the like, taints, cordons, node selectors and affinity to
nodes; what else the pod has to heed is named, and the scheduler's own words stand below.

Exit codes: 0 it is explained, 3 no node can run the pod as things are, 1 it cannot be told,
2 wrong usage.";

/// Below `colvin path --help`.
pub(super) const PATH: &str = "\
Examples:
  colvin path web-0
  colvin path -n tenant-a web-0 -o wide            with chassis ID and port ID
  kubectl exec -n colvin-system colvin-agent-x2v7k -- /colvin-agent holders > holders.json
  colvin path web-0 --holders holders.json         without asking the agent
  colvin path web-0 -f dump.yaml -f holders.json   without a cluster

Who holds which device is asked of the agent on the pod's node: `colvin-agent holders` is run in
its container, which needs the Role colvin-holders of Colvin's namespace. Pods and what is behind
the ports come from the API server.

Exit codes: 0 the pod has devices, 3 it has none, 1 it cannot be told, 2 wrong usage.";

/// Below `colvin vfs --help`.
pub(super) const VFS: &str = "\
Examples:
  colvin vfs --node worker-1
  colvin vfs --node worker-1 --network green
  colvin vfs --node worker-1 -f dump.yaml -f holders.json

STATE is Held, Free, why no new pod may have the VF, or NotOffered where no network has it.
Who holds what is asked of the node's agent, as `colvin path` does.
`colvin show vfs` lists those of the machine it runs on.

Exit codes: 0 done, 3 there is no VF, 1 it cannot be told, 2 wrong usage.";

/// Below `colvin diagnose --help`.
pub(super) const DIAGNOSE: &str = "\
Examples:
  sudo colvin diagnose                   everything that is attached on this node
  sudo colvin diagnose tenant-a/web-0    a pod's attachments
  sudo colvin diagnose 3f2a9c            those of a container of podman or nerdctl
  sudo colvin diagnose --api             what the API server says of the pods too
  sudo colvin diagnose -o json           for programs

Compared are the journal, the kernel, the devices that were given out, what the node's agent hears
from the kubelet, when it answers, and what the API server has, when it is asked. Neither an agent
nor a cluster is needed, and nothing is changed. NETNS is alive, gone, or unknown where nothing proves either: to see into namespaces is
root's right. Each disagreement says what to do.

Exit codes: 0 nothing disagrees, 1 something does or it cannot be told, 2 wrong usage.";

/// Below `colvin trace --help`.
pub(super) const TRACE: &str = "\
Examples:
  sudo colvin trace                     the last ADD and the last DEL of this node
  sudo colvin trace tenant-a/web-0      those of a pod's interfaces
  sudo colvin trace 3f2a9c -o json      those of a container, for programs

AT is when a step ended, since the call began; TOOK is how long it took. A step of kind netlink is a
message that changes something in the kernel. The plugin keeps them in /run/colvin/trace: of every
interface that is attached, and of the last 64 containers that were detached or not attached. What
has ended is found by the container's id, for the pod's name ends with its attachment.

Exit codes: 0 done, 1 nothing is kept or it cannot be read, 2 wrong usage.";

/// Below `colvin drift --help`.
pub(super) const DRIFT: &str = "\
Examples:
  colvin drift
  colvin drift -o wide                 with the names of all nodes
  kubectl get ntopo -o yaml > dump.yaml
  colvin drift -f dump.yaml            the same of a file

Nodes are alike when their uplinks are, whatever they are called and wherever the cables end:
networks, driver, card, link, speed, MTU, VFs, bond or bridge, protection, VLAN, the
neighbours' names (leaf-12 is leaf-#), and aliases that people gave. A few nodes that are
nearly like many are outliers of those; other designs are groups of their own.
Ends with 1 when something could not be read: the rest is shown, and that is named.";

/// Below `colvin suggest --help`.
pub(super) const SUGGEST: &str = "\
Examples:
  colvin suggest                           Networks for the ports that are on none, as YAML
  colvin suggest -f dump.yaml              from a file: kubectl get nodes,ntopo,cnet -o yaml
  colvin suggest > networks.yaml           edit it, then colvin lint --cluster and kubectl apply
  colvin suggest --apply                   create them as they are proposed

Ports are joined by the VLAN that the switch says, else by the words that its port description begins
with, else by the switch. A node that joins or leaves changes no name of the others. Nothing that is
there is ever written over.";

/// Below `colvin import surveyor --help`.
pub(super) const IMPORT_SURVEYOR: &str = "\
Examples:
  kubectl get -n kube-system interfacemaps.k8s.cni.cncf.io -o yaml | colvin import surveyor -
  colvin import surveyor --cluster             the same without a pipe
  colvin import surveyor --cluster --apply     and create the Networks

Each network of the maps becomes a Network with a member per node, which pins the interface. Networks go
to standard output, notes (names that had to change) to standard error.";

/// Below `colvin import nad --help`.
pub(super) const IMPORT_NAD: &str = "\
Examples:
  kubectl get net-attach-def -A -o yaml | colvin import nad -
  colvin import nad --node green-a=worker-1 --node green-b=worker-2 nads.yaml
  colvin import nad --cluster -n tenant-a      those of one namespace
  colvin import nad --cluster --apply          and create the Networks

Definitions whose configurations differ in nothing but the interface become one Network with a
member per node. The node comes from --node, from a label, annotation or node selector of the
definition, or from the end of its name. What was understood, dropped and carried over is told on
standard error. So are the pods, and what makes pods, in the same files or in the cluster, that ask
for these definitions: what goes of them (-), what comes (+), and what is otherwise then (!).";

/// Below `colvin convert --help`.
pub(super) const CONVERT: &str = "\
Examples:
  colvin convert green.yaml                    the definition of the Network green, for Multus
  colvin convert --cluster green -n tenant-a   of a Network of the cluster, for this namespace
  kubectl get net-attach-def green -o yaml | colvin convert -
                                               the Network that a definition amounts to
  colvin convert --interface red/tenantred=ens2f0 tenantred.yaml
  colvin convert --cluster red/tenantred       of a definition of the cluster
  colvin convert --to claim-template nad.yaml  the template by which pods get it of DRA
  colvin convert template.yaml                 the definition that a template amounts to

Objects go to standard output and nothing is applied. A definition for colvin-cni says the
Network's name and no more: all settings are the Network's. Read are definitions of sriov-cni,
macvlan, ipvlan, vlan, host-device, OVN's localnet and colvin-cni. What cannot be carried over is
a warning on standard error. Each definition becomes a Network of its own; `colvin import nad`
joins those that differ in the node. Ends with 1 when an object could not be converted.";
