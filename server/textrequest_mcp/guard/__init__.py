"""The guard: what stands between an assistant and a person's phone.

It uses upstream and the ground. Its rooms: `approval` (a person's yes), `once` (no text twice, none lost), `rules`
(whom, when, how much), `provenance` (whose words steer what), `audit` (what was done); and two words that all of them
share: `change` (what is about to happen) and `outcome` (how it ended).
"""
