#!/bin/sh
# Tries the Windows installer under Wine, in a fresh user profile:  sh installer/try_windows.sh [OLDER-setup.exe]
# Installs, uses, replaces and removes the program; with an older installer it begins with that one and its records.
# What Wine cannot show stands in docs/quality.md.
[ -z "${1:-}" ] || older=$(realpath "$1")
CASEDESK_TOOLS="wine64:wine64 x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64 pdftotext:poppler-utils"
PATH="$PATH:/usr/lib/wine"
. "$(dirname "$0")/system.sh"
setup=$(ls -t build/CaseDesk-*-setup.exe 2>/dev/null | head -1)
[ -n "$setup" ] || { echo "Make it first:  sh installer/windows.sh" >&2; exit 1; }
WINEPREFIX="$PWD/build/trial/wine"
export WINEPREFIX WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" QT_QPA_PLATFORM=offscreen
rm -rf "$WINEPREFIX"
mkdir -p "$WINEPREFIX"
wine64 wineboot -i </dev/null >/dev/null 2>&1
refused=0
wine64 "$setup" /S </dev/null || refused=$?
[ $refused = 3 ] && echo "- Windows 7, which this Wine starts as, is refused and nothing is changed"
wine64 reg add 'HKCU\Software\Wine' /v Version /d win10 /f </dev/null >/dev/null
for library in icuuc bcryptprimitives; do  # Windows 10 has them, Wine 8 has not
  x86_64-w64-mingw32-gcc -shared -o "$WINEPREFIX/drive_c/windows/system32/$library.dll" "installer/windows/wine_$library.c" -ladvapi32
done
status=0
python3 installer/windows/trial.py "$setup" --local "$(echo "$WINEPREFIX"/drive_c/users/*/AppData/Local | tr ' ' '\n' | grep -v Public | head -1)" \
  ${older:+--older "$older"} --through wine64 || status=$?
wineserver -k 2>/dev/null || true
exit $status
