@echo off
rem Tries the Windows installer on Windows, for this user:  installer\try_windows.cmd
rem Installs, uses, replaces and removes the program. Refuses where CaseDesk is in use.
setlocal
call "%~dp0system.cmd"
if errorlevel 1 exit /b %errorlevel%
set "setup="
for %%S in (build\CaseDesk-*-setup.exe) do set "setup=%%S"
if not defined setup (
  echo Make it first, on Linux:  sh installer/windows.sh
  exit /b 1
)
set "QT_QPA_PLATFORM=offscreen"
%base% installer\windows\trial.py "%setup%" --local "%LOCALAPPDATA%"
