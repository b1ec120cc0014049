"""Approval, promise 1: nothing irreversible happens that a person did not see.

Start with `gate`, which asks and checks a yes; each acts once.
"""
