"""The look: theme, icons and the small parts that pages are built from.

Knows words and declared fields, but neither the desk nor any screen.
"""
