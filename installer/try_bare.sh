#!/bin/sh
# Tries the two commands of the README on a bare Debian 12 that has nothing but a shell:  sh installer/try_bare.sh     (as root)
CASEDESK_TOOLS="debootstrap:debootstrap pdftotext:poppler-utils"
. "$(dirname "$0")/system.sh"
. installer/bare.sh
began=$(date +%s)
bare build/trial/bare
mkdir "$root/opt/casedesk"
tar --exclude=./build --exclude=./.venv --exclude=./.git --exclude='./.*_cache' -cf - . | tar -C "$root/opt/casedesk" -xf -
find "$root/opt/casedesk" -name '*.mo' -delete
[ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"  # how this computer reaches its package registry
within test ! -e /usr/bin/python3
echo "- a bare Debian 12, without Python"

within sh /opt/casedesk/installer/run.sh demo --people 8 >/dev/null
paper=$(ls "$root"/opt/casedesk/build/demo/papers/bn_*.pdf | head -1)
pdftotext "$paper" - | grep -q 'নাজমা বেগম'
echo "- sh installer/run.sh demo: from nothing to a printed summary in $(($(date +%s) - began)) s"
within sh /opt/casedesk/installer/test.sh tests/unit/test_case_numbers.py tests/unit/test_bundle.py
echo "- sh installer/test.sh: every check, and the tests that were named"
echo "On a bare Debian 12 in $(($(date +%s) - began)) s"
