"""Opens an account: which object is made of which."""

from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from textrequest_mcp.account.account import Account
from textrequest_mcp.account.approvers import ASKING, TOOL, Approvers, read_approvers
from textrequest_mcp.account.pictures import Pictures
from textrequest_mcp.account.scheduling import sees_to_it, tell_of_another_key
from textrequest_mcp.app import acts, kinds_of_acts
from textrequest_mcp.ground.store import Store
from textrequest_mcp.ground.succession import Holder, account_id_of
from textrequest_mcp.guard.approval.gate import Gate
from textrequest_mcp.guard.audit.writer import Audit
from textrequest_mcp.guard.once.carry_out import AtMostOnce
from textrequest_mcp.guard.once.later import Later
from textrequest_mcp.guard.once.ledger import Ledger
from textrequest_mcp.guard.once.ledger_rows import made_here
from textrequest_mcp.guard.once.lost_sends import LostSends, Pace
from textrequest_mcp.guard.once.mailings import Mailings
from textrequest_mcp.guard.provenance.memory import Memory
from textrequest_mcp.guard.rules.allowlist import Allowlist
from textrequest_mcp.guard.rules.caps import Caps
from textrequest_mcp.guard.rules.consent import Consent
from textrequest_mcp.guard.rules.hours import read_quiet_hours
from textrequest_mcp.guard.rules.in_force import Rules
from textrequest_mcp.guard.rules.line_times import LineTimes
from textrequest_mcp.guard.rules.person_facts import KnownPeople
from textrequest_mcp.guard.rules.policy import Policy
from textrequest_mcp.guard.rules.remaining import Limits
from textrequest_mcp.guard.rules.standing import Standing, read_standing
from textrequest_mcp.guard.rules.templates import open_templates
from textrequest_mcp.live.encryption import Cipher
from textrequest_mcp.live.hooks import Hooks
from textrequest_mcp.live.log import EventLog
from textrequest_mcp.live.opt_outs import hears
from textrequest_mcp.live.poll import Poller
from textrequest_mcp.live.subscriptions import Subscriptions
from textrequest_mcp.live.watch import Watch
from textrequest_mcp.settings.table import Settings, SettingsError
from textrequest_mcp.settings.team import desk_of_team, serves_team
from textrequest_mcp.upstream.api import Api
from textrequest_mcp.upstream.fetched import Fetcher
from textrequest_mcp.upstream.hidden import Hidden
from textrequest_mcp.upstream.limiter import Limiter
from textrequest_mcp.upstream.service_clock import ServiceClock

if TYPE_CHECKING:
    import httpx2

SANDBOX_FILE = "sandbox.sqlite3"


@asynccontextmanager
async def open_account(
    settings: Settings,
    *,
    transport: "httpx2.AsyncBaseTransport | None" = None,
    clock: Callable[[], float] | None = None,
    pace: Pace | None = None,
) -> AsyncGenerator[tuple[Account, Store]]:
    """The account that the settings name, and the store behind it; both closed at the end.

    Args:
        settings: with `sandbox`, the account is a pretend one inside this process, kept where a state folder is named.
        transport: what carries the requests instead of the network; for tests.
        clock: this machine's, in seconds since 1970; for tests.
        pace: how long sends whose answer was lost are looked for; for tests.
    """
    now = ServiceClock() if clock is None else ServiceClock(clock, steady=clock)
    pretend = _sandbox(settings) if settings.sandbox and transport is None else None
    key = settings.api_key if pretend is None else pretend.key
    transport = transport if pretend is None else pretend.transport
    store = Store.open(*settings.state, wall_clock=now)
    store.trust(now.confirmed)
    account_id = account_id_of(settings.base_url, key)
    calls, seconds = settings.rate_limit
    limiter = Limiter(store, account_id, calls=calls, per_seconds=seconds)
    before = tuple(filter(None, [settings.previous_api_key]))
    for each in before:
        store.succeed(Holder(account_id_of(settings.base_url, each), Cipher(each)), Holder(account_id, Cipher(key)))
    async with Api(settings.base_url, key, limiter, secrets=before, transport=transport, clock=now) as api:
        account = _make(settings, store, api, account_id, now, pace)
        account.also = (*account.also, store.listen)
        if pretend is not None:
            account.also = (*account.also, pretend.run)
            account.routes = pretend.routes
        try:
            yield account, store
        finally:
            await account.audit.write_owed()
            store.close()
            if pretend is not None:
                pretend.close()


