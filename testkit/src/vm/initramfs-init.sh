#!/bin/busybox sh
# /init of the bench guest: the host's files read-only over 9p, an overlay with a tmpfs upper on them, then bench_script=.
/bin/busybox mkdir -p /proc /sys /dev /sbin /usr/bin /usr/sbin /host /up /newroot
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/mod/$module"; done </mod/order
mount -t tmpfs -o size=75% up /up
mkdir /up/u /up/w
mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=512000,cache=loose hostroot /host
mount -t overlay -o lowerdir=/host,upperdir=/up/u,workdir=/up/w root /newroot
for d in proc sys dev; do
	mkdir -p "/newroot/$d"
	mount --move "/$d" "/newroot/$d"
done
exec switch_root /newroot /bin/bash "$(sed -n 's/.*bench_script=\([^ ]*\).*/\1/p' /newroot/proc/cmdline)"
