"""A practice centre: invented people with plausible journeys, for looking round and for learning.

Everything in it goes through the services, each event on its own day. Nobody in it lives, and it says so everywhere.
Imports services; knows no Qt.
"""
