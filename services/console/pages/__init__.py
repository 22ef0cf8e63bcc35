"""The console's pages: one file for each, rendered on the server, whole without a script."""

from services.console.pages import account, case, cases, facilities, overview, review, reviews, rulebook, sign_in

ROUTERS = (
    sign_in.router,
    overview.router,
    cases.router,
    case.router,
    reviews.router,
    review.router,
    rulebook.router,
    facilities.router,
    account.router,
)
