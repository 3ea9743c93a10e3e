@echo off
rem Starts CaseDesk, doing all set-up by itself:  installer\run.cmd [demo ^| check ^| register ^| summary ^| --help]
setlocal
cd /d "%~dp0.."
set "base=python"
py -3 -c "" >nul 2>nul
if not errorlevel 1 set "base=py -3"
%base% -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>nul
if errorlevel 1 (
  echo CaseDesk needs Python 3.11 or later. Install it from python.org, then start this command again.
  exit /b 3
)
%base% installer\environment.py
if errorlevel 1 exit /b 1
set "PYTHONPATH=src"
.venv\Scripts\python.exe -m casedesk %*
