"""Upstream: everything that knows how to talk to Text Request over the network. It uses the ground.

Start with `api`: five verbs over one funnel.
"""
