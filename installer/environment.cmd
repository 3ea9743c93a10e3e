@echo off
rem Shared by run.cmd and test.cmd: makes the Python environment. Called, not run. Sets %python%.
call "%~dp0system.cmd"
if errorlevel 1 exit /b %errorlevel%
%base% installer\environment.py
if errorlevel 1 exit /b %errorlevel%
set "PYTHONPATH=src"
set "python=.venv\Scripts\python.exe"
