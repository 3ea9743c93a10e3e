#!/bin/sh
# Makes the Windows installer and the folder for a stick, on Linux:  sh installer/windows.sh
#   →  build/CaseDesk-VERSION-setup.exe, build/CaseDesk-VERSION-portable.zip, and a list of their contents with hashes
CASEDESK_TOOLS="makensis:nsis x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64"
. "$(dirname "$0")/system.sh"
exec python3 installer/windows/package.py
