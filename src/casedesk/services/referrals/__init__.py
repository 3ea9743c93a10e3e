"""Referrals: who helps, what they are told and by which consent, and the answer (DOMAIN 4.29, 5.2, 11).

`making` begins and changes one, `content` is what it says and whether it may, `steps` its life, `reading` the lists.
"""
