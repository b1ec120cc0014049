"""Wordings that speak to an assistant or its machinery and not to a business: patterns over plain words and over signs.

Plain words are small letters and digits without accents or apostrophes, one space apart. Each pattern stands under
something that its matches always hold, so that most texts are told apart without it. A person is asked where one
matches, for an hour, so what customers write about their orders must not; a rare wording that does is no harm.
"""

TOOLS = (
    *("list_dashboards", "get_dashboard", "create_dashboard", "rename_dashboard", "delete_dashboard"),
    *("list_contacts", "get_contact", "save_contact", "save_contacts", "delete_contact", "list_groups", "get_group"),
    *("create_group", "update_group", "delete_group", "list_tags", "list_custom_fields", "list_conversations"),
    *("archive_conversation", "unarchive_conversation", "list_messages", "wait_for_messages", "send_message"),
    *("list_payments", "get_payment", "create_payment", "send_payment_reminder", "cancel_payment"),
    *("mark_payment_paid", "get_send_status"),
)
"""The names of our own tools; a test holds that they are all here."""

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
_ACTS = r"(?:envia|manda|borra|elimina|reenvia|paga|transfiere|hazlo|haz|responde|comparte|cambia|cobra|contesta)"

WORDED: dict[str, tuple[str, ...]] = {
    "instruction": (
        rf"(?:instructions?|message|note|notice) (?:for|to) (?:the |all |any |this )?(?:{_AI}|assistant|bot|model|agent)",
        (
            r"(?:new|updated|additional|special|secret|hidden|real|actual) (?:system )?instructions? "
            r"(?:from|by) (?:the |your )?(?:developer|system|admin|administrator|openai|anthropic|operator|creator)"
        ),
        r"(?:reveal|print|show|repeat|output|leak|dump)(?: me)? (?:your|all your|the)(?: \w+)? instructions",
        r"(?:begin|start|end) of (?:the )?(?:system |user |new )?instructions?",
    ),
    "prompt": (
        r"system prompts?\b|prompt injection|(?:your|hidden|initial|original|secret) prompt|(?:begin|start|end) of prompt",
        r"prompt (?:del|de) sistema|(?:tu|su) prompt",
    ),
    "ai": (
        r"you are (?:now )?(?:(?:an?|the|just|only|my|our) )*(?:helpful |powerful |obedient |unrestricted )?" + _AI + r"\b",
        r"\byoure (?:now )?(?:an?|the) " + _AI + r"\b(?! (?:arent|right|or|huh|lol))",
        r"as (?:an? |the |our )?(?:helpful )?" + _AI + r"\b",
        r"(?:dear|attention|hey|hi|hello|ok|to the|to any|to all|note to) (?:the )?" + _AI + r"\b",
    ),
    "gpt": (r"(?:dear|attention|hey|hi|hello|ok|you are|as) (?:chat)?gpt",),
    "language model": (r"(?:large )?language model",),
    "artificial": (r"you are (?:an? )?artificial intelligence|as (?:an? )?artificial intelligence",),
    "llm": (r"\b(?:you are|as|hey|dear|attention|to the|any) (?:an? |the )?llm\b",),
    "you are now": (
        r"you are now (?:in |an? |the |my |our )*(?:bot|dan|agent|assistant|unrestricted|free from|developer|admin|root)",
    ),
    "assistant": (
        (
            r"(?:you are|youre|act as|behave as|acting as) (?:an?|the|my|our) (?:\w+ )?assistant\b"
            r"(?! (?:manager|coach|principal|director|to|at|who|teacher|professor|chef|i|right|from|for))"
        ),
        rf"^(?:dear |hey |ok |hi |hello |attention )?assistants? (?:please )?(?:you (?:must|should|need|will|are)|{_ACT})\b",
        r"(?:dear|hey|attention|note to|message to) (?:the )?(?:ai |virtual |digital )?assistants?\b(?! (?:manager|coach))",
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
        r"forward (?:all|every|each|everything)(?: \w+){0,3} (?:messages?|texts?|contacts?|chats?|history|to)\b",
        r"forward (?:this |the |whole |entire |full |our )+(?:chat|message|text)(?: history)? to (?:all|every|each|\d{10})",
    ),
    "contact": (
        (
            r"(?:delete|remove|erase|wipe|export|dump|list|send|leak|share)(?: me)? (?:all|every|each)(?: of)?"
            r"(?: the| your| their)? (?:\w+ )?contacts?\b"
        ),
        r"(?:send|text|forward|message) (?:this|the following|it|them)(?: \w+)? to (?:all|every|each)(?: \w+){0,2} contacts?",
        r"(?:delete|erase|wipe) (?:the|your) (?:entire |whole |full )?(?:contact list|contacts\b)",
    ),
    "customer": (
        r"(?:send|text|forward|message) (?:this|the following|it|them)(?: \w+)? to (?:all|every|each)(?: \w+){0,2} customers?",
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
        rf"(?:do not|dont|never|no need to) (?:ask|inform|notify|alert|warn|show|consult)(?: it to)? (?:the|your|any|a) {_OWNER}\b",
        rf"(?:do not|dont|never|no need to|without) ask(?:ing)? (?:for )?(?:any )?(?:confirmation|approval|permission)",
        rf"(?<!not )(?<!dont )(?<!never )(?<!you )(?<!they )\b{_ACT}\b(?: \w+){{0,8}}? without asking",
        r"^without asking",
    ),
    "notify": (rf"(?:do not|dont|never|without) (?:notify|notifying) (?:the|your|any|a) {_OWNER}\b",),
    "inform": (rf"(?:do not|dont|never|without) (?:inform|informing) (?:the|your|any|a) {_OWNER}\b",),
    "alert": (rf"(?:do not|dont|never|without) (?:alert|alerting) (?:the|your|any|a) {_OWNER}\b",),
    "confirm": (
        rf"(?<!not )(?<!dont )\b{_ACT}\b(?: \w+){{0,6}}? without (?:any |a |further )?(?:confirmation|confirming|approval)",
        r"(?:skip|bypass|no need for|ignore|disable)(?: the| any| all)? confirmations?",
        r"(?:user|human|owner) (?:has )?(?:already )?confirmed",
        r"confirmation (?:token|is not (?:needed|required|necessary))",
    ),
    "approv": (
        r"(?:user|human) (?:has )?(?:already )?approved|pre ?approved by (?:the )?(?:user|owner|admin|system)",
        rf"(?<!not )(?<!dont )\b{_ACT}\b(?: \w+){{0,6}}? without (?:any |a |further )?approval",
    ),
    "tool": (
        r"(?:call|invoke|execute) (?:the |this |your |a |any )(?:\w+ ){0,3}tools?\b(?! (?:rental|shop|store|guy|place|man"
        r"|company|box|truck|crib|section|department|dept|repair|room|supplier|depot|hire|people|counter|and die))",
        rf"use (?:the |your |any )?(?:\w+ ){{0,3}}tools? (?:to|and) {_ACT}\b",
        r"tool (?:call|calls|calling|use|invocation|result|output)\b",
        r"(?:available|your|which) tools (?:are available|do you have|can you call)",
    ),
    "function": (r"(?:call|invoke|execute) (?:the|this|your|a) (?:\w+ ){0,3}function\b|function calls?\b",),
    "mcp": (r"\bmcp (?:server|tool|client)s?\b",),
    " mode": (
        r"(?:enter|enable|activate|switch to|you are in|now in) (?:\w+ )?(?:debug|dan|god|jailbreak|unrestricted|sudo|root) mode",
    ),
    "act as": (r"act as (?:if you are |an? |the |my )?(?:admin\w*|the system|developer|unrestricted|root|owner|terminal)\b",),
    "pretend": (r"pretend (?:that )?(?:to be|you are|youre) (?:an? |the |my )?(?:\w+ )?(?:owner|admin|ai|assistant|system|bot)",),
    "base64": (r"base64",),
    "rot13": (r"rot13",),
    "decode": (r"decode (?:and|then|this|it|the following)(?: \w+){0,4} (?:and |then )?(?:follow|execute|run|do|obey|send)",),
    "instruccion": (
        r"instrucciones (?:para|al?) (?:el |la |tu )?(?:asistente|ia|bot|modelo|agente)|instrucciones del sistema",
    ),
    "eres": (
        r"eres (?:ahora )?(?:un |una |el |la |mi )?(?:ia|inteligencia artificial|asistente|modelo de lenguaje|bot|chatbot)\b",
    ),
    "como": (r"como (?:una? |el )?(?:ia|inteligencia artificial|modelo de lenguaje|asistente virtual)\b",),
    "asistente": (rf"^(?:hola |estimado |querido |atencion )?asistente (?:por favor )?(?:debes|tienes que|{_ACTS})\b",),
    "duen": (
        r"\b(?:el|la) (?:duen[oa]) (?:dice|ordena|autoriza|pide que|quiere que)\b",
        r"no (?:le |les |se lo )?(?:\w+ ){1,4}?(?:al duen[oa]|a la duena)\b",
    ),
    "propietari": (r"\b(?:el|la) propietari[oa] (?:dice|ordena|autoriza|pide que|quiere que)\b",),
    "jefe": (
        r"\b(?:el|tu) jefe (?:dice que|ordena|autoriza)\b",
        r"no (?:le )?(?:digas?|avises?|informes?|preguntes?)(?: nada| de esto)? (?:al?|a la|a tu) jefe",
    ),
    "usuario": (r"no (?:le )?(?:digas?|avises?|informes?|preguntes?)(?: nada| de esto)? al usuario",),
    "reenvi": (r"reenvi(?:a|e|ar)(?:me)? (?:(?:esta|toda|todo|este|la|el|los|todos) )+(?:conversacion|hilo|chat|mensajes)",),
    " sin ": (rf"\b{_ACTS}\b(?: \w+){{0,6}}? sin (?:preguntar|avisar|confirmar|confirmacion|permiso|pedir)",),
    "herramienta": (
        r"(?:llama a|ejecuta|invoca) la herramienta|usa la herramienta (?:\w+ ){0,3}(?:para|y) (?:enviar|borrar|mandar)",
    ),
    "todos": (r"(?:borr|elimin)(?:a|e|ar) (?:a )?todos (?:los |sus |tus )?(?:contactos|clientes|grupos|pagos|mensajes)",),
    "todas": (r"(?:borr|elimin)(?:a|e|ar) todas (?:las |sus |tus )?conversaciones",),
    "指令": (r"(?:忽略|无视|忘记).{0,12}指令",),
    "anweisungen": (r"(?:ignoriere|vergiss) (?:alle )?(?:deine |die )?(?:vorherigen|bisherigen|obigen) anweisungen",),
    "precedentes": (r"(?:ignore[zr]?|oublie[zr]?) (?:toutes )?(?:les |tes |vos )?(?:instructions|consignes) precedentes",),
    "anteriores": (r"(?:ignore|desconsidere|esqueca) (?:todas )?(?:as )?instrucoes anteriores",),
}
"""Over plain words, under what each always holds."""

