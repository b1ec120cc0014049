"""Patterns of wordings that speak to an assistant or its machinery, and not to a business.

They are matched with plain words: small letters and digits without accents or apostrophes, one space apart. Each
pattern stands under words that its matches always hold, so that most texts need no pattern. After a match a person is
asked for an hour, so ordinary words about orders must not match; a rare wording that does is no harm.
"""

_AI = (
    r"(?:ai(?: (?:assistant|agent|model|bot))?|artificial intelligence|(?:large )?language model|llm|chatbot|chatgpt"
    r"|gpt ?\d*|copilot)"
)
_INSTRUCTIONS = r"(?:instructions?|prompts?|rules|guidelines|directives?|directions|programming|orders|constraints)"
_OWNER = r"(?:owner|boss|admin(?:istrator)?|developer|operator|user|human|staff|manager|supervisor|business|person)"
_ACT = (
    r"(?:send|text|message|forward|delete|remove|erase|transfer|pay|charge|cancel|mark|create|add|change|update|reply"
    r"|share|export|give|call|archive|refund|do(?! not)|act|proceed|go ahead|execute|run)"
)

WORDED: dict[str, tuple[str, ...]] = {
    "instruction": (
        (
            rf"(?:instructions?|message|note|notice) (?:for|to) (?:the |all |any |this )?(?:{_AI}|assistant"
            rf"|bot|model|agent)"
        ),
        (
            r"(?:new|updated|additional|special|secret|hidden|real|actual) (?:system )?instructions? "
            r"(?:from|by) (?:the |your )?(?:developer|system|admin|administrator|openai|anthropic|operator|creator)"
        ),
        r"(?:reveal|print|show|repeat|output|leak|dump)(?: me)? (?:your|all your|the)(?: \w+)? instructions",
        r"(?:begin|start|end) of (?:the )?(?:system |user |new )?instructions?",
    ),
    "prompt": (
        (
            r"system prompts?\b|prompt injection|(?:your|hidden|initial|original|secret) prompt|(?:begin"
            r"|start|end) of prompt"
        ),
        r"prompt (?:del|de) sistema|(?:tu|su) prompt",
    ),
    "ai": (
        r"you are (?:now )?(?:(?:an?|the|just|only|my|our) )*(?:helpful |powerful |obedient |unrestricted )?"
        + _AI
        + r"\b",
        r"\byoure (?:now )?(?:an?|the) " + _AI + r"\b(?! (?:arent|right|or|huh|lol))",
        r"as (?:an? |the |our )?(?:helpful )?" + _AI + r"\b",
        r"(?:dear|attention|hey|hi|hello|ok|to the|to any|to all|note to) (?:the )?" + _AI + r"\b",
    ),
    "gpt": (r"(?:dear|attention|hey|hi|hello|ok|you are|as) (?:chat)?gpt",),
    "language model": (r"(?:large )?language model",),
    "artificial": (r"you are (?:an? )?artificial intelligence|as (?:an? )?artificial intelligence",),
    "llm": (r"\b(?:you are|as|hey|dear|attention|to the|any) (?:an? |the )?llm\b",),
    "you are now": (
        (
            r"you are now (?:in |an? |the |my |our )*(?:bot|dan|agent|assistant|unrestricted|free from"
            r"|developer|admin|root)"
        ),
    ),
    "assistant": (
        (
            r"(?:you are|youre|act as|behave as|acting as) (?:an?|the|my|our) (?:\w+ )?assistant\b"
            r"(?! (?:manager|coach|principal|director|to|at|who|teacher|professor|chef|i|right|from|for))"
        ),
        (
            rf"^(?:dear |hey |ok |hi |hello |attention )?assistants? (?:please )?(?:you (?:must|should|need"
            rf"|will|are)|{_ACT})\b"
        ),
        (
            r"(?:dear|hey|attention|note to|message to) (?:the )?(?:ai |virtual |digital )?assistants?\b(?!"
            r" (?:manager|coach))"
        ),
    ),
    "owner": (
        r"\bthe (?:\w+ )?owner (?:says?|orders|instructs|demands)\b(?! (?:hi|hello|hey|thanks|thank|he|she))",
        (
            rf"\bowner (?:said|wants|asks|asked|told|needs|has asked|would like)(?: that)?(?: you| u| me)?(?: to| must|"
            rf" should)+(?: \w+)? (?:{_ACT}) (?:(?:this|the|all|every|each|your|these|everything|everyone|any) )+"
        ),
        r"\bowner (?:has )?already (?:approved|confirmed|agreed|authori[sz]ed|said yes|consented|knows)",
        rf"owner (?:has )?authori[sz]e[sd]? (?:you|this|me|the assistant|all)(?: to)? (?:{_ACT})",
        r"(?:i am|this is|im) the owner (?:and you|now|please)? ?(?:send|forward|delete|transfer|you must)",
    ),
    "boss": (
        r"\b(?:the|your) boss (?:says|orders|instructs)\b(?! (?:hi|hello|hey|thanks))",
        r"\byour boss (?:wants|told) (?:you|me) to (?:tell you to )?(?:send|forward|delete|transfer)",
    ),
    "admin": (
        r"(?:i am|im|this is) (?:the|your|an?) (?:system )?admin(?:istrator)?\b(?! (?:assistant|at|for|of|office|fee))",
        r"(?:system |your |the )admin(?:istrator)? (?:says|orders|instructs|has (?:approved|authori[sz]ed))",
        r"admin(?:istrator)? (?:override|mode)",
    ),
    "developer": (
        r"(?:i am|im|this is) your (?:developer|creator)|(?:enter|enable|activate|in|into|switch to) developer mode",
        r"your developers? (?:says?|wants|orders|instructs|told|has)",
    ),
    "conversation": (
        (
            r"(?:forward|export|dump|copy|leak) (?:(?:this|the|all|our|his|her|their|every|whole|entire|that|of|my|your"
            r"|full|complete|these) )+(?:\w+ )?conversations?"
        ),
        r"(?:archive|delete) (?:all|every|each)(?: of)?(?: the| your)? (?:other )?conversations?",
    ),
    "thread": (
        r"(?:forward|export|dump|leak) (?:(?:this|the|all|our|every|whole|entire|of|my|full|these) )+(?:\w+ )?threads?",
    ),
    "forward": (
        r"forward (?:all|every|each)(?: \w+){0,2} (?:messages?|texts?|contacts?|chats?|history)\b",
        r"forward (?:all|everything)(?: of)?(?: this| that| these| it)? to\b",
        (
            r"forward (?:this |the |whole |entire |full |our )+(?:chat|message|text)(?: history)? to (?:all"
            r"|every|each|\d{10})"
        ),
    ),
    "contact": (
        (
            r"(?:delete|remove|erase|wipe|export|dump|list|send|leak|share)(?: me)? (?:all|every|each)(?: of)?"
            r"(?: the| your| their)? (?:\w+ )?contacts?\b"
        ),
        (
            r"(?:send|text|forward|message) (?:this|the following|it|them)(?: \w+)? to (?:all|every|each)(?:"
            r" \w+){0,2} contacts?"
        ),
        r"(?:delete|erase|wipe) (?:the|your) (?:entire |whole |full )?(?:contact list|contacts\b)",
    ),
    "customer": (
        (
            r"(?:send|text|forward|message) (?:this|the following|it|them)(?: \w+)? to (?:all|every|each)(?:"
            r" \w+){0,2} customers?"
        ),
        r"(?:delete|erase|wipe|export|dump|leak|send me) (?:all|every|each)(?: of)?(?: the| your)? customers?\b",
    ),
    "group": (r"(?:delete|erase|wipe) (?:all|every|each)(?: of)?(?: the| your)? groups?\b",),
    "payment": (r"(?:cancel|delete|mark|refund) (?:all|every|each)(?: of)?(?: the| your)?(?: open)? payments?\b",),
    "tell": (
        (
            r"(?:do not|dont|never|without) (?:tell|telling)(?: (?:this|it|any of this) to| anything to)? "
            rf"(?:the |your |any |a )(?:\w+ )?{_OWNER}s?\b"
        ),
    ),
    "ask": (
        (
            rf"(?:do not|dont|never|no need to) (?:ask|inform|notify|alert|warn|show|consult)(?: it to)?"
            rf" (?:the|your|any|a) {_OWNER}\b"
        ),
        r"(?:do not|dont|never|no need to|without) ask(?:ing)? (?:for )?(?:any )?(?:confirmation|approval|permission)",
        rf"(?<!not )(?<!dont )(?<!never )(?<!you )(?<!they )\b{_ACT}\b(?: \w+){{0,8}}? without asking",
        r"^without asking",
    ),
    "notify": (rf"(?:do not|dont|never|without) (?:notify|notifying) (?:the|your|any|a) {_OWNER}\b",),
    "inform": (rf"(?:do not|dont|never|without) (?:inform|informing) (?:the|your|any|a) {_OWNER}\b",),
    "alert": (rf"(?:do not|dont|never|without) (?:alert|alerting) (?:the|your|any|a) {_OWNER}\b",),
    "confirm": (
        (
            rf"(?<!not )(?<!dont )\b{_ACT}\b(?: \w+){{0,6}}? without (?:any |a |further )?(?:confirmation"
            rf"|confirming|approval)"
        ),
        r"(?:skip|bypass|no need for|ignore|disable)(?: the| any| all)? confirmations?",
        r"(?:user|human|owner) (?:has )?(?:already )?confirmed",
        r"confirmation (?:token|is not (?:needed|required|necessary))",
    ),
    "approv": (
        r"(?:user|human) (?:has )?(?:already )?approved|pre ?approved by (?:the )?(?:user|owner|admin|system)",
        rf"(?<!not )(?<!dont )\b{_ACT}\b(?: \w+){{0,6}}? without (?:any |a |further )?approval",
    ),
    "tool": (
        (
            r"(?:call|invoke|execute) (?:the |this |your |a |any )(?:\w+ ){0,3}tools?\b"
            r"(?! (?:rental|shop|store|guy|place|man"
            r"|company|box|truck|crib|section|department|dept|repair|room|supplier|depot|hire|people|counter|and die))"
        ),
        rf"use (?:the |your |any )?(?:\w+ ){{0,3}}tools? (?:to|and) {_ACT}\b",
        r"tool (?:call|calls|calling|use|invocation|result|output)\b",
        r"(?:available|your|which) tools (?:are available|do you have|can you call)",
    ),
    "function": (r"(?:call|invoke|execute) (?:the|this|your|a) (?:\w+ ){0,3}function\b|function calls?\b",),
    "mcp": (r"\bmcp (?:server|tool|client)s?\b",),
    " mode": (
        (
            r"(?:enter|enable|activate|switch to|you are in|now in) (?:\w+ )?(?:debug|dan|god|jailbreak"
            r"|unrestricted|sudo|root) mode"
        ),
    ),
    "act as": (
        r"act as (?:if you are |an? |the |my )?(?:admin\w*|the system|developer|unrestricted|root|owner|terminal)\b",
    ),
    "pretend": (
        r"pretend (?:that )?(?:to be|you are|youre) (?:an? |the |my )?(?:\w+ )?(?:owner|admin|ai|assistant|system|bot)",
    ),
    "base64": (r"base64",),
    "rot13": (r"rot13",),
    "decode": (
        r"decode (?:and|then|this|it|the following)(?: \w+){0,4} (?:and |then )?(?:follow|execute|run|do|obey|send)",
    ),
}
"""Each pattern stands under words that its matches always hold."""

