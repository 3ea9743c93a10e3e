"""What is exchanged with other computers: seeing it, carrying it, and who belongs to the organisation.

Loaded when one of its screens is opened: where sync is off, nothing of it is.
"""
