"""Rules: which people may be texted, when, and how much. It uses provenance.

Start with `policy`, which applies all of them to one change; each rule has a file of its own.
"""
