# Shared by run.sh and test.sh: what the system lacks is installed, then the Python environment is made.
# Sourced, not run. Sets $python.
. "$(dirname "$0")/system.sh"
python3 installer/environment.py
python=.venv/bin/python
export PYTHONPATH=src
if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && [ "$(uname -s)" = Linux ]; then
  export QT_QPA_PLATFORM=offscreen
fi
