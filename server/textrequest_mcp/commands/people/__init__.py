"""Who uses a server for a team: whom it lets in over HTTP, by a token or by sign-in, and what each of them may do.

Start with `access`, which stands before each request; `roster` reads the file of people.
"""
