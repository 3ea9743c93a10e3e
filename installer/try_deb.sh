#!/bin/sh
# Tries the Debian package on a bare Debian 12, in a folder of its own:  sh installer/try_deb.sh     (as root)
# Installs it, and as an ordinary user goes from nothing to a printed summary; then removes it and looks what is left.
# What Debian 12 is made of comes from the mirror of this computer's own list, or from $CASEDESK_MIRROR.
CASEDESK_TOOLS="debootstrap:debootstrap pdftotext:poppler-utils"
. "$(dirname "$0")/system.sh"
. installer/bare.sh
package=$(ls -t build/casedesk_*_amd64.deb 2>/dev/null | head -1)
[ -n "$package" ] || { echo "Make it first:  sh installer/deb.sh" >&2; exit 1; }
began=$(date +%s)
bare build/trial/debian
within test ! -e /usr/bin/python3
echo "- a bare Debian 12, without Python"

cp "$package" "$root/root/casedesk.deb"
within apt-get update -qq
apt_get() { within env DEBIAN_FRONTEND=noninteractive apt-get "$@" >build/trial/apt.log 2>&1 || { cat build/trial/apt.log >&2; exit 1; }; }
apt_get install -y -qq --no-install-recommends /root/casedesk.deb
echo "- apt installs it with what it depends on"
within useradd --create-home worker
missing=$(within find /usr/lib/casedesk -name '*.so*' -exec ldd {} + 2>/dev/null | grep 'not found' | grep -v libcups || true)
[ -z "$missing" ] || { echo "FAILED: libraries are missing: $missing" >&2; exit 1; }
echo "- every library finds what it needs"

worker() { within su worker -c "cd && QT_QPA_PLATFORM=offscreen $*"; }
worker casedesk --help | grep -q -- --store
worker casedesk --language bn --help | grep -q 'কমান্ড'
for command in $(worker casedesk --language en --help | sed -n 's/^    \([a-z][a-z]*\) .*/\1/p'); do
  worker casedesk --language en "$command" --help | grep -q "casedesk $command"
done
echo "- the command line and every command explain themselves"
worker casedesk demo --headless --people 8 --out demo >/dev/null
paper=$(ls "$root"/home/worker/demo/papers/bn_*.pdf | head -1)
pdftotext "$paper" - | grep -q 'নাজমা বেগম'
echo "- from nothing to a printed summary: $(basename "$paper"), $(ls "$root"/home/worker/demo/screens | wc -l) pictures"
list=${package%.deb}.contents
(cd "$root" && sha256sum --check --quiet -) <"$list"
(cd "$root" && find usr/lib/casedesk -type f | LC_ALL=C sort) >build/trial/there
sed 's/^[0-9a-f]*  //' "$list" | grep ^usr/lib/casedesk/ | LC_ALL=C sort | cmp - build/trial/there
echo "- using it wrote nothing where the program lies"

apt_get remove -y -qq casedesk
[ ! -e "$root/usr/lib/casedesk" ] && [ -e "$root/home/worker/demo/store/vault.db" ]
echo "- removed: the program is gone, the records stay"
echo "On a bare Debian 12 in $(($(date +%s) - began)) s"
