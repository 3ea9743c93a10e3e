#!/bin/sh
# Starts CaseDesk, doing all set-up by itself:  sh installer/run.sh [COMMAND | --help]
. "$(dirname "$0")/environment.sh"
exec "$python" -m casedesk "$@"
