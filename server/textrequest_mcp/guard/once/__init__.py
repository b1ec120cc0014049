"""Once, promise 2: no text is sent twice, and none is lost silently.

Start with `ledger`: what happens at most once is written there before it leaves, and how it ended after.
"""
