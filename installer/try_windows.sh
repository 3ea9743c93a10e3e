#!/bin/sh
# Tries the Windows installer under Wine, in a fresh user profile:  sh installer/try_windows.sh [OLDER-setup.exe]
# Installs, uses, replaces and removes the program; with an older installer it begins with that one and its records.
# What Wine cannot show stands in docs/quality.md.
[ -z "${1:-}" ] || older=$(realpath "$1")
. "$(dirname "$0")/wine.sh"
setup=$(ls -t build/CaseDesk-*-setup.exe 2>/dev/null | head -1)
[ -n "$setup" ] || { echo "Make it first:  sh installer/windows.sh" >&2; exit 1; }
fresh_profile build/trial/wine
refused=0
wine64 "$setup" /S </dev/null || refused=$?
[ $refused = 3 ] && echo "- Windows 7, which this Wine starts as, is refused and nothing is changed"
windows_10
local=$(echo "$WINEPREFIX"/drive_c/users/*/AppData/Local | tr ' ' '\n' | grep -v Public | head -1)
python3 installer/windows/trial.py "$setup" --local "$local" ${older:+--older "$older"} --through wine64
