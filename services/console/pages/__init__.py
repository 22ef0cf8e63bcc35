"""The console's pages: one file for each, rendered on the server, whole without a script."""

from services.console.pages import (
    account,
    alarms,
    case,
    cases,
    deliveries,
    facilities,
    overview,
    parked,
    review,
    reviews,
    rulebook,
    second_factor,
    sign_in,
    topic,
    topics,
    waiting,
)

ROUTERS = (
    sign_in.router,
    overview.router,
    cases.router,
    case.router,
    reviews.router,
    review.router,
    rulebook.router,
    facilities.router,
    topics.router,
    topic.router,
    parked.router,
    waiting.router,
    alarms.router,
    deliveries.router,
    account.router,
    second_factor.router,
)
