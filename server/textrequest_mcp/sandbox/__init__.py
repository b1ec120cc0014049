"""A pretend Text Request service: try and test everything without a real phone, a real key or a real bill.

It opens with the lines 121 `Front Desk`, 122 `Service Desk` and 123 `After Hours` (which takes no payments). On line
121 these numbers have a fixed role:

    14235550100  Maria Lopez, waits for an answer, texts back about 3 seconds after a text to her
    14235550101  opted out; a send to her is a 200 whose body says error 2100 (last digit odd)
    14235550102  Devon O'Neil, no history and no payment, so he can be deleted
    14235550103  blocked: what he texts is dropped
    14235550104  an archived conversation
    14235550105  an open payment over $220.50, status Sent, reminder not yet sent
    14235550106  opted out; a send to him is a 400 with code 30050 (last digit even)
    14235550107  suppressed, with a reason
    14235550108  unreachable: a text to her ends as error 2001, as it does for every 555-0199

A `Courier`, which runs beside the account, calls the hooks for each event; only hooks on this machine are called.
`play_routes` lets a made-up customer text a line.
`kept.KeptAccount` is in a file, which several processes may share.
"""

from textrequest_mcp.sandbox.account import Account
from textrequest_mcp.sandbox.app import create_app
from textrequest_mcp.sandbox.courier import Courier
from textrequest_mcp.sandbox.delivery import receive
from textrequest_mcp.sandbox.incoming import play_routes
from textrequest_mcp.sandbox.records import Accepted
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.serve import make_key, serve

SANDBOX_KEY_HINT = "32 upper-case hexadecimal digits, printed when the sandbox starts"

__all__ = [
    "SANDBOX_KEY_HINT",
    "Accepted",
    "Account",
    "Courier",
    "Refusal",
    "create_app",
    "make_key",
    "play_routes",
    "receive",
    "serve",
]