_OF = r"(?:(?:all|any|the|of|your|these|those|every|other|and|previous|prior|earlier|above|preceding|foregoing) )*"
_BEFORE = r"(?:all|any|previous|prior|earlier|above|preceding|foregoing|system|original|initial|existing|developer|safety)"
DISREGARD = (
    (
        rf"(?<!dont )(?<!not )(?:ignore|disregard|forget|override|bypass|discard|ignoring|disregarding) {_OF}{_BEFORE} "
        rf"(?:\w+ )?(?:and \w+ )?{_INSTRUCTIONS}\b"
    ),
    rf"(?<!dont )(?<!not )(?:ignore|disregard|override|bypass) (?:all )?your (?:\w+ )?{_INSTRUCTIONS}\b",
    rf"(?<!dont )(?<!not )forget (?:all )?(?:of )?your (?:\w+ )?(?:instructions|rules|guidelines|programming)\b(?! for)",
    r"(?:ignore|disregard|forget) (?:everything|anything|all)(?: that)?(?: was| is)?(?: written| said)? (?:above|before this|prior)\b",
    r"(?:ignore|disregard|forget) (?:everything|anything|all|what)(?: that)? (?:you|u) (?:were|have been|was) (?:told|taught|given)",
    rf"(?:ignore|disregard) {_OF}(?:instructions|rules|guidelines|prompts?) (?:above|before|given|so far|you)",
    (
        r"(?:ignora|ignore|ignoren|olvida|olvide|descarta|descarte|haz caso omiso de|no sigas) (?:(?:todas?|todos|las|los"
        r"|tus|sus|cualquier|de) )*(?:instrucciones|reglas|indicaciones|ordenes) (?:anteriores|previas|de arriba|del sistema)"
    ),
    r"(?:ignora|descarta|no sigas) (?:todas )?tus (?:instrucciones|reglas|indicaciones)",
    rf"(?:do not|dont|stop) (?:follow|following|obey|obeying) (?:your|the (?:system|previous|prior|above)|any)(?: \w+)? {_INSTRUCTIONS}\b",
)
"""To lay aside what an assistant was told: over plain words that hold one of `DISREGARD_SIGNS`."""
DISREGARD_SIGNS = ("ignor", "disregard", "forget", "overrid", "bypass", "discard", "olvid", "descart", "caso", "follow", "sigas", "obey")

