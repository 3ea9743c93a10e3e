"""Keeping records: the encrypted vault, the store that reads and writes, and the journal written with every change.

May import models, fields, codelists, formats, parsing, values, i18n, errors and paths. What a use case is for,
who may do it, and how anything looks are not known here.
"""
