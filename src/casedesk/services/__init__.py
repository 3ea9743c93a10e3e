"""Use cases: what people do with the records, one module a subject.

Plain functions: what they need first, then check, then one write. They take commands and give frozen rows;
mapped objects stay inside. May import the desk, storage, models and what lies below; never Qt, never reports.
"""
