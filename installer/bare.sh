# Shared by try_deb.sh and try_bare.sh: makes a bare Debian in a folder. Sourced, not run; as root. Sets $root and `within`.
# What it is made of comes from deb.debian.org or $CASEDESK_MIRROR; another than Debian 12 is named by $CASEDESK_DEBIAN.
[ "$(id -u)" = 0 ] || { echo "This makes a system in a folder, which only root may. Start it with sudo. Nothing was changed." >&2; exit 3; }
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
CASEDESK_TOOLS="debootstrap:debootstrap $keyring:debian-archive-keyring pdftotext:poppler-utils"
. "$(dirname "$0")/trial.sh"
debian=${CASEDESK_DEBIAN:-bookworm}
mirror=${CASEDESK_MIRROR:-http://deb.debian.org/debian}

within() { chroot "$root" "$@"; }

leave() { umount "$root/proc" 2>/dev/null || true; }

bare() {  # FOLDER
  root=$PWD/$1
  leave
  rm -rf --one-file-system "$root"
  mkdir -p "$root" build/trial
  packages=build/trial/$debian.tar
  [ -e "$packages" ] || fetch_packages
  tar -C "$root" -xf "$packages"
  # How this computer reaches the mirror is how the bare one does.
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  cp -r /etc/apt/apt.conf.d "$root/etc/apt/"
  cp -r /usr/local/share/ca-certificates "$root/usr/local/share/"
  cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
  trap leave EXIT
  mount -t proc proc "$root/proc"
  expect "a bare Debian ($debian), without Python" within test ! -e /usr/bin/python3
}

fetch_packages() {  # once; the archive has its name only when it is whole
  if ! debootstrap --keyring="$keyring" --variant=minbase --include=ca-certificates "$debian" "$root.new" "$mirror" >build/trial/debootstrap.log 2>&1; then
    tail -5 build/trial/debootstrap.log >&2
    rm -rf --one-file-system "$root.new"
    echo "A bare Debian ($debian) could not be fetched from $mirror. Connect to the internet, then start this command again." >&2
    exit 1
  fi
  tar -C "$root.new" -cf "$packages.new" .
  mv "$packages.new" "$packages"
  rm -rf --one-file-system "$root.new"
}
