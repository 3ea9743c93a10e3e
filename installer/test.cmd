@echo off
rem Passes the tests, doing all set-up by itself:  installer\test.cmd [words for pytest]
setlocal
cd /d "%~dp0.."
where py >nul 2>nul && (set "base=py -3") || (set "base=python")
%base% -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>nul || (
  echo CaseDesk needs Python 3.11 or later. Install it from python.org, then start this command again.
  exit /b 3
)
%base% installer\environment.py || exit /b 1
set "PYTHONPATH=src"
.venv\Scripts\python.exe installer\checks.py %*
