"""The relay: keeps sealed files until the desks they are for have fetched them (SYNC 7).

It holds no keys and imports nothing that could open a file. What it knows is listed in `index`. Several processes
may serve the same folder and index; every request may be sent again without harm.
"""
