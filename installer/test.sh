#!/bin/sh
# Passes the tests, doing all set-up by itself:  sh installer/test.sh [words for pytest]
PATH="$PATH:/usr/sbin"  # nginx lies where only root looks
CASEDESK_WISHES="strace:strace pdftotext:poppler-utils age:age openssl:openssl nginx:nginx-light pg_lsclusters:postgresql dbus-daemon:dbus"
. "$(dirname "$0")/environment.sh"
exec "$python" installer/checks.py "$@"
