@echo off
rem Shared by all commands: goes to the project and finds Python. Called, not run. Sets %base%.
cd /d "%~dp0.."
set "base=python"
py -3 -c "" >nul 2>nul
if not errorlevel 1 set "base=py -3"
%base% -c "import sys; sys.exit(sys.version_info < (3, 11))" >nul 2>nul
if not errorlevel 1 exit /b 0
echo CaseDesk needs Python 3.11 or later. Install it from python.org, then start this command again.
exit /b 3
