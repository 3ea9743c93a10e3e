@echo off
rem Starts CaseDesk, doing all set-up by itself:  installer\run.cmd [COMMAND ^| --help]
setlocal
call "%~dp0environment.cmd"
if errorlevel 1 exit /b %errorlevel%
%python% -m casedesk %*
