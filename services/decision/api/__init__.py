"""Decision over HTTP: the review queue, the cases, the rulebook."""

from services.decision.api import cases, policies, reviews

ROUTERS = (reviews.router, cases.router, policies.router)
