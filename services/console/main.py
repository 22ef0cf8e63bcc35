"""Put the console's parts together and let them run."""

from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

from services.console.accounts.codes import Sealer
from services.console.accounts.door import Door, Rules
from services.console.accounts.factors import Factors
from services.console.accounts.issuer import Issuer
from services.console.acting import Services
from services.console.app import make_app
from services.console.assets import Assets
from services.console.explain import Explainer
from services.console.figures import Figures
from services.console.heartbeat import Heartbeat
from services.console.lag.sampler import Sampler
from services.console.live import Live
from services.console.messages.browse import Logs
from services.console.pages.rulebook import Site
from services.console.queries.persons import Revealer
from services.console.render import Pages
from services.console.settings import Settings
from services.console.words_of import EVERYWHERE
from services.decision.policy.load import load_rulebook
from shared.db.engine import make_engine
from shared.db.listen import Wake, clock_calls
from shared.db.session import Sessions, open_clock
from shared.http.access import Keys
from shared.http.tokens import SigningKey
from shared.runtime.clock import ClockSetting
from shared.runtime.health import Progress
from shared.runtime.ids import UuidV7
from shared.runtime.serve import listen, serve

#: Keys are for Prometheus alone here: people have sessions.
_SCRAPES_PER_MINUTE = 600


async def run(settings: Settings) -> None:
    """Show the pages until told to stop."""
    url, name = settings.database_url.get_secret_value(), f"console-{settings.instance}"
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(clock_calls(url, name, Wake()))
        engine = make_engine(url, name=name)
        clock = await open_clock(engine, ClockSetting.parse(settings.clock))
        pages_engine = make_engine(settings.api_database_url.get_secret_value(), name=f"{name}-pages", pool_size=10)
        sessions, requests = Sessions(engine, clock), Sessions(pages_engine, clock)
        stack.push_async_callback(sessions.close)
        stack.push_async_callback(requests.close)
        urls = {"intake": settings.intake_url, "decision": settings.decision_url, "notify": settings.notify_url}
        key = SigningKey.of(settings.console_signing_key.get_secret_value())
        services = await stack.enter_async_context(Services({**urls, "watchdog": settings.watchdog_url}, key))
        issuer = _issuer(settings)
        if issuer is not None:
            stack.push_async_callback(issuer.close)
        rulebook = load_rulebook()
        progress, assets, heartbeat = Progress(), Assets(), Heartbeat(urls)
        sampler = Sampler(settings.kafka, sessions)
        logs = Logs(settings.kafka)
        stack.push_async_callback(logs.close)
        figures = Figures(requests, sessions, sampler)
        app = make_app(
            settings.console_url,
            clock=clock,
            sessions=sessions,
            requests=requests,
            progress=progress,
            door=Door(sessions, UuidV7(), _rules(settings), _factors(settings, sessions)),
            live=Live(clock, progress),
            heartbeat=heartbeat,
            services=services,
            explainer=Explainer(rulebook),
            rulebook=Site(rulebook),
            revealer=Revealer(sessions, UuidV7()),
            assets=assets,
            pages=Pages.load(assets, banner=settings.console_banner, **EVERYWHERE),
            issuer=issuer,
            keys=Keys(requests, _SCRAPES_PER_MINUTE, "console"),
            figures=figures,
            sampler=sampler,
            logs=logs,
        )
        await serve(
            progress,
            heartbeat.run(progress),
            sampler.run(progress),
            figures.run(progress),
            listen(app, host=settings.host, port=settings.port, progress=progress),
        )


def _issuer(settings: Settings) -> Issuer | None:
    """Give the organisation's sign-in, where one is set."""
    if not settings.oidc_issuer:
        return None
    file = settings.oidc_credential_file
    credential = Path(file).read_text(encoding="utf-8").strip() if file else None
    back = f"{settings.console_url.rstrip('/')}/sign-in/back"
    return Issuer(settings.oidc_issuer, settings.oidc_client_id, credential, back, None)


def _factors(settings: Settings, sessions: Sessions) -> Factors:
    key = settings.second_factor_key.get_secret_value()
    return Factors(sessions, Sealer.of(key) if key else None, settings.second_factor_roles)


def _rules(settings: Settings) -> Rules:
    return Rules(
        idle=timedelta(minutes=settings.session_idle_minutes),
        longest=timedelta(hours=settings.session_hours),
        tries=settings.sign_in_tries,
        within=timedelta(minutes=settings.sign_in_minutes),
    )
