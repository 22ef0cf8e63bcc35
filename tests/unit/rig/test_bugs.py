"""The known bugs can be planted: none of them rots unseen when the product's text changes."""

from pathlib import Path

import pytest

import shared
from rig.bugs import BUGS, Bug
from rig.plant import planted

_ROOT = Path(shared.__file__).parent.parent


def test_there_are_enough_of_them_each_with_its_name() -> None:
    """At least thirty, none twice."""
    assert len(BUGS) >= 30
    assert len({bug.name for bug in BUGS}) == len(BUGS)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_bug_fits_the_text_it_is_planted_in(bug: Bug) -> None:
    """Its text is there once, what it becomes compiles, and the tests that should find it exist."""
    path = _ROOT / f"{bug.module.replace('.', '/')}.py"
    compile(planted(path.read_text(), bug), str(path), "exec")
    assert (bug.level in ("laws", "suite")) == bool(bug.where)
    assert all((_ROOT / where).exists() for where in bug.where.split())


def test_a_text_that_is_gone_is_said() -> None:
    """A bug that no longer fits stops the matrix instead of counting as found."""
    with pytest.raises(ValueError, match="mend the plant"):
        planted("nothing of the kind", BUGS[0])
