"""Patterns of wordings in Spanish, and a few in other languages, like `suspicious_phrases.WORDED`."""

_ACTS = r"(?:envia|manda|borra|elimina|reenvia|paga|transfiere|hazlo|haz|responde|comparte|cambia|cobra|contesta)"

TRANSLATED: dict[str, tuple[str, ...]] = {
    "instruccion": (
        r"instrucciones (?:para|al?) (?:el |la |tu )?(?:asistente|ia|bot|modelo|agente)|instrucciones del sistema",
    ),
    "eres": (
        (
            r"eres (?:ahora )?(?:un |una |el |la |mi )?(?:ia|inteligencia artificial|asistente|modelo de"
            r" lenguaje|bot|chatbot)\b"
        ),
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
    "reenvi": (
        r"reenvi(?:a|e|ar)(?:me)? (?:(?:esta|toda|todo|este|la|el|los|todos) )+(?:conversacion|hilo|chat|mensajes)",
    ),
    " sin ": (rf"\b{_ACTS}\b(?: \w+){{0,6}}? sin (?:preguntar|avisar|confirmar|confirmacion|permiso|pedir)",),
    "herramienta": (
        (
            r"(?:llama a|ejecuta|invoca) la herramienta|usa la herramienta (?:\w+ ){0,3}(?:para|y) (?:enviar"
            r"|borrar|mandar)"
        ),
    ),
    "todos": (
        r"(?:borr|elimin)(?:a|e|ar) (?:a )?todos (?:los |sus |tus )?(?:contactos|clientes|grupos|pagos|mensajes)",
    ),
    "todas": (r"(?:borr|elimin)(?:a|e|ar) todas (?:las |sus |tus )?conversaciones",),
    "指令": (r"(?:忽略|无视|忘记).{0,12}指令",),
    "anweisungen": (r"(?:ignoriere|vergiss) (?:alle )?(?:deine |die )?(?:vorherigen|bisherigen|obigen) anweisungen",),
    "precedentes": (
        r"(?:ignore[zr]?|oublie[zr]?) (?:toutes )?(?:les |tes |vos )?(?:instructions|consignes) precedentes",
    ),
    "anteriores": (r"(?:ignore|desconsidere|esqueca) (?:todas )?(?:as )?instrucoes anteriores",),
}
"""Each pattern stands under words that its matches always hold."""
