"""Windows, pages and what they are built from: the only package that knows Qt.

It may import everything else. Screens do not import each other; the window opens them.
"""
