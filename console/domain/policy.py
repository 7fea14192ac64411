"""What a profile lets its operators do.

A policy guards against mistakes: a slip of the finger, a wrong account, a bad file of rows. It
does not guard against somebody who holds the key: Amazon does not know of it, and whoever may
edit the settings can lift it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Final, NamedTuple

from console.domain.language import N_, _, together
from console.domain.listed import all_of, one_of
from console.domain.money import Money

# The tables of limits by their keys in the settings, with what each one says.
LIMITS: Final = {
    "max_per_action": N_("at most {most} in one action; other currencies are held back"),
    "max_per_day": N_(
        "at most {most} per day (UTC) and kind of action, for everybody on this journal together;"
        " other currencies are held back"
    ),
    "max_per_operator_and_day": N_(
        "at most {most} per day (UTC) and kind of action, for each operator; other currencies are"
        " held back"
    ),
}
# What a day's limit says where it is reached.
_REACHED: Final = {
    "max_per_day": N_(
        "This profile allows {action} up to {most} per day for everybody on this journal together;"
        " {taken} are taken today, and this is {amount}."
    ),
    "max_per_operator_and_day": N_(
        "This profile allows {action} up to {most} per day for each operator; {taken} are taken"
        " today, and this is {amount}."
    ),
}


class Asked(NamedTuple):
    """What is to be done, as far as a policy looks at it.

    `action` is the name in the table of actions; `amount` what it moves or reserves, None where
    it does neither; `above_captured` whether it refunds more than was captured.
    """

    action: str
    amount: Money | None
    reason: str = ""
    ticket: str = ""
    above_captured: bool = False


@dataclass(frozen=True)
class Policy:
    """What is allowed; the default allows everything.

    `actions` None allows all. A table of limits goes by currency: the limit itself is allowed, a
    currency that a given table does not name is held back, and an empty table is none.
    `cooling_seconds` is how long a confirmed action waits before it is sent. `where` is the place
    that people edit, for the sentences.
    """

    read_only: bool = False
    actions: frozenset[str] | None = None
    max_per_action: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    max_per_day: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    max_per_operator_and_day: Mapping[str, Decimal] = field(default_factory=dict, hash=False)
    require_reason: bool = False
    require_ticket: bool = False
    above_captured: bool = True
    cooling_seconds: int = 0
    where: str = field(default="[profiles.NAME.policy] in settings.toml", compare=False)

    @property
    def limits(self) -> dict[str, Mapping[str, Decimal]]:
        """The tables of limits that are given, by their keys."""
        tables = {
            "max_per_action": self.max_per_action,
            "max_per_day": self.max_per_day,
            "max_per_operator_and_day": self.max_per_operator_and_day,
        }
        return {key: table for key, table in tables.items() if table}

    @property
    def has_daily(self) -> bool:
        """Whether the day's sums matter."""
        return bool(self.max_per_day or self.max_per_operator_and_day)

    def against(self, asked: Asked) -> str | None:
        """What stands against `asked` and what to do instead; None where nothing does.

        The day's sums are not looked at: see `against_sums`.
        """
        return next(self._objections(asked), None)

    def against_sums(self, asked: Asked, today: Money, by_operator: Money) -> str | None:
        """What the day's limits hold against `asked`; None where nothing does.

        `today` is what this kind of action has taken since 00:00 UTC, by everybody on this
        journal, accepted or still open, without `asked` itself; `by_operator` this operator's
        part of it. Raises ValueError where the currencies differ.
        """
        found = chain(self._not_bounded(asked), self._too_much_today(asked, today, by_operator))
        return next(found, None)

    def against_sending(self) -> str | None:
        """What stands against sending anything, also what was let through earlier."""
        if not self.read_only:
            return None
        said = _("This profile is read-only: it looks orders up and sends nothing.")
        return self._held("read_only", said, _("Use a profile that may act."))

    def _objections(self, asked: Asked) -> Iterator[str]:
        if (said := self.against_sending()) is not None:
            yield said
        if self.actions is not None and asked.action not in self.actions:
            said = (
                _(
                    "This profile allows {actions}, not {action}.",
                    actions=self._allowed,
                    action=asked.action,
                )
                if self.actions
                else _("This profile allows nothing, not {action}.", action=asked.action)
            )
            yield self._held("actions", said, _("Use a profile that allows it."))
        if self.require_reason and _is_blank(asked.reason):
            said = _("This profile asks for a reason with every action.")
            yield self._held("require_reason", said, _("Say why in the reason, and try again."))
        if self.require_ticket and _is_blank(asked.ticket):
            said = _("This profile asks for a ticket with every action.")
            yield self._held("require_ticket", said, _("Give the ticket's number, and try again."))
        if asked.above_captured and not self.above_captured:
            said = _("This profile allows no refund of more than was captured.")
            instead = _("Refund at most what was captured and is not refunded yet.")
            yield self._held("above_captured", said, instead)
        yield from self._not_bounded(asked)
        yield from self._too_much(asked)

    def _not_bounded(self, asked: Asked) -> Iterator[str]:
        """What can't be compared with a table of limits that is given."""
        for key, table in self.limits.items():
            if asked.amount is None:
                if _moves_money(asked.action):
                    said = _(
                        "This profile has limits, and the amount of {action} is open.",
                        action=asked.action,
                    )
                    yield self._held(key, said, _("Give the amount."))
            elif asked.amount.currency not in table:
                other, named = asked.amount.currency, all_of(sorted(table))
                said = _(
                    "This profile has limits in {named} and none in {other}, so this is held back.",
                    named=named,
                    other=other,
                )
                instead = _("Use a profile with a limit in {currency}.", currency=other)
                yield self._held(key, said, instead)

    def _too_much(self, asked: Asked) -> Iterator[str]:
        most = _limit(self.max_per_action, asked)
        if most is not None and asked.amount is not None and asked.amount > most:
            said = _(
                "This profile allows at most {most} in one action; this is {amount}.",
                most=most,
                amount=asked.amount,
            )
            instead = _("Ask for {most} or less, or use a profile that allows more.", most=most)
            yield self._held("max_per_action", said, instead)

    def _too_much_today(self, asked: Asked, today: Money, by_operator: Money) -> Iterator[str]:
        rows = (
            ("max_per_day", self.max_per_day, today),
            ("max_per_operator_and_day", self.max_per_operator_and_day, by_operator),
        )
        for key, table, so_far in rows:
            most = _limit(table, asked)
            if most is None or asked.amount is None or so_far + asked.amount <= most:
                continue
            said = _(
                _REACHED[key], action=asked.action, most=most, taken=so_far, amount=asked.amount
            )
            left = most - so_far
            instead = (
                _(
                    "Ask for {left} or less, or wait until the next day begins at 00:00 UTC.",
                    left=left,
                )
                if left.is_positive
                else _("Wait until the next day begins at 00:00 UTC.")
            )
            yield self._held(key, said, instead)

    def _held(self, key: str, said: str, instead: str) -> str:
        source = _(
            "So says `{key}` under {where}; whoever may edit that file can change it.",
            key=key,
            where=self.where,
        )
        return together(said, source, instead)

    @property
    def _allowed(self) -> str:
        return all_of(sorted(self.actions or ()))

    def words(self) -> tuple[str, ...]:
        """The policy in plain words, a line for each thing that it asks; none by default."""
        return tuple(self._words())

    def _words(self) -> Iterator[str]:
        if self.read_only:
            yield _("read-only: nothing is sent")
        if self.actions is not None:
            yield _("allowed: {actions}", actions=self._allowed or _("nothing"))
        for key, table in self.limits.items():
            yield _(LIMITS[key], most=one_of([str(Money(table[c], c)) for c in sorted(table)]))
        if self.require_reason:
            yield _("a reason is required")
        if self.require_ticket:
            yield _("a ticket is required")
        if not self.above_captured:
            yield _("no refund above what was captured")
        if self.cooling_seconds:
            yield _(
                "{seconds} s before sending, in which Esc still stops everything",
                seconds=self.cooling_seconds,
            )


def action_names() -> tuple[str, ...]:
    """The names that `actions` can hold, in the order of the table of actions."""
    from console.domain.action_table import BY_NAME  # late: most profiles have no policy

    return tuple(BY_NAME)


def _moves_money(action: str) -> bool:
    """An action that the table doesn't know may move money."""
    from console.domain.action_table import BY_NAME  # late, as above

    return action not in BY_NAME or BY_NAME[action].moves_money


def _limit(table: Mapping[str, Decimal], asked: Asked) -> Money | None:
    currency = asked.amount.currency if asked.amount else ""
    return Money(table[currency], currency) if currency in table else None


def _is_blank(text: str) -> bool:
    """Whether nothing can be seen of `text`: blanks and invisible characters say nothing."""
    return not any(char.isprintable() and not char.isspace() for char in text)
