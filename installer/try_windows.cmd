@echo off
rem Tries the Windows installer on Windows, for this user:  installer\try_windows.cmd
rem Installs, uses, replaces and removes the program. Not for a computer where CaseDesk is in use.
setlocal
cd /d "%~dp0.."
set "base=python"
py -3 -c "" >nul 2>nul
if not errorlevel 1 set "base=py -3"
set "QT_QPA_PLATFORM=offscreen"
for %%S in (build\CaseDesk-*-setup.exe) do %base% installer\windows\trial.py "%%S" --local "%LOCALAPPDATA%"
