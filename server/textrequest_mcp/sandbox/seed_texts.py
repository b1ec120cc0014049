"""The texts between customers and the pretend repair shop from before the sandbox starts."""

# `<` came from the customer and `>` from the shop.
Talk = tuple[str, ...]

MARIA: Talk = (
    "> Hi Maria, this is Ridgeline Auto. We have your RAV4 on the lift now.",
    "< Great, thank you! Any idea what the noise is?",
    "> The front brake pads are worn down. Pads and rotors come to $385. Should we go ahead?",
    "< Yes please go ahead",
    "> Will do. We'll text you when it's finished.",
    "< Hi, just checking, is my car ready? I could come by around 4.",
)
OPTED_OUT: Talk = (
    "> Ridgeline Auto: it's been six months since your last oil change. Want us to find you a time?",
    "< STOP",
)
ARCHIVED: Talk = (
    "< Do you do state inspections?",
    "> We do, no appointment needed before noon. It's $25.",
    "< Perfect. Thanks",
)
PAYMENT: Talk = (
    "> Your alternator is in and the truck is running fine. Total is $220.50.",
    "< Can I pay by card from here?",
    "> Yes, I'll send you a link.",
)
UNREACHABLE: Talk = ("> Hi, this is Ridgeline Auto. Your part came in.",)
QUIET: Talk = (
    "< Are you hiring? Are you hiring? Are you hiring?",
    "> Not at the moment, but thank you for asking.",
    "< ok ok ok ok",
)
TOWED: Talk = ("< You towed the wrong car!!!", "> We don't tow, please call the police non-emergency line.")

FINISHED: tuple[Talk, ...] = (
    (
        "< Hi! Can I get an oil change this week?",
        "> Hi {name}, we have Thursday at 9 or Friday at 2.",
        "< Thursday at 9 works",
        "> You're booked for Thursday at 9. See you then!",
    ),
    (
        "> {name}, your {car} is ready for pickup. We close at 6.",
        "< On my way, be there in 20",
        "> Great, keys are at the front desk.",
    ),
    (
        "< What would new tires for a {car} cost?",
        "> All four, mounted and balanced, start at $540.",
        "< Ok let me talk to my wife and get back to you",
        "> Take your time. The quote is good for 30 days.",
    ),
    (
        "> Reminder: your appointment at Ridgeline Auto is tomorrow at 8:30.",
        "< Thx, I'll be there 👍",
    ),
    (
        "< check engine light came on again 😩",
        "> Sorry to hear that, {name}. Can you bring the {car} in this afternoon?",
        "< I get off at 3",
        "> 3:30 is yours. No charge for looking.",
        "< you guys are the best",
        "> See you at 3:30!",
    ),
    (
        "< Do you have a loaner car?",
        "> We have two. Do you want one for Monday?",
        "< Yes please, Monday all day",
        "> Reserved. Please bring your license.",
    ),
    (
        "> Hi {name}, the part for your {car} is back-ordered until next week. We're sorry about the wait.",
        "< No problem, it still drives",
        "> Thanks for understanding. We'll text as soon as it's here.",
    ),
    (
        "< Left my sunglasses in the car, did anyone find them?",
        "> We did! They're at the front desk.",
        "< Phew, thank you",
        "> Any time.",
    ),
    (
        "> Your invoice is $164.20. You can pay when you pick up.",
        "< Do you take checks?",
        "> We do.",
    ),
    (
        "< Gracias por todo, el carro quedó perfecto",
        "> ¡Con mucho gusto, {name}! Que tenga buen día.",
    ),
)
WAITING: tuple[Talk, ...] = (
    (
        "> {name}, we looked at your {car}. It needs a new battery, $189 installed.",
        "< Is that with the old one recycled? And can you do it today?",
    ),
    ("< Hi, do you have anything open Saturday morning? My {car} is making a grinding noise",),
    (
        "> Your {car} is done. We're open until 6.",
        "< I can't make it by 6. Can I pick it up tomorrow?",
    ),
    (
        "< I got charged twice for the inspection",
        "> Let me look into that for you, {name}.",
        "< Any news on that?",
    ),
    (
        "> Your estimate is $712 for the timing belt and water pump.",
        "< Hmm that's more than I thought. Is there any way to split it up?",
        "< Or could it wait until next month?",
    ),
    ("< My brakes feel soft since yesterday. Is it safe to drive to you??",),
    ("< Do you work on hybrids?", "> We do.", "< And what does a battery check cost on a {car}?"),
    ("< running 15 min late for my 10am, is that ok",),
    ("> Thanks for visiting Ridgeline Auto, {name}!", "< Could you send me the receipt? I need it for work"),
    ("< Is the shop open on Monday (holiday)?",),
    ("< Hello, I'm stuck at exit 11, flat tire and no spare. Can someone come?",),
)
