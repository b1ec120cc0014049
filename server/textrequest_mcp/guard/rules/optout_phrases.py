"""Patterns of wordings that ask for no more texts.

They are matched with one clause at a time: small letters and digits without accents or apostrophes, one space apart;
`$` is the end of a clause. A match refuses no send for good: a person is asked. So everyday words about appointments
and streets must not match, while a rare wording that does is no harm.
"""

_ME = (
    r"(?:me|us|my (?:(?:phone|cell|mobile|telephone|home|work) )?(?:number|phone|cell|mobile|name|info|information"
    r"|contact)|this (?:(?:phone|cell|mobile) )?(?:number|phone|cell))"
)
_MANY = r"(?:all|any|the|this|these|those|your|ur|my|more|anymore|further|future|such|of|with|me|us|text|sms|so many)"
_SEVERAL = r"(?:texts|txts|messages|msgs|sms|spam|reminders|alerts|notifications|communications|promos|promotions|ads)"
_TEXTS = rf"(?:{_SEVERAL}|text|txt|message|msg|texting|messaging|communication|marketing|solicitations?|contact)"
_TEXT = r"(?:text|txt|message|msg|contact|bother|spam|harass|solicit|disturb|write)"
_TEXTING = (
    r"(?:texting|txting|messaging|msging|contacting|calling|bothering|harassing|spamming|bugging|pestering|soliciting"
    r"|annoying|blowing up my phone)"
)
_YOU = r"(?:you|u|yall|anyone|anybody)(?: (?:guys|people|all|folks))?"
_NOT = r"(?:do not|dont|donot|dnt|never|no longer|not to)(?: (?:ever|even|really))?"
_SIGNED_UP = r"(?:signed up|sign up|subscribed?|consent(?:ed)?)"
_RECEIVE = r"(?:to|for|be|being|get|getting|receive|receiving|keep|you|u|sending)"
_AGAIN = r"(?:again|any ?more|ever)"
_LIST = (
    r"(?:(?:of|the|this|that|these|your|ur|all|any|text|texting|contact|mailing|messaging|marketing|sms|call|calling"
    r"|phone|email|distribution|customer|client|company|spam|group|blast|campaign) )*"
    r"(?:lists?|database|system|records|contacts|texts?|messages|thread|mailings?|campaigns?)"
)
_NOW = r"(?= (?:please|pls|plz|now|immediately|asap|thanks|thank|thx|ty|today|and|or|also)\b|$)"

ALONE = (
    *("remove", "un subscribe", "unsubscribed", "stopp", "stop (?:it|this|already|everything)", "no more", "cease"),
    *("cease and desist", "discontinue", "do not send", "knock it off"),
    *("go away", "(?:im |i am )?not interested", "(?:(?:youre|you are) )?blocked", "reported"),
    *("parar?", "pare", "detener", "cancelar", "baja", "basta", "no (?:me interesa|estoy interesad[oa])"),
)
"""A whole clause that asks for it, while the same words inside a longer one do not."""

_STOP_TEXTING = (
    rf"(?:stop|quit|cease) (?:(?:with|all|it|please|pls|the|this|these|your) )*{_TEXTING}",
    rf"(?:stop|quit|cease|end|cancel|discontinue|turn off|enough) (?:{_RECEIVE} )?(?:{_MANY} )*{_TEXTS}",
    rf"(?:stop|quit) sending(?: {_ME}| these| this| it| so much)*(?: (?:stuff|crap|shit|junk|things|anything))?$",
    rf"(?:want|need|like|asked|ask|told|tell|begged) (?:this|these|it|{_YOU})(?: \w+){{0,2}} to stop$",
    rf"make (?:these|them|the {_SEVERAL}) stop",
    (
        r"(?:said|say|texted|replied|typed|wrote|sent|text|reply) stop"
        r"(?= (?:twice|already|before|and|but|many|several|multiple|\d+|three|so)\b|$)"
    ),
    r"^stop (?:im|i am|i|wrong|not|no|who)",  # without a full stop in between
)

_DO_NOT_TEXT = (
    (
        rf"{_NOT} (?:you ever |you dare |please )?(?:call or )?{_TEXT}(?: or call| or {_TEXT})*(?: to)? "
        rf"(?:{_ME}|here|{_AGAIN})"
    ),
    rf"{_NOT} (?:call or {_TEXT}|{_TEXT} or call)",
    rf"{_NOT} call(?: {_ME})? {_AGAIN}(?!.*\btext)",
    (
        rf"{_NOT} send (?:{_ME} )?(?:(?:any|more|any ?more|these|your|those|such|text|sms) )*"
        rf"(?:{_SEVERAL}|any ?more|anything)(?= (?:please|to|from|here|at all|{_AGAIN})|$)"
    ),
    rf"no more (?:{_MANY} )*{_TEXTS}",
    # I no longer wish to receive texts, I don't want you to text me, I never want to hear from you
    (
        rf"{_NOT} (?:want|wish|care|need|like)(?: (?:{_RECEIVE}|{_MANY}))* "
        rf"(?:{_SEVERAL}|texted|messaged|contacted|bothered|solicited|text messages)"
    ),
    rf"{_NOT} (?:want|need|like|wish)(?: for)? {_YOU}(?: (?:to|ever|keep))* (?:{_TEXT}|{_TEXTING})(?: {_ME}|$)",
    rf"{_NOT} (?:want|wish|care|need)(?: to)?(?: ever)? hear from (?:{_YOU}|this)",
    rf"{_NOT} (?:want|wish|care) to (?:talk|speak) (?:to|with) {_YOU}(?: {_AGAIN}|$)",
)

