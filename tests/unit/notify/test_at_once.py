"""What may leave with the decision leaves at once; the timers are called for the rest, and for nothing else."""

from datetime import timedelta

from services.notify import at_once, retry
from services.notify.dossier import Dossier, Margins
from services.notify.feed import Outgoing
from tests.support.decisions import NOW, OPENS, a_decision, a_hold
from tests.unit.notify.test_plan_answers import heard


def going(dossier: Dossier) -> list[Outgoing]:
    """Let every planned notice of a dossier go."""
    return [Outgoing(n, {}, retry.receipt_by(n, NOW, Margins())) for n in dossier.notices]


def test_timers_rest_when_all_that_is_due_has_left() -> None:
    """An answer to jail and ICE, both gone with their decision."""
    dossier = heard(a_decision())
    assert not at_once.is_anything_left([(Dossier(), dossier)], going(dossier), NOW)


def test_timers_look_at_what_is_due_and_stays() -> None:
    """A notice whose instant has come and that did not leave must not wait for their next look."""
    dossier = heard(a_decision())
    assert at_once.is_anything_left([(Dossier(), dossier)], going(dossier)[1:], NOW)


def test_timers_look_at_a_window_whose_instant_has_come() -> None:
    """Whatever has left: a window that is to open by now is opened by them."""
    dossier = heard(a_hold())
    assert not at_once.is_anything_left([(Dossier(), dossier)], going(dossier), OPENS - timedelta(seconds=1))
    assert at_once.is_anything_left([(Dossier(), dossier)], going(dossier), OPENS)
