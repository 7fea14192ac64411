"""The actions' keys of a console screen: which can be done to what is chosen, and why not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from console.domain.action_table import BY_NAME
from console.domain.language import N_, _
from console.domain.listed import all_of
from console.tui import keymap
from console.tui.allowed import forbidden
from console.tui.messages import Said
from console.tui.widgets.footer import Keys
from console.tui.words import member_id, short_id

if TYPE_CHECKING:
    from console.domain.order import Order
    from console.domain.rules import Offer
    from console.store.decisions import Intent
    from console.tui.app import PayConsole
    from console.tui.screens.console import ConsoleScreen

# What an action is done to, where nothing that is shown takes it: by the kind of object.
_TAKES: Final = {
    "charge": N_("It is for a charge: choose one first."),
    "charge_permission": N_("It is for a charge permission: choose one first."),
    "checkout_session": N_("It is for a checkout session: paste its id, a UUID that the shop has."),
}


class Acting:
    """Offers the actions in the footer, and begins the one whose key was pressed."""

    def __init__(self, screen: ConsoleScreen) -> None:
        self._screen = screen
        self._refusal: Said | None = None
        self._went_to: str | None = None  # the row that a refusal has chosen

    def offer(self) -> None:
        """Show in the footer what can be done to what is chosen now."""
        screen = self._screen
        best = screen.order_pane.offers()
        read_only = screen.work is not None and screen.work.policy.read_only
        offers = {name: self._by_policy(can) for name, can in best.items()}
        screen.query_one(Keys).offer(offers, read_only=read_only)

    def act(self, name: str) -> None:
        """An action's key: do it, or say why not."""
        self._went_to = None
        screen, title = self._screen, _(BY_NAME[name].title)
        order, offers = screen.order, self._meant(name)
        allowed = [can for can in offers if can.allowed]
        if screen.is_awaiting:
            self.refuse(not_yet(title))
        elif screen.is_old and screen.order_pane.display:
            self.refuse(_not_read_yet(title))
        elif not offers or order is None:
            action = BY_NAME[name]
            where = _("Look an order up first.") if order is None else _(_TAKES[action.target])
            self.refuse(Said(_("{action}: not here", action=title), where, _(action.tooltip)))
        elif len(allowed) > 1:
            self._ask_which(order, title, allowed)
        elif allowed:
            screen.begin(order, allowed[0])
        elif (half := self._half_done(name)) is not None:
            from console.domain.rules import offer

            screen.begin(order, offer(order, name, screen.order_pane.chosen or ""), half)
        else:
            self.refuse(self._why_not(title, order, offers[0]))

    def refuse(self, said: Said) -> None:
        """Say why not. What was typed behind the key was meant for what has not opened."""
        self._refusal = said
        self._screen.say(said)
        cast("PayConsole", self._screen.app).keyboard.refuse()

    def read(self) -> None:
        """The order was read: `not yet` holds no longer."""
        if self._refusal is not None and self._refusal.tone == "waiting":
            self._take_back()

    def moved(self) -> None:
        """Another row is chosen: what said that one is chosen holds no longer."""
        if self._went_to is not None and self._screen.order_pane.chosen != self._went_to:
            self._take_back()

    def _take_back(self) -> None:
        if self._screen.notice.said is self._refusal:
            self._screen.notice.clear()
        self._refusal = self._went_to = None

    def _why_not(self, title: str, order: Order, can: Offer) -> Said:
        object = member_id(can.target)
        said = _("{action} is not possible: {object}", action=title, object=object)
        return Said(said, can.why, self._where_else(order, can), "warning")

    def _where_else(self, order: Order, can: Offer) -> str:
        """Where else in this order it is possible: that row may have been meant, and where it is
        the only one, it is chosen.
        """
        from console.domain.rules import offers

        others = [
            other.target
            for other in offers(order)
            if other.action == can.action and other.target != can.target
            if self._by_policy(other).allowed
        ]
        if not others:
            return ""
        objects = all_of([short_id(other) for other in others])
        if len(others) == 1 and self._screen.order_pane.rows.go(others[0]):
            self._went_to = others[0]
            return _(
                "It is possible for {object}, which is chosen now: press {key} again.",
                object=objects,
                key=keymap.written(f"action.{can.action}"),
            )
        return _("It is possible for {objects}: choose that row first.", objects=objects)

    def _meant(self, name: str) -> list[Offer]:
        """The offers of one action for what is chosen, as far as the profile's policy goes."""
        pane = self._screen.order_pane
        found = pane.all_offers().get(name, []) if pane.display else []
        found = sorted(found, key=lambda can: not can.allowed)  # that one says best why not
        return [self._by_policy(can) for can in found]

    def _by_policy(self, can: Offer) -> Offer:
        """The offer, not allowed where the policy forbids the action whatever is given for it."""
        work, order = self._screen.work, self._screen.order
        if work is None or order is None or not can.allowed:
            return can
        against = forbidden(work.policy, order, can.action)
        return can if against is None else replace(can, allowed=False, why=against)

    def _half_done(self, name: str) -> Intent | None:
        """The renewal that `extend` can still finish for the chosen charge."""
        screen = self._screen
        links = ((first, first.link or {}) for first in screen.standing.half_done)
        chosen = screen.order_pane.chosen
        mine = (first for first, link in links if link.get("renews") == chosen)
        return next(mine, None) if name == "extend" else None

    def _ask_which(self, order: Order, title: str, allowed: list[Offer]) -> None:
        """Both the charge and its order take this: which is meant?"""
        from console.tui.screens.choose import ChooseScreen

        by_target = {can.target: can for can in allowed}

        def chosen(target: str | None) -> None:
            if target is not None:
                self._screen.begin(order, by_target[target])

        choices = [(can.target, f"{can.target}  {can.why}") for can in allowed]
        which = _("{action}: which one?", action=title)
        self._screen.app.push_screen(ChooseScreen(which, choices), chosen)


def not_yet(title: str) -> Said:
    """What was asked for is meant, which is not here yet, and not what stands here still."""
    said = _("What you asked for is still being looked up.")
    return Said(_("{action}: not yet", action=title), said, tone="waiting")


def _not_read_yet(title: str) -> Said:
    return Said(
        _("{action}: not yet", action=title),
        _("This is the order as it was seen before. Amazon is being asked."),
        _("Wait until Amazon has answered; {key} asks again.", key=keymap.written("general.again")),
        "waiting",
    )
