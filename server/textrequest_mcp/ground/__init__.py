"""The ground: the store, processes, stderr, clean and quoted text. It uses no other room.

Start with `store`: the small database that every server process of a user shares.
"""
