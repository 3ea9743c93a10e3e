# Shared by try_deb.sh and try_bare.sh: makes a bare Debian 12 in a folder. Sourced, not run; as root. Sets $root and `within`.
[ "$(id -u)" = 0 ] || { echo "This makes a system in a folder, which only root may. Start it with sudo." >&2; exit 3; }
mirror=${CASEDESK_MIRROR:-http://deb.debian.org/debian}

within() { chroot "$root" "$@"; }

leave() { umount "$root/proc" 2>/dev/null || true; }

bare() {
  root=$PWD/$1
  leave
  rm -rf --one-file-system "$root"
  mkdir -p "$root" build/trial
  if [ ! -e build/trial/minbase.tar ]; then  # the packages are fetched once
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" "$mirror" >build/trial/debootstrap.log
    tar -C "$root" -cf build/trial/minbase.tar .
  else
    tar -C "$root" -xf build/trial/minbase.tar
  fi
  # How this computer reaches the mirror is how the bare one does.
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  cp -r /etc/apt/apt.conf.d "$root/etc/apt/"
  cp -r /usr/local/share/ca-certificates "$root/usr/local/share/"
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  trap leave EXIT
  mount -t proc proc "$root/proc"
}