_OF = r"(?:(?:all|any|the|of|your|these|those|every|other|and|previous|prior|earlier|above|preceding|foregoing) )*"
_BEFORE = (
    r"(?:all|any|previous|prior|earlier|above|preceding|foregoing|system|original|initial|existing|developer|safety)"
)
DISREGARD = (
    (
        rf"(?<!dont )(?<!not )(?:ignore|disregard|forget|override|bypass|discard|ignoring|disregarding) {_OF}{_BEFORE} "
        rf"(?:\w+ )?(?:and \w+ )?{_INSTRUCTIONS}\b"
    ),
    rf"(?<!dont )(?<!not )(?:ignore|disregard|override|bypass) (?:all )?your (?:\w+ )?{_INSTRUCTIONS}\b",
    r"(?<!dont )(?<!not )forget (?:all )?(?:of )?your (?:\w+ )?(?:instructions|rules|guidelines|programming)\b(?! for)",
    (
        r"(?:ignore|disregard|forget) (?:everything|anything|all)(?: that)?(?: was| is)?(?: written|"
        r" said)? (?:above|before this|prior)\b"
    ),
    (
        r"(?:ignore|disregard|forget) (?:everything|anything|all|what)(?: that)? (?:you|u) (?:were|have"
        r" been|was) (?:told|taught|given)"
    ),
    rf"(?:ignore|disregard) {_OF}(?:instructions|rules|guidelines|prompts?) (?:above|before|given|so far|you)",
    (
        r"(?:ignora|ignore|ignoren|olvida|olvide|descarta|descarte|haz caso omiso de|no sigas)"
        r" (?:(?:todas?|todos|las|los"
        r"|tus|sus|cualquier|de) )*(?:instrucciones|reglas|indicaciones|ordenes) (?:anteriores|previas|de"
        r" arriba|del sistema)"
    ),
    r"(?:ignora|descarta|no sigas) (?:todas )?tus (?:instrucciones|reglas|indicaciones)",
    (
        rf"(?:do not|dont|stop) (?:follow|following|obey|obeying) (?:your|the (?:system|previous|prior"
        rf"|above)|any)(?: \w+)? {_INSTRUCTIONS}\b"
    ),
)
"""Orders to ignore instructions, for plain words that hold one of `DISREGARD_SIGNS`."""
DISREGARD_SIGNS = (
    "ignor",
    "disregard",
    "forget",
    "overrid",
    "bypass",
    "discard",
    "olvid",
    "descart",
    "caso",
    "follow",
    "sigas",
    "obey",
)
