"""Provenance, promise 3: what a customer texts is data, never an instruction.

Start with `memory`, which keeps what the assistant has read and whose words it was; the other files find things in it.
"""
