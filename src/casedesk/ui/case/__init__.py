"""The page of one case: header, safe contact, and a part for each side of the work. Other pages are not known here."""
