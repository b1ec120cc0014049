"""Settings: what the person who runs the server decided. It uses no other room.

Start with `table`: a row for each setting; `reading` holds the functions that the rows name, one for each way to read.
"""
