"""How every page of the desk looks: one document without scripts, in light and dark, for a phone and a keyboard too."""

from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #16191d; --soft: #58616c; --paper: #f4f5f7; --card: #fff; --line: #d9dde3;
  --yes: #0b6b3a; --mark: #fff3c9; --focus: #1756d1; --theirs: #e8eaee; --ours: #d9ecff;
  --bar: #1f6fb5; --pale: #a9cfee; --warn: #9b2c1f; }
@media (prefers-color-scheme: dark) { :root { --ink: #eceff3; --soft: #a7b0bb; --paper: #131619; --card: #1d2126;
  --line: #363c45; --yes: #24814f; --mark: #3d3618; --focus: #8ab4ff; --theirs: #2b3037; --ours: #17395a;
  --bar: #6cb2f2; --pale: #2f5f8c; --warn: #ff9a8a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, "Segoe UI", sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; } h2 { font-size: 1.15rem; margin: 0; }
h3 { font-size: .95rem; margin: 1.1rem 0 .3rem; }
p { margin: .5rem 0; } ul, ol { margin: .3rem 0; padding-left: 1.2rem; }
.soft { color: var(--soft); font-size: .92rem; }
article, main > section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem;
  padding: 1.1rem 1.25rem; margin: 1.25rem 0; }
.sides { display: grid; gap: 1rem 2rem; }
@media (min-width: 52rem) { .sides.two { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); } }
blockquote { margin: .75rem 0; padding: .8rem 1rem; background: var(--paper); border-left: 4px solid var(--bar);
  border-radius: .5rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1.08rem; }
.why { background: var(--mark); border-radius: .5rem; padding: .5rem .9rem .6rem; overflow-wrap: anywhere; }
.why h3 { margin-top: .2rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem 1rem; margin: .8rem 0; font-size: .93rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.talk { list-style: none; margin: .4rem 0; padding: 0; display: flex; flex-direction: column-reverse; gap: .5rem;
  max-height: 26rem; overflow-y: auto; }
.talk li { max-width: 88%; padding: .5rem .8rem; border-radius: 1rem; background: var(--theirs); align-self: start;
  border-bottom-left-radius: .25rem; overflow-wrap: anywhere; white-space: pre-wrap; }
.talk li.ours { background: var(--ours); align-self: end; border-radius: 1rem; border-bottom-right-radius: .25rem; }
.talk small { display: block; color: var(--soft); font-size: .8rem; white-space: normal; }
form { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin-top: 1rem; }
label { flex: 1 1 100%; font-size: .95rem; }
input[type=text], input[type=search] { display: block; width: 100%; margin-top: .25rem; padding: .6rem .7rem;
  font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: .5rem; }
button { font: inherit; font-weight: 600; padding: .65rem 1.4rem; border-radius: .5rem; border: 1px solid var(--line);
  background: var(--card); color: var(--ink); cursor: pointer; min-height: 2.75rem; }
button.yes { background: var(--yes); border-color: var(--yes); color: #fff; animation: wakes 1s step-end; }
@keyframes wakes { from { pointer-events: none; opacity: .45; } }
button.quiet { font-weight: 400; border-color: transparent; color: var(--soft); background: none; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.act { flex: 1 1 100%; border-top: 1px solid var(--line); padding-top: .7rem; }
.act input { width: 1.2rem; height: 1.2rem; vertical-align: -.2rem; } summary { cursor: pointer; font-size: .92rem; }
.note { background: var(--mark); border-radius: .5rem; padding: .6rem .9rem; }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin-bottom: 1.2rem; } nav a { color: inherit; }
nav a[aria-current] { font-weight: 700; text-decoration: none; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td { overflow-wrap: break-word; } td.number, th.number { text-align: right; white-space: nowrap; }
svg { max-width: 100%; height: auto; } svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
svg .bar, svg .r { fill: var(--bar); } svg .s { fill: var(--pale); } svg .a { fill: var(--warn); }
svg .axis { stroke: var(--line); }
.warn { color: var(--warn); }
@media (max-width: 30rem) { button { flex: 1 1 100%; } .talk li { max-width: 96%; } }
"""


def document(title: str, body: str, nonce: str, *, refresh: tuple[int, str] | None = None, script: str = "") -> str:
    """A whole page.

    Args:
        title: for the window.
        body: its HTML.
        nonce: lets the page's own style and script in, and nothing else.
        refresh: after how many seconds which address is looked at; None for a page that stays.
        script: the page's own, where it needs one.
    """
    again = f'<meta http-equiv="refresh" content="{refresh[0]};url={escape(refresh[1])}">' if refresh else ""
    code = f'<script nonce="{nonce}">{script}</script>' if script else ""
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">{again}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} - Text Request</title><style nonce="{nonce}">{STYLE}</style></head>'
        f"<body><main>{body}</main>{code}</body></html>"
    )
