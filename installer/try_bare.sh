#!/bin/sh
# Tries the two commands of the README on a bare Debian that has nothing but a shell:  sh installer/try_bare.sh     (as root)
. "$(dirname "$0")/bare.sh"
bare build/trial/bare
project=$root/opt/casedesk
mkdir "$project"
tar --exclude=./build --exclude=./.venv --exclude=./.git --exclude=./.hypothesis --exclude='./.*_cache' --exclude='*.mo' -cf - . | tar -C "$project" -xf -
[ ! -e /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"  # how this computer reaches its package registry

within sh /opt/casedesk/installer/run.sh demo --people 8 >/dev/null
expect "sh installer/run.sh demo: from nothing to a printed summary in $(took)" printed "$project/build/demo"
expect "sh installer/test.sh: every check, and the tests that were named" \
  within sh /opt/casedesk/installer/test.sh tests/unit/test_case_numbers.py tests/unit/test_bundle.py
echo "On a bare Debian ($debian) in $(took)"
