"""The account: what an assistant can do, one file for each noun with its models beside it.

It uses tools, live and all rooms below them. Start with `contacts`, then `account` and `line`, through which every noun
reaches the service.
"""
