# Shared by try_windows.sh and try_commands.sh: a fresh user profile under Wine, which says it is Windows 10.
# Sourced, not run.
CASEDESK_TOOLS="wine64:wine64 x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64 pdftotext:poppler-utils"
PATH="$PATH:/usr/lib/wine"
. "$(dirname "$0")/system.sh"
export WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" QT_QPA_PLATFORM=offscreen

fresh_profile() {
  WINEPREFIX=$PWD/$1
  export WINEPREFIX
  rm -rf "$WINEPREFIX"
  mkdir -p "$WINEPREFIX"
  wine64 wineboot -i </dev/null >/dev/null 2>&1
  for library in icuuc bcryptprimitives; do  # Windows 10 has them, Wine 8 has not
    x86_64-w64-mingw32-gcc -shared -o "$WINEPREFIX/drive_c/windows/system32/$library.dll" "installer/windows/wine_$library.c" -ladvapi32
  done
  trap 'wineserver -k 2>/dev/null || true' EXIT
}

windows_10() { wine64 reg add 'HKCU\Software\Wine' /v Version /d win10 /f </dev/null >/dev/null; }