_OFF_THE_LIST = (
    rf"(?:take|remove|delete|drop|get|pull|leave|keep) {_ME}(?: \w+)?(?: (?:off|from|out|of))+ {_LIST}",
    rf"(?:remove|delete|erase|lose|forget) {_ME}{_NOW}",
    rf"(?:be|get|want) (?:removed|taken|off|taken off)(?: (?:off|from|out|of))* {_LIST}",
    r"off (?:of )?(?:this|your|ur) (?:\w+ )?list",
    r"(?:do not|dont) (?:call|contact|text|disturb) (?:list|registry)",
)

_NO_CONSENT = (
    r"(?:unsubscribe|unsub|unsuscribe|unsubcribe|unsubscibe|unsubscribing|(?:already|ive|i have) unsubscribed)",
    r"opt (?:me|us|this number) out|^(?:opt|opting) out|my opt ?out",
    rf"(?:opt|opting|opted) out (?:of|from)(?: (?:{_RECEIVE}|{_MANY}))* {_TEXTS}",
    rf"(?:(?:like|want|wish|need|choose|trying|going) to|im|i am|wanna|can i|may i|i) (?:opt|opting) out{_NOW}",
    r"(?:revoke|revoking|withdraw|withdrawing) (?:my |our |all |any )*(?:consent|permission|authori[sz]ation)",
    (
        r"(?:(?:do not|dont|never|no longer) (?:have|had|give|gave|given)|without)(?: \w+)? (?:my |any )?"
        r"(?:consent|permission) to (?:text|contact|message)"
    ),
    (
        rf"(?:not|didnt|dont|never) (?:ever )?(?:{_SIGNED_UP}|agreed?|ask(?:ed)?)(?: (?:{_RECEIVE}|{_MANY}))* "
        rf"(?:{_SEVERAL}|texted|contacted)"
    ),
    rf"(?:not|didnt|never) {_SIGNED_UP}(?: (?:to|for)(?: (?:this|these|it|anything|any of this))?)?$",
    r"(?:not|didnt|never) agreed? to (?:receive|get|be|this|these)|never asked for (?:this|these)$",
)

_LEAVE_ME_ALONE = (
    r"leave (?:me|us)(?: the \w+| tf)? alone",
    r"(?:fuck|fck|f|eff|piss|buzz|bug|screw) off",
    r"this is (?:just |considered |pure )?(?:spam|harassment)|(?:are|youre|keep) (?:spamming|harassing) (?:me|us)",
    r"(?:report|reporting|reported) (?:(?:this|you|it) )?(?:as|for) (?:spam|harassment)",
    (
        r"(?:block|blocking|report|reporting|sue|suing) (?:you|u|yall|(?:this|your|ur) number)"
        r"(?= (?:for|to|if|now|guys|and)\b|$)"
    ),
)

_DEJA = r"(?:deja|deje|dejen|dejar|paren|pare) (?:ya )?de"
_ESCRIBIR = r"(?:escribir|mandar|enviar|molestar|textear|contactar|llamar|acosar|mensajear)"
_MENSAJES = r"(?:mensajes?|textos?|sms)"

_SPANISH = (
    rf"{_DEJA} (?:estar )?{_ESCRIBIR}(?:me|nos)|{_DEJA} (?:mandar|enviar|recibir|escribir) (?:\w+ ){{0,2}}{_MENSAJES}",
    r"no (?:me|nos) (?:escriba|contacte|moleste|textee)[ns]?",
    rf"no (?:me|nos) (?:mande|envie|llame)[ns]? (?:mas|nada|nunca|(?:\w+ )?{_MENSAJES})",
    rf"no (?:me |nos )?vuelva[ns]? a {_ESCRIBIR}(?:me|nos)?",
    (
        r"no (?:quiero|deseo|queremos)(?: (?:recibir|que me (?:mande|envie)[ns]?|mas|sus|estos|esos|tus))* "
        rf"(?:{_MENSAJES}|que me (?:escriba|contacte|moleste|textee)[ns]?)"
    ),
    rf"no mas {_MENSAJES}",
    r"(?:quit|saqu|sac|borr|elimin|remuev|remov)(?:a|e|en|ar|an)(?:me|nos) de (?:\w+ ){0,2}lista",
    r"(?:borr|elimin|quit)(?:a|e|en) mi numero",
    r"dej(?:a|e|en)(?:me|nos) en paz|(?:darme|darnos|dame|deme|denme|darse) de baja",
)

PHRASES = (*(*_STOP_TEXTING, *_DO_NOT_TEXT, *_OFF_THE_LIST, *_NO_CONSENT, *_LEAVE_ME_ALONE, *_SPANISH),)
"""What asks for it wherever it stands in a clause that `EVERYDAY` was taken out of."""

EVERYDAY = (
    # don't stop texting me, why did you stop sending reminders, I'll stop texting now
    (
        r"(?:dont|do not|(?<!you )(?<!they )never|didnt|did not|did (?:you|u|they|it|he|she)) (?:ever |even |guys )?"
        r"(?:stop|quit|end|cancel|lose|leave|forget|unsubscribe)"
    ),
    (
        r"(?:dont|do not|didnt|did not|not) (?:want|wish|mean|need|trying|going|like) to "
        r"(?:stop|unsubscribe|unsub|opt out|cancel|be removed|lose)"
    ),
    r"(?:(?:i|we) (?:had to|have to|will|must|should|would)|ill|id|well|phone|it|he|she) (?:just )?(?:stop|quit)",
    # you don't text me anymore; but not: I told you don't text me
    (
        r"(?<!told )(?<!asked )(?<!tell )(?<!ask )(?:you|u|they|she|he|we|i|who|people)(?: guys| all| just| really)? "
        rf"(?:dont|do not|never) (?:{_TEXT}|call|send)"
    ),
    r"(?:see|got|have|are|were|is|theres) no more",
)
"""What holds such words and means something else."""
