"""Puts this server into the settings of an AI host, and takes it out again: `config`, `install`, `uninstall`.

It uses settings and ground only. Start with `install`; `table` lists the hosts and `json_text` edits their files.
"""
