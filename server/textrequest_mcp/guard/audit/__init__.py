"""Audit: what was done, written down once and never changed.

Start with `writer`; `reader` shows it to people, `chain` links the rows.
"""
