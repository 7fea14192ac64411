"""The part of the console that shows what is behind an order, and fills the index."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from console.tui import messages
from console.tui.messages import Said
from console.tui.screens.news import NewsScreen

if TYPE_CHECKING:
    from console.amazon.client import RequestRecord
    from console.tui.widgets.order import OrderPane

_LOOK_FIRST = "Look an order up first."


class ToolsScreen(NewsScreen):
    """Opens the screens for engineers, and the jobs of importing and syncing."""

    @property
    def order_pane(self) -> OrderPane:
        raise NotImplementedError

    def records(self) -> Iterable[RequestRecord]:
        """What was asked of Amazon in this session."""
        return self.work.session.client.records if self.work else ()

    # --- behind an order -----------------------------------------------------------------------

    def _do_objects(self) -> None:
        from console.tui.screens.objects import ObjectsScreen

        if self.order is None:
            self.say(Said("Objects: not now", _LOOK_FIRST))
        else:
            pane = self.order_pane
            self.app.push_screen(ObjectsScreen(self.order, pane.chosen, pane.revealed))

    def _do_requests(self) -> None:
        from console.tui.screens.requests import RequestsScreen

        self.app.push_screen(RequestsScreen(list(self.records()), self.order))

    def _do_looks(self) -> None:
        chosen = self.order_pane.chosen
        if chosen is None or self.work is None:
            self.say(Said("Changes: not now", _LOOK_FIRST))
        else:
            self.work.looks(chosen)

    def on_looks_read(self, event: messages.LooksRead) -> None:
        from console.tui.screens.diff import DiffScreen

        self.app.push_screen(DiffScreen(event.identifier, event.looks))

    def _do_mapping(self) -> None:
        from console.tui.screens.mapping import MappingScreen

        self.app.push_screen(MappingScreen())

    def _do_curl(self) -> None:
        chosen = self.order_pane.chosen
        if chosen is None or self.work is None:
            self.say(Said("Copy as curl: not now", _LOOK_FIRST))
            return
        from console.amazon.curl import curl_for
        from console.domain.ids import parse

        client = self.work.session.client
        made = curl_for(client.account, parse(chosen).v2, client.amazon_now())
        self.app.copy_to_clipboard(made)
        self.say(Said("Copied as curl, signed by nobody", f"The read of {chosen}."))

    def _do_export(self) -> None:
        if self.order is None or self.work is None:
            self.say(Said("Export: not now", _LOOK_FIRST))
        elif self.order.remembered:
            self.say(Said("Export: not yet", "Amazon is being asked.", "Try again in a moment."))
        else:
            self.work.export(self.order, Path.cwd())

    def on_exported(self, event: messages.Exported) -> None:
        self.say(event.said)

    # --- filling the index ----------------------------------------------------------------------

    def _do_import(self) -> None:
        self.say(
            Said(
                "Import",
                "Drop the files on this window, or paste their whole paths into the search.",
                "Notifications (IPN), Amazon's reports, or a CSV of order numbers and ids.",
            )
        )

    def on_dropped(self, event: messages.Dropped) -> None:
        from console.tui.jobs import import_job
        from console.tui.screens.job import JobScreen

        self.empty_search()
        if self.work is not None:
            self.app.push_screen(JobScreen(import_job(event.paths, self.work.session.known)))

    def empty_search(self) -> None:
        raise NotImplementedError

    def _do_sync(self) -> None:
        from console.tui.jobs import sync_job
        from console.tui.screens.job import JobScreen

        if self.work is not None:
            self.app.push_screen(JobScreen(sync_job(self.work.session)))