RUN_TOGETHER = (
    *("ignoreallprevious", "ignorepreviousinstruction", "ignoreallinstruction", "ignorepriorinstruction"),
    *("disregardallprevious", "disregardprevious", "forgetallprevious", "ignoretheabove", "ignoreyourinstruction"),
    *("systemprompt", "forwardthisthread", "forwardthisconversation", "donottelltheowner", "donttelltheowner"),
    *("ignoralasinstrucciones", "ignoratodaslasinstrucciones", "youareanai", "callthetool"),
    *(name.replace("_", "") for name in TOOLS if len(name) > len("get_contact")),
)
"""The clearest of them without spaces: in letters that stand apart, nobody can tell where a word ends."""

SIGNS: dict[str, tuple[str, ...]] = {
    "<": (
        r"<\|[^|<>\n]{1,40}\|>|<\|?(?:im_start|im_end|endoftext|eot_id|start_of_turn|end_of_turn)\|?>",
        r"<<?/?sys>?>|<!--",
        r"</?(?:system|assistant|user|human|instructions?|tool_call|tool_result|function_calls?|prompt|invoke|parameter"
        r"|admin|important|thinking)\b[^<>\n]{0,80}>",
    ),
    "[": (r"\[/?inst\]|!\[[^\]\n]{0,200}\]\(|\[(?:system|assistant|system message|developer|admin)\]",),
    "#": (r"#{2,}\s{0,3}(?:new |system |user )?(?:instructions?|system|response|assistant|prompt|instruccion(?:es)?|human)\b",),
    ":": (
        (
            r"(?:^|[\n.!?;\"'(\[{}<>*#-])[ \t]{0,3}(?:system|assistant|developer|sistema|asistente)"
            r"(?: (?:prompt|message|note|override|update|instructions?|alert|notice))?[*\"' ]{0,3}:"
        ),
        r"\b(?:system (?:message|override|note|notice|update|instructions?)|ai assistant|note to (?:ai|assistant)|begin system)[*\"' ]{0,3}:",
        r"[\"'](?:tool|tool_name|function|arguments|tool_calls?|method|role)[\"']\s{0,3}:",
        r"[\"']name[\"']\s{0,3}:\s{0,3}[\"'][\w.\-/]{1,64}[\"']\s{0,3},\s{0,3}[\"'](?:arguments|input|parameters|params)[\"']",
    ),
    "_": (
        rf"(?:{'|'.join(TOOLS)})",
        r"\b(?:dashboard_id|phone_number|customer_phone|idempotency_key|typed_name|amount_requested|contact_phone_number"
        r"|tool_call|function_call|payment_id|sender_name)\b",
    ),
    "tools/": (r"tools/(?:call|list)",),
    "send": (r"\bsend[ \-]message\(|\bsend-message\b",),
}
"""Over the text with its punctuation, under what each always holds."""
