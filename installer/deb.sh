#!/bin/sh
# Makes the Debian package:  sh installer/deb.sh  →  build/casedesk_VERSION_amd64.deb, and a list of its contents with hashes
CASEDESK_TOOLS="dpkg-deb:dpkg strip:binutils"
. "$(dirname "$0")/system.sh"
exec python3 installer/linux/package.py
