"""Live: hears of texts that come in or go out, from webhooks, from polling the lines, and from our own sends.

It uses the guard and the rooms below it. Start with `watch`, then `log`, which keeps each text once and in order.
"""
