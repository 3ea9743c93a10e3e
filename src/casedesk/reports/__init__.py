"""Papers: frozen dataclasses in, PDF bytes out, and nothing read from the store on the way.

`parts` says what a paper is made of, the package `layout` paints it, `bangla` makes ReportLab write Bangla. Only
these last two know ReportLab. One module a paper; `preview` reads finished papers back; `redaction`
finds what should have stayed hidden. May import services and whatever is below them, never `ui` or `sync`.
"""
