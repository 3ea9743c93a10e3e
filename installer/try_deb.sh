#!/bin/sh
# Tries the Debian package on a bare Debian, in a folder of its own:  sh installer/try_deb.sh     (as root)
# Installs it, and as an ordinary user goes from nothing to a printed summary; then removes it and looks what is left.
. "$(dirname "$0")/bare.sh"
package=$(newest deb.sh build/casedesk_*_amd64.deb)
list=${package%.deb}.contents
bare build/trial/debian

apt_get() { within env DEBIAN_FRONTEND=noninteractive apt-get -y -qq "$@" >build/trial/apt.log 2>&1 || { cat build/trial/apt.log >&2; return 1; }; }

libraries_found() {  # CUPS is recommended only: who has no printer needs none
  missing=$(within find /usr/lib/casedesk -name '*.so*' -exec ldd {} + 2>/dev/null | grep 'not found' | grep -v libcups) || return 0
  echo "$missing" >&2
  return 1
}

worker() { within su worker -c "cd && QT_QPA_PLATFORM=offscreen $*"; }

explained() {
  worker casedesk --help | grep -q -- --store || return 1
  worker casedesk --language bn --help | grep -q 'কমান্ড' || return 1
  commands=$(worker casedesk --language en --help | sed -n 's/^    \([a-z][a-z]*\) .*/\1/p')
  [ -n "$commands" ] || return 1
  for command in $commands; do
    worker casedesk --language en "$command" --help | grep -q "casedesk $command" || return 1
  done
}

unchanged() {
  (cd "$root" && sha256sum --check --quiet -) <"$list" || return 1
  (cd "$root" && find usr/lib/casedesk -type f | LC_ALL=C sort) >build/trial/there
  sed 's/^[0-9a-f]*  //' "$list" | grep ^usr/lib/casedesk/ | LC_ALL=C sort | cmp - build/trial/there
}

cp "$package" "$root/root/casedesk.deb"
within apt-get update -qq
expect "apt installs it with what it depends on" apt_get install --no-install-recommends /root/casedesk.deb
within useradd --create-home worker
expect "every library finds what it needs" libraries_found
expect "the command line and every command explain themselves" explained
worker casedesk demo --headless --people 8 --out demo >/dev/null
expect "from nothing to a printed summary, and $(ls "$root"/home/worker/demo/screens | wc -l) pictures" printed "$root/home/worker/demo"
expect "using it wrote nothing where the program lies" unchanged

apt_get remove casedesk
expect "removed: the program is gone" test ! -e "$root/usr/lib/casedesk"
expect "the records stay" test -e "$root/home/worker/demo/store/vault.db"
echo "On a bare Debian ($debian) in $(took)"
