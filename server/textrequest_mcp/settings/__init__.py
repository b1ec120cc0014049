"""Settings: what the person who runs the server decided. It uses no other room.

Start with `table`: every setting with its type and default; `reading` checks what flags and variables say.
"""
