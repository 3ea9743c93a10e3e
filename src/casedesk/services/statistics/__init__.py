"""Numbers about many cases: periods, indicators, small numbers, reports.

Everything here is read only. `indicators` says what is counted, `compute` counts it in the store, `suppress` hides what
is too small to be told, and `reports` puts the figures into tables and charts (`shapes`) in the language spoken.
"""