def _make(settings: Settings, store: Store, api: Api, account_id: str, now: ServiceClock, pace: Pace | None) -> Account:
    audit = _audit(settings, store, account_id, now)
    window = settings.duplicate_minutes * 60.0
    ledger = Ledger(store, account_id, window_seconds=window, clock=now, service=now, witness=audit.follow)
    times = LineTimes(clock=now)
    seal = Cipher(api.key)
    later = Later.over(store, account_id, seal, now, settings)
    at_most_once = replace(_once(settings, store, ledger, account_id, times, pace), later=later)
    memory_of = cache(partial(Memory, store, account_id, seal, made=made_here, clock=now))
    rules = rules_of(settings)
    wishes = Standing(store, account_id, rules.standing, clock=now)
    consent = Consent(store, account_id, clock=now)
    policy = Policy(rules, consent, memory_of, KnownPeople(), standing=wishes, times=times, clock=now)
    api.hidden = Hidden(approvers := approvers_of(settings))
    live = _watch(settings, store, api, account_id, ledger, now)
    gate = Gate(
        store,
        account_id,
        fallback=settings.confirm_fallback,
        always_desk=settings.confirm_via == "page" or settings.four_eyes,
        with_passkey=settings.approve_with == "passkey",
        clock=now,
        of_team=serves_team(settings),
    )
    account = Account(
        api,
        gate,
        at_most_once,
        policy,
        audit,
        live,
        Subscriptions(live),
        default=settings.dashboard_id,
        time_zone=settings.time_zone,
        resource_links=settings.resource_links,
        pictures=Pictures(settings.pictures, Fetcher()),
    )
    ways = {name: spec.once for name, spec in acts().items() if spec.once is not None}
    at_most_once.lost_sends.goes_by(account, ways | {TOOL: ASKING})
    sees_to_texts = sees_to_it(account, later, acts(), now.make_sure, settings)
    account.also = (sees_to_texts, partial(tell_of_another_key, account, later))
    if approvers:
        gate.by_text = Approvers(account, sorted(approvers), gate.desk.approvals, desk=desk_of_team(settings))
    return account


def _once(
    settings: Settings, store: Store, ledger: Ledger, account_id: str, times: LineTimes, pace: Pace | None
) -> AtMostOnce:
    """What keeps every act from happening twice."""
    return AtMostOnce(
        ledger,
        LostSends(ledger, pace=pace),
        Mailings(store, account_id, clock=ledger.clock),
        tagged=settings.tag_sends,
        caps=Caps(store, account_id, limits_of(settings), clock=ledger.clock, times=times),
        keeps_bodies=settings.audit_bodies,
        times=times,
    )


def _audit(settings: Settings, store: Store, account_id: str, now: ServiceClock) -> Audit:
    return Audit(
        store,
        account_id,
        keep_days=settings.audit_days,
        with_bodies=settings.audit_bodies,
        kinds=kinds_of_acts(),
        clock=now,
        is_sure=lambda: now.is_sure,
    )


def _watch(settings: Settings, store: Store, api: Api, account_id: str, ledger: Ledger, now: ServiceClock) -> Watch:
    heard = hears(account_id if settings.consent else None, now)
    log = EventLog(store, account_id, Cipher(api.key), keep_days=settings.event_days, witness=heard, clock=now)
    poller = Poller(api, log, store, account_id, rate_limit=settings.rate_limit, ledger=ledger, clock=now)
    return Watch(log, poller, status_address=_status_address(settings, api), hidden=api.hidden.numbers)


def _status_address(settings: Settings, api: Api) -> Callable[[int], str] | None:
    """Gives the address at which the service tells the delivery of a line's texts; None if it cannot reach us."""
    if settings.public_url is None or settings.transport == "stdio":
        return None
    return Hooks(api, settings.public_url, token=settings.webhook_token).status_address


def limits_of(settings: Settings) -> Limits:
    """The caps that the settings name."""
    return Limits(**{name: getattr(settings, name) for name in Limits.__dataclass_fields__})


def rules_of(settings: Settings) -> Rules:
    """The rules that the settings name.

    Raises:
        ValueError: one of them makes no sense; the sentence says which.
    """
    return Rules(
        consent=settings.consent,
        quiet_hours=None if settings.quiet_hours == "off" else read_quiet_hours(settings.quiet_hours),
        only_to=Allowlist(settings.only_to),
        provenance=settings.provenance,
        visible_only=settings.visible_only,
        if_unanswered=settings.if_unanswered,
        callback_hosts=settings.callback_hosts,
        standing=read_standing(settings.standing),
        templates=open_templates(settings.templates, only=settings.only_templates),
    )


def approvers_of(settings: Settings) -> frozenset[str]:
    """The numbers of the people who are asked by text, in E.164; raises `ValueError` for what makes no sense."""
    numbers = read_approvers(settings.approvers)
    if settings.confirm_fallback == "text" and not numbers:
        raise ValueError("TEXTREQUEST_CONFIRM_FALLBACK is text, and TEXTREQUEST_APPROVERS names nobody to ask.")
    return numbers


class Pretend(NamedTuple):
    """A pretend account in this process; of it only its webhooks touch the network, and only this machine's."""

    key: str
    transport: "httpx2.AsyncBaseTransport"
    run: Callable[[], Coroutine[Any, Any, None]]
    routes: Sequence[Any]
    close: Callable[[], None]


def _sandbox(settings: Settings) -> Pretend:
    """A new pretend account, or the one that the state folder keeps.

    Raises:
        SettingsError: the kept one cannot be used.
    """
    import httpx2

    from textrequest_mcp.sandbox import Courier, Refusal, create_app, make_key, play_routes

    kept = None
    if settings.state_dir is not None:
        from textrequest_mcp.sandbox.kept import KeptAccount

        try:
            kept = KeptAccount(settings.state_dir / SANDBOX_FILE, anew=settings.sandbox_reset)
        except Refusal as refusal:
            raise SettingsError([refusal.message]) from None
    key = make_key() if kept is None else kept.key
    app = create_app(key=key, account=kept)
    pretend: Any = app.state.account
    return Pretend(key, httpx2.ASGITransport(app=app), Courier(pretend, key).run, play_routes(pretend), pretend.close)
