"""Keeping records: the encrypted vault, the store that reads and writes, and the journal written with every change.

May import what stands below it in the layers of `pyproject.toml`. What a use case is for, who may do it, and how
anything looks are not known here.
"""
