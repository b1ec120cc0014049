"""The guard: what stands between an assistant and a person's phone.

It uses upstream and the ground. Its rooms: `approval` (a person's yes), `once` (no text twice, none lost), `rules`
(whom, when, how much), `provenance` (whose words steer what), `audit` (what was done). All of them share `change` (what
is about to happen), `outcome` (how it ended) and `marks` (what a field means); `notice` takes in what answers tell.
`docs/architecture.md` explains the words.
"""
