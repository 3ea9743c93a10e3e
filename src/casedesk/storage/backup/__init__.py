"""Backups: the whole vault in one sealed file that is opened and checked before it counts (SECURITY 9, SYNC 3).

`sealed` is the file, `pages` how a database is copied and looked through, `making` and `keeping` what happens in the
folder of backups, `restoring` the way back.
"""
