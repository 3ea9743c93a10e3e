#!/bin/sh
# Makes the pictures of this folder anew:  sh docs/screens.sh
set -eu
cd "$(dirname "$0")/.."
sh installer/run.sh demo --headless
mkdir -p docs/screens
cp build/demo/screens/*.png docs/screens/
