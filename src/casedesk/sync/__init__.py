"""Exchange between desks: what of an operation an audience may see, the sealed files that carry it, and taking them in.

May import services, desk, storage, models and what stands below them. It knows no window and no reports, and
nothing outside it needs it: a desk that never syncs still writes its journal.
"""
