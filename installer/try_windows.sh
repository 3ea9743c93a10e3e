#!/bin/sh
# Tries the Windows installer under Wine, in a fresh user profile:  sh installer/try_windows.sh
# Installs, uses, replaces and removes the program. What Wine cannot show stands in docs/quality.md.
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
x86_64-w64-mingw32-gcc -shared -o "$WINEPREFIX/drive_c/windows/system32/icuuc.dll" installer/windows/wine_icuuc.c
status=0
python3 installer/windows/trial.py "$setup" --local "$(echo "$WINEPREFIX"/drive_c/users/*/AppData/Local | tr ' ' '\n' | grep -v Public | head -1)" --through wine64 || status=$?
wineserver -k 2>/dev/null || true
exit $status
