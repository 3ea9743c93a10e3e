#!/bin/sh
# Tries that the same input gives the same bytes:  sh installer/try_twice.sh [COMMIT]
# Builds every installer from two clones of one commit, which differ in their folder, the umask and the time zone, and
# compares what came out byte for byte.
CASEDESK_TOOLS="git:git cmp:diffutils"
. "$(dirname "$0")/trial.sh"
commit=$(git rev-parse --verify "${1:-HEAD}^{commit}")
first=build/trial/twice/one second=build/trial/twice/below/another_one
rm -rf build/trial/twice

build_in() (  # FOLDER UMASK ZONE
  umask "$2"
  export TZ="$3"
  git clone -q --no-hardlinks --no-checkout . "$1"
  git -C "$1" checkout -q --detach "$commit"
  cd "$1"
  sh installer/deb.sh
  sh installer/windows.sh
)
made() { (cd "$1/build" && ls -- *.deb *.exe *.zip *.contents); }

build_in "$first" 022 UTC
build_in "$second" 077 Asia/Dhaka
expect "of commit $commit both made the same files" test "$(made "$first")" = "$(made "$second")"
for name in $(made "$first"); do
  hash=$(sha256sum "$first/build/$name" | cut -d ' ' -f 1)
  expect "$name: the same bytes, SHA-256 $hash" cmp "$first/build/$name" "$second/build/$name"
done
echo "Two builds alike in $(took)."
