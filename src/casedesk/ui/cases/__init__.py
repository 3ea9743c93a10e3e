"""The list of cases: of any length, searched as one types. The window opens `page.CasesPage`."""
