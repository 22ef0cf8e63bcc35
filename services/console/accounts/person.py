"""The person signed in, and what each role may do. Pure."""

from dataclasses import dataclass
from uuid import UUID

from shared.http.access import Role

#: Roles that people sign in with; jails, bureaus and ICE are machines and have keys.
PEOPLE = frozenset({Role.OPERATOR, Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR})
#: Who may be shown a person's data, with a reason that is kept.
REVEALS = frozenset({Role.OPERATOR, Role.REVIEWER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is signed in: an account, and the key that it acts with."""

    account_id: UUID
    name: str
    key_id: str
    role: Role
    #: The office a reviewer answers for.
    office: str | None
    #: Ties a form to this session.
    csrf: str
    #: The role demands a second factor and there is none yet: setting one up is all that may be done.
    must_set_up: bool = False

    @property
    def scope(self) -> dict[str, str]:
        """Give what row security must know of who asks."""
        return {"reach": "all"}

    @property
    def is_operating(self) -> bool:
        """Tell whether the person may do what operators do."""
        return self.role in {Role.OPERATOR, Role.ADMINISTRATOR}

    @property
    def is_reviewing(self) -> bool:
        """Tell whether the person answers reviews."""
        return self.role is Role.REVIEWER

    @property
    def may_reveal(self) -> bool:
        """Tell whether the person may be shown personal data, with a reason."""
        return self.role in REVEALS

    @property
    def title(self) -> str:
        """Say in words who it is: a role, and the office where it has one."""
        return f"{self.role.value.capitalize()}, {self.office}" if self.office else self.role.value.capitalize()
