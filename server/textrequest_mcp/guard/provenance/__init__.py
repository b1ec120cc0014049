"""Provenance, promise 3: what a customer texts is data, never an instruction.

Start with `memory`, which keeps the words that the assistant has read, each with its source. The other files find
numbers, links, amounts, names and orders in them.
"""
