"""Texts that perhaps ask for no more, which a person is to judge; and texts of somebody else than was meant."""

LOOSE = """
please stop texting me
Stop texting me!!!
STOP TEXTING THIS NUMBER
can you please stop messaging me
quit texting me
stop sending me messages
Stop sending these texts
Stop all the messages
stop contacting me
stop harassing me
Please stop sending me stuff
Stop it
Stop already
stoooop
Ok stop
No, stop.
STOP. I never signed up for this
I already said STOP
I texted STOP twice, why am I still getting these
I've asked you to stop
I want this to stop
do not text me
Don't text me
dont contact me again
Don't contact me again
Do not contact me
please do not message this number
Never text me again
Please don't text or call me
do not call or text
Never call me again
Don't send me any more texts
do not send me messages
don't send anymore messages please
no more texts
No more messages please
no more of these texts
No more text messages
I don't want these texts
I don't want any more messages
i no longer wish to receive these messages
I do not wish to receive text messages
I don't want to be contacted
I do not want to get texts from you
I don't want you to text me
i don't want you texting me
I don't ever want to hear from you
I do not want to hear from you again
take me off your list
Take me off this list!
take me off the list please
take my number off your list
Please remove me from your list
remove me from this database
remove me
Remove me please
Please remove my number
remove my number from your system
delete my number
lose my number
Lose my number!
REMOVE
off your mailing list
Put me on your do not call list
please put me on the do not text list
unsubscribe me
unsubscribe me please
How do I unsubscribe?
I want to unsubscribe
UNSUBSCRIBE from texts
unsub
opt me out
I want to opt out
I'd like to opt out of these texts
I am opting out
please opt me out of text messages
I revoke my consent
I withdraw consent
You do not have my consent to text me
I never gave you permission to text me
I never signed up for this
I didn't sign up for these texts
I never subscribed
I did not ask for these messages
leave me alone
Please leave me alone.
leave us alone
leave me the hell alone
fuck off
Go away
this is spam
This is harassment
I'm going to block you
I will report you to the FCC
not interested
Not interested, thanks
I'm not interested
cancel these messages
Cancel all texts
cancel text messages
end these texts
cease and desist
how do I stop these texts
how can i stop getting messages
why do you never stop texting me
Why won't you stop texting me?
I told you don't text me
deja de escribirme
Dejen de mandarme mensajes
por favor deja de enviarme textos
Deje de molestarme
no me escriban más
No me escribas
no me manden mas mensajes
No quiero recibir más mensajes
no quiero más textos
Ya no quiero que me escriban
No más mensajes
quítenme de su lista
Quíteme de la lista
borra mi número
bórrenme de la lista
déjenme en paz
quiero darme de baja
PARAR
Cancelar
BAJA
no me interesa
STOP!! 🛑 stop texting
Disliked but stop texting me
Stop I'm not interested
pls stop msging me
Please quit contacting me
enough with the texts
Enough texts already
Knock it off
Please cease all communication
cease contact
Do not contact me for any reason
Please do not text or call this number again
I would like to be removed from your list
can you take me off this texting list
Take my name off the list
I'd like off this list
Get me off this list
please take my number out of your system
I'm asking you to remove my phone number.
kindly remove me from your contact list
Unsubscribe this number
I am unsubscribing
i wish to unsubscribe from this service
Please discontinue texts
discontinue messages
discontinue
Please stop all communication
No more contact please
I don't want texts
I do not want text messages from your company
I don't want to receive texts
no longer interested, please stop
Do not ever text this number
Don't txt me
Don't write me
dont bother me
Don't bother me again
stop bothering us
stop blowing up my phone
Stop spamming me
quit spamming my phone
You are spamming me
I never asked for this
I never agreed to receive these
I don't know who this is, stop texting
I just got this number, stop texting
Please lose this number
Forget my number
i don't want to talk to you anymore
don't message me no more
dont text me no more
Please leave us alone
eff off
blocked
blocking you
You're blocked
reported as spam
I'll report this as spam
do not send
Do not send me texts
don't send reminders anymore
Stop sending reminders
Please stop these alerts
turn off these texts
turn off notifications
Stop with the messages
how do i get off this list
How do I make these stop
Delete me from your list
delete my contact
remove this number from your list please
opt-out please from texts
I opt out
I choose to opt out
Opting out
I hereby revoke any consent to be contacted
Please honor my opt out
Already unsubscribed
No me contacten
No quiero mensajes
ya no me manden mensajes
no me molesten más
Dejen de llamarme
Elimine mi número por favor
STOP STOP STOP texting
""".strip().splitlines()

SOMEBODY_ELSE = """
wrong number
Sorry, wrong number
You have the wrong number
I think you have the wrong number
You've got the wrong person
You texted the wrong number
I think you texted the wrong person
this is not Maria's phone
This is no longer his number
There is nobody here by that name
número equivocado
Tiene el número equivocado
Se equivocó de número
you have wrong number
wrong person
Wrong #
this is the wrong number
This number doesn't belong to Maria
Maria no longer has this number
She no longer uses this number
this isn't her number anymore
Not my number
no soy Maria, número equivocado
equivocado
este no es el número de Maria
""".strip().splitlines()
