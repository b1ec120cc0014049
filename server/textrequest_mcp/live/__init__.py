"""Knows when a text comes in or goes out: from webhooks, from asking, and from our own sends."""
