# Shared by the try_ scripts: what is seen is told line by line, and the first thing that is not so ends the trial.
# Sourced, not run.
. "$(dirname "$0")/system.sh"
began=$(date +%s)
took() { echo "$(($(date +%s) - began)) s"; }

expect() {  # WORDS COMMAND…: they are true if it succeeds
  words=$1
  shift
  "$@" || { echo "FAILED: $words" >&2; exit 1; }
  echo "- $words"
}

newest() {  # COMMAND FILE…: of what the command makes
  command=$1
  shift
  # shellcheck disable=SC2012 - our own names
  ls -t "$@" 2>/dev/null | head -1 | grep . || { echo "Make it first:  sh installer/$command" >&2; return 1; }
}

# The summary in Bangla that `demo` printed into a folder tells a name.
printed() { pdftotext "$(ls "$1"/papers/bn_*.pdf | head -1)" - | grep -q 'নাজমা বেগম'; }
