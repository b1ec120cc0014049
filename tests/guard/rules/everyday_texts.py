"""Everyday texts with the words of an opt-out in them, or close to them, that say nothing of further texts."""

EVERYDAY = """
stop by at 5
Can you stop by?
I'll stop by tomorrow
We can stop in around noon
non-stop flight
Is it a nonstop flight?
the stop sign
turn left at the stop sign
which bus stop is it
It's the last stop on the line.
one more stop and then I'm home
cancel my 3pm appointment
Cancel my appointment
I need to cancel Thursday
can I cancel?
please cancel the order
cancel my subscription to the gym
end of the day works
By the end of the week
The end is near
in the end we chose blue
quit smoking class
I quit my job
when does the quit smoking class start
can you stop by
what number should I text
What's the number to text?
who should I contact?
you can text me anytime
Text me when it's ready
please text me
Please text this number
don't stop texting me
Don't stop!
dont stop believing
I'll stop texting now, sorry for all the messages
Why did you stop sending reminders?
did you stop texting
you don't text me anymore
If you don't text me I'll worry
Do not forget to text me
don't forget to message me
I don't have any messages
I don't have your number
I don't need anything else
I did not get your message
I didn't get the text
didn't receive any messages
I see no more messages from you
no more questions
No more appointments this week?
there is no more milk
I gave you the wrong number
I gave you the wrong number, it's 0123
I called the wrong number earlier
wrong number of guests, we are six
That is the wrong size
drop me off at 5
Take me off the 3pm slot
please remove me from the waiting list
remove the old tires
Can you remove my name from the guest list
is my name on the list?
put me on the list
leave me a message
Leave me a voicemail
Don't leave me alone with him lol
leave the package at the door
I lost my number
Did you lose my number?
When do we start?
start the car
Let's start at 9
YES
Yes please
no
No thanks
ok
help
I opted for the blue one
option 2
can I opt for express shipping
off to work
The doctor told me to stop taking it
Should I stop the medication?
I had to stop for gas
my car won't stop shaking
The bleeding won't stop
stop the car
Can you stop the leak?
Stopping by soon
full stop
The pain doesn't stop
when it stops raining
unstoppable
endless
cancellation policy?
Can I get the contact info for John
contact me at my work number
This is my new number
this is Maria's phone number: 555-0100
Is this the right number?
is this spam?
do you report to the city
I want to take off Friday
block the calendar for 3
No me mandaron el recibo
no me llamaron
Me puede cancelar la cita
Cancele mi cita del lunes
es muy alto
El precio es alto
Voy a parar en la tienda
puede dejar la caja en la puerta
deje el paquete en la puerta
no quiero la roja
Quiero más información
mi número es 423-555-0101
la lista de precios
Liked “Reply STOP to unsubscribe”
Loved "Text STOP to opt out"
Disliked “Please stop texting while driving”
👍 to “Reply STOP to opt out”
Don't. Text me
Please don't call, text me
Don't call me, text me instead
I do not want to text and drive
my phone quit working
I'm not interested in the red one, do you have blue?
Friends till the end
Please quote me for 3 windows
revoked license
Do I need an opt out form for school?
The message said to call
please send more texts
don't text and drive
don't want to cancel
I don't want to miss the text
I do not want the blue one
no stop at the corner
Can you stop the delivery until Monday?
Please stop at the front desk first
is there a stop near your office
I'm at the bus stop
Can we end the lease early
When does the sale end?
My contract ends in June, can I cancel?
Cancel that last order please
can you cancel my reservation for 2
sorry, have to cancel today
I'd like to cancel my membership
Quit asking silly questions haha
did he quit?
How do I remove the stain
Can you remove the old carpet too?
please remove item 3 from my order
Take the blue one off my invoice
take me off hold
can you take 10 off the price list
Leave it by the garage
My wife will text you
don't text my husband it's a surprise party
Text me at this number
Please contact me at my email
Contact my wife instead
Don't worry about it
Do not park in front
Don't call before 8
Please call me again tomorrow
No more than 5
no more pain since the visit!
no more room in the calendar?
I no longer need the appointment
I don't want to reschedule
I don't want the extended warranty
I don't need a reminder for tomorrow
My phone number changed
Wrong address on the invoice
You sent me the wrong invoice
wrong item was delivered
I had the wrong date
this isn't the right part
not interested in financing, cash only
I signed up for the class
I didn't sign up for the class yet
How do I sign up?
I subscribed last week
Start time is 9?
restart the router
Please report the leak to the landlord
is the road blocked
Block party on Saturday
the drain is blocked
I blocked off the afternoon
go away for the weekend
We'll be away
Will it go away?
I texted you the photos
text messages work best for me
Do you text or call?
Did you get my text
I got your messages thanks
Keep me on the list!
Add me to your list
How long is the waiting list
what's on the list
The list of parts is attached
Can I opt for paper bills
We revoked his access
end table delivery
week end
Don't send the truck yet
dont send it to my work address
please don't send the invoice to my wife
I can't text right now, driving
I'm driving right now - Sent automatically
stop payment on check 104
Need you to stop by before 5
who is this
new phone who dis
¿A qué hora cierran?
No puedo ir mañana
no me queda claro
Cancelar la cita de mañana
para el lunes por favor
Para mi esposo
quiero dejar un mensaje
mándeme un mensaje
No me ha llegado el mensaje
no recibí mensajes
baja el precio?
en la planta baja
pare en la esquina
Por favor llámame
no me llame, mejor texto
Le gustó “Responda ALTO para cancelar”
Removed a heart from “Reply STOP to opt out”
Reacted 😂 to “Please stop texting me lol”
Please start sending texts
Unstop the drain
what does STOP do
#1 choice
""".strip().splitlines()
