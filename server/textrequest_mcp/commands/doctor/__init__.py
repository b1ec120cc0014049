"""The command `doctor`: looks at each thing that can keep this server from working, and says what to do about it.

It may use every room. Start with `doctor`, which runs the checks; each of the other files looks at one kind of thing.
"""
