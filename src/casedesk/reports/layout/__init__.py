"""Paints papers: A4, black on white, one green, both scripts, in memory.

`page` is the paper with its head and foot, `body` what each part of a document becomes, `breaks` where pages may end,
`drawn` what is drawn, `material` the fonts, sizes and colours.
"""
