"""The parts of the desk's pages that speak with a passkey: the only scripts there are."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from html import escape

from textrequest_mcp.ground.quoting import one_line
from textrequest_mcp.guard.approval.look import document
from textrequest_mcp.guard.approval.passkeys import Passkeys
from textrequest_mcp.guard.approval.webauthn import ES256, RP_ID, RS256, Passkey, decoded, encoded, new_key

_LONGEST_NAME = 60
_COMMON = """
const bytes = text => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), c => c.charCodeAt(0));
const text = raw => btoa(String.fromCharCode(...new Uint8Array(raw)))
  .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
const signed = async challenge => {
  const allowed = keys.map(id => ({type: 'public-key', id: bytes(id)}));
  const made = await navigator.credentials.get({publicKey:
    {challenge, rpId: site, userVerification: 'required', allowCredentials: allowed, timeout: 120000}});
  const said = made.response;
  return {credential: made.id, client_data: text(said.clientDataJSON),
    authenticator_data: text(said.authenticatorData), signature: text(said.signature)};
};
const send = (form, fields) => {
  for (const [name, value] of Object.entries(fields)) {
    const field = document.createElement('input');
    Object.assign(field, {type: 'hidden', name, value});
    form.append(field);
  }
  HTMLFormElement.prototype.submit.call(form);
};
const on = (form, act) => {
  const button = form.querySelector('button[data-passkey]'), alert = form.querySelector('[role=alert]');
  button.disabled = false;
  button.addEventListener('click', async () => {
    alert.textContent = 'Waiting for your passkey…';
    try { send(form, await act(form)); } catch (error) { alert.textContent = `No passkey was used (${error.name}).`; }
  });
};
"""
_AGREES = """
const challengeOf = async form => {
  if (form.dataset.challenge) return bytes(form.dataset.challenge);
  const picked = [...form.querySelectorAll('input[name=pick]:checked')].map(box => bytes(box.dataset.challenge));
  if (picked.length === 1) return picked[0];
  return new Uint8Array(await crypto.subtle.digest('SHA-256', await new Blob(picked).arrayBuffer()));
};
for (const form of document.querySelectorAll('form[data-challenge]'))
  on(form, async () => ({answer: 'yes', ...await signed(await challengeOf(form))}));
"""
_ENROLS = """
on(document.querySelector('form[data-challenge]'), async form => {
  const challenge = bytes(form.dataset.challenge), kinds = kindsOfKeys.map(alg => ({type: 'public-key', alg}));
  const made = await navigator.credentials.create({publicKey: {challenge, rp: {id: site, name: 'Text Request desk'},
    user: {id: crypto.getRandomValues(new Uint8Array(16)), name: 'desk', displayName: 'The person at this desk'},
    pubKeyCredParams: kinds, excludeCredentials: keys.map(id => ({type: 'public-key', id: bytes(id)})),
    authenticatorSelection: {userVerification: 'required'}, attestation: 'none', timeout: 120000}});
  const said = made.response, key = said.getPublicKey();
  const fields = {credential: made.id, public_key: text(key), algorithm: said.getPublicKeyAlgorithm(),
    client_data: text(said.clientDataJSON), authenticator_data: text(said.getAuthenticatorData())};
  if (!keys.length) return fields;
  const whole = new Uint8Array([...challenge, ...new Uint8Array(key)]);
  const by = await signed(new Uint8Array(await crypto.subtle.digest('SHA-256', whole)));
  return {...fields, ...Object.fromEntries(Object.entries(by).map(([name, value]) => ['by_' + name, value]))};
});
"""
BUTTON = (
    '<button type="button" class="yes" data-passkey disabled>{label}</button>'
    '<p role="alert" class="soft"></p><noscript><p class="soft">A passkey needs scripts in this window.</p></noscript>'
)


def agreeing(keys: Sequence[Passkey]) -> str:
    """The script of a page with questions that want a passkey."""
    return _known(keys) + _COMMON + _AGREES


def _known(keys: Sequence[Passkey]) -> str:
    ids = json.dumps([key.id for key in keys])  # base64url: nothing in it ends a script
    return f"'use strict'; const keys = {ids}, site = '{RP_ID}', kindsOfKeys = [{ES256}, {RS256}];"


class Enrolment:
    """Adds one passkey: the first one freely, another one with a signature of one that is there.

    Args:
        passkeys: where it is kept.

    Attributes:
        added: the new key, once it is kept.
    """

    def __init__(self, passkeys: Passkeys) -> None:
        self._passkeys = passkeys
        self._challenge = secrets.token_bytes(32)
        self.added: Passkey | None = None

    async def page(self, nonce: str, value: str, note: str | None) -> str:
        """The page; `value` is what its form must bring, `note` what became of the last try."""
        keys = await self._passkeys.all()
        said = f'<p class="note" role="status">{escape(note)}</p>' if note else ""
        if self.added is not None:
            return document(
                "Passkey added", f"{said}<h1>Your passkey is added</h1><p>You can close this window.", nonce
            )
        known = f" You will also be asked for one of the {len(keys)} that are there." if keys else ""
        body = (
            f"{said}<h1>Add a passkey</h1><p>With it you agree at the desk: your finger, your face or your key's PIN "
            f"says that it is you.{known}</p>"
            f'<article><form method="post" action="/a/passkey" data-challenge="{encoded(self._challenge)}">'
            f'<input type="hidden" name="value" value="{value}">'
            '<label>A name for it, such as the machine it is on<input type="text" name="name" maxlength="60"></label>'
            f"{BUTTON.format(label='Make a passkey')}</form></article>"
        )
        return document("Add a passkey", body, nonce, script=_known(keys) + _COMMON + _ENROLS)

    async def add(self, given: Mapping[str, str], origin: str) -> str:
        """Keep the key that a browser made; a sentence about it.

        Raises:
            BadInput: it is no good key, or no key that is there agreed to it.
            StoreError: the store cannot be used.
        """
        keys = await self._passkeys.all()
        name = one_line(given.get("name"), _LONGEST_NAME) or "passkey"
        key = new_key(given, name, self._challenge, origin)
        if keys:
            by = {field.removeprefix("by_"): value for field, value in given.items() if field.startswith("by_")}
            challenge = hashlib.sha256(self._challenge + decoded(given.get("public_key", ""))).digest()
            await self._passkeys.check(by, challenge, origin)
        await self._passkeys.add(key, beside=len(keys))
        self.added = key
        return f"The passkey {name} is added."
