"""Tools: how a declared function becomes a tool that a host can call.

It uses the guard, upstream, the ground, and no noun. Start with `declare` (what a noun module says of its tools), then
`run` (what happens in a call).
"""
