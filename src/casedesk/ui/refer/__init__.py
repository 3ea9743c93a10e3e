"""Referring a person: the right partner, the least information, with consent; and what becomes of it."""
