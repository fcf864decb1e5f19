#!/bin/bash
# PID 1 of a bench guest. What it writes lands in the guest's memory or in /share.
# It answers the host on the virtio port `colvin.bench`:
#   host:  run N     run /share/cmd/N.sh with bash; its output goes to N.out and N.err
#          kill N    kill it, with all that it started
#   guest: ready N   once; N is the number of PFs
#          done N S  command N has ended with status S
if [ $$ != 1 ] || ! grep -q 'colvin_bench=1' /proc/cmdline; then
	echo "only as PID 1 of a bench guest" >&2
	exit 1
fi
arg() { sed -n "s/.*\\<$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline; }
X=$(arg bench_cache)
export HOME=/root

ln -sfn /proc/self/fd /dev/fd
for n in 0:stdin 1:stdout 2:stderr; do ln -sf "/proc/self/fd/${n%%:*}" "/dev/${n#*:}"; done
mount -t tmpfs run /run
# /tmp stays the host's: programs under test may be built there
mkdir -p /run/bench /run/bin /run/lock /share /dev/pts /dev/shm
mount -t devpts -o ptmxmode=0666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount --make-rshared /

# the kernel's modules, and the tools the host may lack: as unpacked on the host
tool() { # NAME GROUP PROGRAM
	local libraries=$X/$2/usr/lib/x86_64-linux-gnu:$X/$2/lib/x86_64-linux-gnu
	printf '#!/bin/bash\nLD_LIBRARY_PATH=%s exec -a %s %s "$@"\n' "$libraries" "$1" "$X/$2/$3" >"/run/bin/$1"
	chmod +x "/run/bin/$1"
}
for n in modprobe insmod rmmod lsmod modinfo; do tool $n tools bin/kmod; done
export PATH=/run/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /lib/modules /sbin
ln -sfn "$X/linux/usr/lib/modules/$(uname -r)" "/lib/modules/$(uname -r)"
ln -sf /run/bin/modprobe /sbin/modprobe # the kernel's own requests
modprobe -a virtio_console igb igbvf vfio-pci 8021q ipvlan macvlan veth bridge
modprobe bonding max_bonds=0
modprobe dummy numdummies=0
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=none share /share || echo "no /share"

hostname "$(arg bench_name)"
ip link set lo up
# no udev in here, so that NICs are ethN in probe order: PFs become pf0, pf1... in PCI order, VFs stay ethN
n=0
for device in /sys/bus/pci/drivers/igb/*:*; do
	[ -e "$device/net" ] || continue
	old=$(ls "$device/net")
	ip link set "$old" name "pf$n"
	ip link set "pf$n" up
	n=$((n + 1))
done
# the way to the host's control plane, by QEMU's user network
address=$(arg bench_mgmt)
if [ "$address" != none ]; then
	modprobe virtio_net
	for device in /sys/bus/virtio/drivers/virtio_net/virtio*; do
		ip link set "$(ls "$device/net")" name mgmt0
		ip link set mgmt0 up
		ip address add "$address/24" dev mgmt0
		ip route add default via 10.0.2.2
	done
fi
# what a reboot keeps
if [ "$(arg bench_disk)" = 1 ]; then
	modprobe -a virtio_blk ext4
	mkdir -p /disk
	mount -t ext4 /dev/vda /disk || echo "no /disk"
fi

for p in /sys/class/virtio-ports/*; do
	[ "$(cat "$p/name")" = colvin.bench ] && port=/dev/${p##*/}
done
if [ -c /dev/hvc0 ]; then # a person sits there
	(
		cd / || exit
		TERM=${TERM:-linux} setsid -c bash -i <>/dev/hvc0 >&0 2>&1
		echo o >/proc/sysrq-trigger # who leaves the shell leaves the guest
	) &
fi
mkfifo /run/bench/never
exec 5<>"${port:?no virtio port}" 9<>/run/bench/never # read -t on 9: a sleep without a fork
echo "ready $n" >&5
while :; do
	if ! read -r -u 5 word id; then
		read -rt .1 -u 9 # nobody on the other side
		continue
	fi
	case $word in
	run)
		(
			cd / || exit
			setsid bash "/share/cmd/$id.sh" >"/share/cmd/$id.out" 2>"/share/cmd/$id.err" </dev/null 5>&- 9>&- &
			echo $! >"/run/bench/$id"
			wait $!
			echo "done $id $?" >&5
		) &
		;;
	kill)
		for _ in 1 2 3 4 5 6 7 8 9 10; do
			[ -s "/run/bench/$id" ] && break
			read -rt .1 -u 9
		done
		kill -KILL -- "-$(cat "/run/bench/$id")"
		;;
	esac
done
