# What tests do in the guest; every script begins with it, behind lines that set P (the plugin) and L (a folder on the
# share that the host reads). Runs in bash.
conf() { # NAME: the configuration on standard input, kept for later calls
	mkdir -p /run/conf
	cat >"/run/conf/$1"
}
cni() { # VERB CONF CONTAINER NETNS [NAME]: one call; its answer on standard output
	local answer
	answer=$(CNI_COMMAND=$1 CNI_CONTAINERID=$3 CNI_NETNS=$4 CNI_IFNAME=${5:-net1} CNI_PATH=/nowhere ${UNDER:-} "$P" <"/run/conf/$2")
	local status=$?
	[ $status = 0 ] || echo "$1 $2 $3: status $status: $answer" >&2
	echo "$answer"
	return $status
}
pod() { # NAME: a pod's namespace
	ip netns add "$1" && ip -n "$1" link set lo up
}
pods() { find /run/netns -mindepth 1 -printf '%f\n' 2>/dev/null; }
look() { # NAME: all that `ip` and sysfs say, to the host
	local vf pod
	{
		echo "[\"links\", \"host\", $(ip -j -d link)]"
		for pod in $(pods); do
			echo "[\"links\", \"$pod\", $(ip -n "$pod" -j -d link)]"
			echo "[\"addresses\", \"$pod\", $(ip -n "$pod" -j addr show scope global)]"
		done
		for vf in /sys/bus/pci/devices/*/physfn; do
			vf=${vf%/physfn}
			[ -e "$vf" ] || continue
			echo "[\"function\", \"${vf##*/}\", \"$(basename "$(readlink "$vf/driver")") $(cat "$vf/driver_override") $(ls "$vf/net" 2>/dev/null)\"]"
		done
		find /var/lib/colvin/attachments /var/lib/cni/networks -type f -printf '["file", "%p", "%s"]\n' 2>/dev/null || true
	} >"$L/$1"
}
clean() { # an empty node with two VFs of pf0; F0 and F1 are their PCI addresses
	mkdir -p "$L" /var/lib/colvin /var/lib/cni
	rm -rf /var/lib/colvin/* /var/lib/cni/* /run/colvin
	vfs
}
vfs() {
	local d=/sys/class/net/pf0/device try
	[ "$(cat $d/sriov_numvfs)" = 2 ] || echo 2 >$d/sriov_numvfs
	F0=$(basename "$(readlink $d/virtfn0)") F1=$(basename "$(readlink $d/virtfn1)")
	for try in $(seq 200); do
		[ -n "$(ls $d/virtfn0/net 2>/dev/null)" ] && [ -n "$(ls $d/virtfn1/net 2>/dev/null)" ] && return
		sleep .1
	done
	return 1
}
named() { # PCI ADDRESS: its netdev in this namespace
	ls "/sys/bus/pci/devices/$1/net"
}
own() { # gives VF 0 settings of its own, so that "as before" is no default
	local n
	n=$(named "$F0")
	# this card lets a VF choose its address only until its PF has
	ip link set "$n" address 02:00:00:00:00:f0 mtu 1400 alias 'bay 7'
	ip link set pf0 vf 0 mac 02:00:00:00:00:f0 vlan 7 qos 3 spoofchk on trust off max_tx_rate 300
	ip link property add dev "$n" altname enp1s0v0 altname bay7
}
