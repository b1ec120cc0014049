"""Live: hearing of texts that come in or go out, by webhooks, by asking, and from our own sends.

It uses the guard and the rooms below it. Start with `watch`, then `log`, which holds each text once and in order.
"""
