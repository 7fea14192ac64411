"""The part of the console that shows what is behind an order, and fills the index."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from console.clipboard import copy
from console.domain.language import N_, _
from console.tui import messages
from console.tui.messages import Said
from console.tui.screens.news import NewsScreen

if TYPE_CHECKING:
    from console.amazon.client import AmazonPay, RequestRecord
    from console.tui.screens.copying import Copy

_LOOK_FIRST: Final = N_("Look an order up first.")


class ToolsScreen(NewsScreen):
    """Opens the screens for engineers, and the jobs of importing and syncing."""

    def records(self) -> Iterable[RequestRecord]:
        """What was asked of Amazon in this session."""
        return self.work.session.client.records if self.work else ()

    # --- behind an order -----------------------------------------------------------------------

    def _do_objects(self) -> None:
        from console.tui.screens.objects import ObjectsScreen

        if self.order is None:
            self.say(Said(_("Objects: not now"), _(_LOOK_FIRST)))
        else:
            pane = self.order_pane
            self.app.push_screen(ObjectsScreen(self.order, pane.chosen, pane.revealed))

    def _do_requests(self) -> None:
        from console.tui.screens.requests import RequestsScreen

        self.app.push_screen(RequestsScreen(list(self.records()), self.order))

    def _do_looks(self) -> None:
        chosen = self.order_pane.chosen
        if chosen is None or self.work is None:
            self.say(Said(_("Changes: not now"), _(_LOOK_FIRST)))
        else:
            self.work.looks(chosen)

    def on_looks_read(self, event: messages.LooksRead) -> None:
        from console.tui.screens.diff import DiffScreen

        self.app.push_screen(DiffScreen(event.identifier, event.looks))

    def _do_journal(self) -> None:
        from console.tui.screens.journal import JournalScreen

        if self.work is None:
            self.say(Said(_("Journal: not now"), _("No account is open yet.")))
        else:
            self.app.push_screen(JournalScreen(self.work.session.journal))

    def _do_mapping(self) -> None:
        from console.tui.screens.mapping import MappingScreen

        self.app.push_screen(MappingScreen())

    def action_pending(self) -> None:
        """Go to what Amazon is at work on: here the next such row, else the order it is in."""
        pane, order = self.order_pane, self.order
        here = [one.id for one in order.pending] if order is not None and pane.display else []
        if here:
            after = here.index(pane.chosen) + 1 if pane.chosen in here else 0
            pane.rows.focus()
            pane.rows.go(here[after % len(here)])
        elif self.watched and self.work is not None:
            self.open(min(self.watched))

    # --- copying ---------------------------------------------------------------------------------

    def _do_copy(self) -> None:
        """The menu of what can be copied of the chosen object."""
        from console.tui.screens.copying import CopyScreen

        found = self._copies()
        if found is None:
            self.say(Said(_("Copy: not now"), _(_LOOK_FIRST)))
        else:
            self.app.push_screen(CopyScreen(found), self._copy)

    def _do_curl(self) -> None:
        found = self._copies()
        if found is None:
            self.say(Said(_("Copy as curl: not now"), _(_LOOK_FIRST)))
        else:
            self._copy(next(one for one in found if one.key == "c"))

    def _copies(self) -> tuple[Copy, ...] | None:
        """What can be copied now; None where no order is shown."""
        order, pane, chosen = self.order, self.order_pane, self.order_pane.chosen
        if order is None or chosen is None or self.work is None or not pane.display:
            return None
        from console.tui.screens.copying import copies

        client = self.work.session.client
        curl = _curl(client, chosen)
        is_old = self.is_old or bool(self.under_way)
        return copies(order, chosen, client.records, curl, revealed=pane.shows_buyer, is_old=is_old)

    def _copy(self, found: Copy | None) -> None:
        """Copy it; the buyer's data only once that is a line in the journal."""
        order, work = self.order, self.work
        if found is None or found.text is None or order is None or work is None:
            return
        if found.buyer:
            work.note_reveal(order, lambda: self._copy_now(found), where="clipboard")
        else:
            self._copy_now(found)

    def _copy_now(self, found: Copy) -> None:
        self.run_worker(self._copying(found), group="copy", exit_on_error=False)

    async def _copying(self, found: Copy) -> None:
        from console.tui.screens.copying import shown_copy

        way = await copy(found.text or "", self.app.copy_to_clipboard)
        self.say(Said(_("Copied: {what}", what=shown_copy(found)), way, tone="good"))

    def _do_export(self) -> None:
        if self.order is None or self.work is None:
            self.say(Said(_("Export: not now"), _(_LOOK_FIRST)))
        elif self.order.remembered:
            said = _("Amazon is being asked.")
            self.say(Said(_("Export: not yet"), said, _("Try again in a moment.")))
        else:
            self.work.export(self.order, Path.cwd())

    def on_exported(self, event: messages.Exported) -> None:
        self.say(event.said)

    # --- filling the index ----------------------------------------------------------------------

    def _do_import(self) -> None:
        self.say(
            Said(
                _("Import"),
                _("Drop the files on this window, or paste their whole paths into the search."),
                _("Notifications (IPN), Amazon's reports, or a CSV of order numbers and ids."),
            )
        )

    def on_dropped(self, event: messages.Dropped) -> None:
        from console.tui.jobs import import_job
        from console.tui.screens.job import JobScreen

        self.is_awaiting = False
        self.empty_search()
        if self.work is not None:
            self.app.push_screen(JobScreen(import_job(event.paths, self.work.session.known)))

    def on_named(self, event: messages.Named) -> None:
        from console.tui.screens.mapping import MappingScreen

        self.is_awaiting = False
        self.empty_search()
        if self.order is not None:
            self.order_pane.rows.focus()
        self.app.push_screen(MappingScreen(event.term))

    def empty_search(self) -> None:
        raise NotImplementedError

    def open(self, identifier: str) -> None:
        raise NotImplementedError

    def _do_sync(self) -> None:
        from console.tui.jobs import sync_job
        from console.tui.screens.job import JobScreen

        if self.work is not None:
            self.app.push_screen(JobScreen(sync_job(self.work.session)))


def _curl(client: AmazonPay, identifier: str) -> str | None:
    """The read of an object; None where an answer named it by what is no id."""
    from console.amazon.curl import curl_for
    from console.domain.ids import NotAnId, parse

    try:
        target = parse(identifier).v2
    except NotAnId:
        return None
    return curl_for(client.account, target, client.amazon_now())
