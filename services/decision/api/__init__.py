"""Decision over HTTP: the review queue, the cases, the rulebook."""

from services.decision.api import answering, cases, claims, delegations, policies, reviews

# The delegations' path would else be read as a review's id.
ROUTERS = (delegations.router, reviews.router, claims.router, answering.router, cases.router, policies.router)
