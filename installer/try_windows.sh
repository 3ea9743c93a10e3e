#!/bin/sh
# Tries the Windows installer under Wine, in a fresh user profile:  sh installer/try_windows.sh [OLDER-setup.exe]
# Installs, uses, replaces and removes the program; with an older installer it begins with that one and its records.
# What Wine cannot show stands in docs/quality.md.
older=${1:+$(realpath -e "$1")} || exit 3
. "$(dirname "$0")/wine.sh"
setup=$(newest windows.sh build/CaseDesk-*-setup.exe)
fresh_profile build/trial/wine

refused() {
  status=0
  wine64 "$setup" /S </dev/null || status=$?
  [ $status = 3 ] && [ ! -e "$local/Programs/CaseDesk" ]
}

expect "Windows 7, which this Wine starts as, is refused and nothing is changed" refused
windows_10
python3 installer/windows/trial.py "$setup" --local "$local" ${older:+--older "$older"} --through wine64
