# Makes a bench guest ready for containerd and the kubelet; run once in each boot, by bash, behind lines that set
# NODE, ADDRESS, NUMBER, API_HOST, API_PORT, KUBELET_PORT, AUTHORITY, PAUSE and PACKAGES (the unpacked packages).
set -e
modprobe -a overlay veth bridge nft_chain_nat nft_nat nft_masq
mountpoint -q /sys/fs/cgroup || mount -t cgroup2 cgroup2 /sys/fs/cgroup
# one limit of memory for a whole tree is not what the kubelet asks for: each controller it names must be there
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
	echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
done
echo "$NODE" >/etc/hostname
printf '127.0.0.1 localhost\n%s %s\n' "$ADDRESS" "$NODE" >/etc/hosts
: >/etc/resolv.conf
sysctl -qw net.ipv4.ip_forward=1 vm.overcommit_memory=1 kernel.panic=10 kernel.panic_on_oops=1

# an overlay cannot lie on an overlay, and a reboot keeps these
for folder in colvin kubelet containerd cni; do
	mkdir -p "/disk/$folder" "/var/lib/$folder"
	mount --bind "/disk/$folder" "/var/lib/$folder"
done
mkdir -p /var/log/pods /var/log/containers /etc/cni/net.d /opt/cni/bin /etc/cdi /var/run/cdi /run/containerd
ln -sf "$PACKAGES"/usr/lib/cni/* /opt/cni/bin/
ln -sf "$PACKAGES"/usr/bin/* "$PACKAGES"/usr/sbin/runc /run/bin/

# in place of kube-proxy: the one service that counts, and pods reach the API server
nft() { LD_LIBRARY_PATH=$PACKAGES/usr/lib/x86_64-linux-gnu "$PACKAGES/usr/sbin/nft" "$@"; }
nft -f - <<N
table ip bench {
	chain pre {
		type nat hook prerouting priority -100
		ip daddr 10.96.0.1 tcp dport 443 dnat to $API_HOST:$API_PORT
	}
	chain out {
		type nat hook output priority -100
		ip daddr 10.96.0.1 tcp dport 443 dnat to $API_HOST:$API_PORT
	}
	chain post {
		type nat hook postrouting priority 100
		ip saddr 10.244.0.0/16 ip daddr != 10.244.0.0/16 masquerade
	}
}
N
cat >/etc/cni/net.d/10-bench.conflist <<C
{"cniVersion": "1.0.0", "name": "bench", "plugins": [{"type": "bridge", "bridge": "cni0", "isGateway": true,
"ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.$NUMBER.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
C
cat >/run/containerd.toml <<C
version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.erofs",
  "io.containerd.snapshotter.v1.blockfile", "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins.'io.containerd.cri.v1.images']
  snapshotter = "overlayfs"
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = "$PAUSE"
[plugins.'io.containerd.cri.v1.runtime']
  enable_cdi = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["/opt/cni/bin"]
    conf_dir = "/etc/cni/net.d"
    use_internal_loopback = true
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      BinaryName = "/run/bin/runc"
      SystemdCgroup = false
C
cat >/run/kubelet.yaml <<C
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
failSwapOn: false
port: $KUBELET_PORT
authentication: {anonymous: {enabled: false}, webhook: {enabled: false}, x509: {clientCAFile: "$AUTHORITY"}}
authorization: {mode: AlwaysAllow}
clusterDomain: cluster.local
resolvConf: ""
makeIPTablesUtilChains: false
localStorageCapacityIsolation: false
evictionHard: {imagefs.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%"}
imageGCHighThresholdPercent: 100
imageMinimumGCAge: 24h
# an emulated machine is slow, and a test waits for what it tells
nodeStatusUpdateFrequency: 2s
runtimeRequestTimeout: 4m
volumeStatsAggPeriod: -1s
volumePluginDir: /var/lib/kubelet/volumeplugins
serializeImagePulls: false
maxPods: 30
C
