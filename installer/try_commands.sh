#!/bin/sh
# Tries installer\run.cmd and installer\test.cmd under Wine:  sh installer/try_commands.sh [words for pytest]
# The environment is laid out beforehand, since the interpreter that a package registry carries cannot make one.
. "$(dirname "$0")/wine.sh"
fresh_profile build/trial/wine-commands
windows_10
python3 installer/windows/commands.py --through wine64 -- "$@"
