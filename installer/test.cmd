@echo off
rem Passes the tests, doing all set-up by itself:  installer\test.cmd [words for pytest]
setlocal
call "%~dp0environment.cmd"
if errorlevel 1 exit /b %errorlevel%
%python% installer\checks.py %*
