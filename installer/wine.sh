# Shared by try_windows.sh and try_commands.sh: a fresh user profile under Wine, which says it is Windows 10.
# Sourced, not run. Sets $local, the user's %LOCALAPPDATA%.
CASEDESK_TOOLS="wine64:wine64 x86_64-w64-mingw32-gcc:gcc-mingw-w64-x86-64 pdftotext:poppler-utils"
PATH="$PATH:/usr/lib/wine"
. "$(dirname "$0")/trial.sh"
export WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml=" QT_QPA_PLATFORM=offscreen

fresh_profile() {  # FOLDER
  WINEPREFIX=$PWD/$1
  export WINEPREFIX
  rm -rf "$WINEPREFIX"
  mkdir -p "$WINEPREFIX"
  wine64 wineboot -i </dev/null >"$WINEPREFIX/boot.log" 2>&1 || { cat "$WINEPREFIX/boot.log" >&2; echo "Wine could not make a user profile." >&2; exit 1; }
  for library in icuuc bcryptprimitives; do  # Windows 10 has them, Wine 8 has not
    x86_64-w64-mingw32-gcc -shared -o "$WINEPREFIX/drive_c/windows/system32/$library.dll" "installer/windows/wine_$library.c" -ladvapi32
  done
  trap 'wineserver -k 2>/dev/null || true' EXIT
  local=$WINEPREFIX/drive_c/users/$(id -un)/AppData/Local
  expect "a fresh user profile under $(wine64 --version)" test -d "$local"
}

windows_10() { wine64 reg add 'HKCU\Software\Wine' /v Version /d win10 /f </dev/null >/dev/null; }
