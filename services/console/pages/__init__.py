"""The console's pages: one file for each, rendered on the server, whole without a script."""

from services.console.pages import account, case, cases, overview, review, reviews, sign_in

ROUTERS = (sign_in.router, overview.router, cases.router, case.router, reviews.router, review.router, account.router)
