# Shared by all commands: installs what the system lacks. Sourced, not run.
# Needs nothing but a shell; root or sudo for missing system libraries. bundle.toml names the same libraries.
set -eu
cd "$(dirname "$0")/.."

# a library is there if any of the usual folders has it
has() {
  for folder in /usr/lib/*-linux-gnu /lib/*-linux-gnu /usr/lib /usr/lib64 /usr/local/lib; do
    [ -e "$folder/$1" ] && return 0
  done
  return 1
}
missing=""
library() { has "$1" || missing="$missing $2"; }

if [ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null 2>&1; then
  python3 -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing="$missing python3 python3-venv"
  glib=libglib2.0-0
  grep -qE '^VERSION_ID="?(13|24|25|26)' /etc/os-release 2>/dev/null && glib=libglib2.0-0t64
  library libglib-2.0.so.0 "$glib"
  library libEGL.so.1 libegl1
  library libGL.so.1 libgl1
  library libdbus-1.so.3 libdbus-1-3
  library libfontconfig.so.1 libfontconfig1
  library libxkbcommon.so.0 libxkbcommon0
  if [ -n "${DISPLAY:-}" ]; then
    library libX11-xcb.so.1 libx11-xcb1
    library libxcb-cursor.so.0 libxcb-cursor0
    library libxcb-icccm.so.4 libxcb-icccm4
    library libxcb-image.so.0 libxcb-image0
    library libxcb-keysyms.so.1 libxcb-keysyms1
    library libxcb-randr.so.0 libxcb-randr0
    library libxcb-render-util.so.0 libxcb-render-util0
    library libxcb-shape.so.0 libxcb-shape0
    library libxcb-xkb.so.1 libxcb-xkb1
    library libxkbcommon-x11.so.0 libxkbcommon-x11-0
  fi
  [ -e /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"
fi
lacks() {  # name:package or file:package
  [ "$(uname -s)" = Linux ] && ! command -v "${1%%:*}" >/dev/null 2>&1 && [ ! -e "${1%%:*}" ]
}
for tool in ${CASEDESK_TOOLS:-}; do  # what the command cannot do without
  ! lacks "$tool" || missing="$missing ${tool#*:}"
done
wished=""
for tool in ${CASEDESK_WISHES:-}; do  # what only a part of the command needs, which says so where it is not there
  ! lacks "$tool" || wished="$wished ${tool#*:}"
done

fetch() {  # PACKAGE…: 1, and what to do, where this computer does not let us
  as=""
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "This command needs, under the names of Debian: $*" >&2
    return 1
  fi
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      echo "CaseDesk needs something of the system. As root, run:  apt-get install $*" >&2
      return 1
    fi
    as=sudo
  fi
  echo "Installing from the system's packages: $*" >&2
  $as apt-get update -qq && $as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null && return 0
  echo "They could not be installed; the reason stands above. This is needed once, with a connection to the internet." >&2
  return 1
}

# shellcheck disable=SC2086 - several words are meant
if [ -n "$missing" ] && ! fetch $missing; then
  echo "No records were touched. Install them, then start this command again." >&2
  exit 3
fi
# shellcheck disable=SC2086 - as above
if [ -n "$wished" ] && ! fetch $wished; then
  echo "Going on without them; what needs them is left out, and says so." >&2
fi

if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "CaseDesk needs Python 3.11 or later with its venv module. Install it, then start this command again." >&2
  exit 3
fi
