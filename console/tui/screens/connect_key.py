"""Connecting an account, the second step: the private key, wherever it comes from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from textual import events, on
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input

from console.domain.language import N_, _, together
from console.tui.messages import Said
from console.tui.screens.connect_pages import (
    SOURCES,
    WAITING,
    Given,
    KeyFacts,
    Way,
    Ways,
    made_lines,
    shown_path,
)
from console.tui.screens.connect_work import (
    Found,
    failure,
    found_in,
    make_and_keep,
    opened,
    save_public_half,
)
from console.tui.widgets.keyfields import KeyPasted, MaskedInput, PathInput, TooLong
from console.tui.words import literal, wrapped

_TAKES_KEYS: Final = frozenset({"source", "file", "paste", "passphrase"})


class KeyStep(ModalScreen[str | None]):
    """Gets a private key and shows none of it; the screen below it does the other steps."""

    def __init__(self) -> None:
        super().__init__()
        self._given = Given()
        self._page = "where"
        self._busy = ""  # "key", "proof" or "saving" while one of them is under way
        self._sealed: Found | None = None  # a key that waits for its passphrase
        self._waiting: bytes | None = None  # one that was made here at another time
        self._asked_for_waiting = False
        self._public = ""
        self._replace_asked = False

    def on_unmount(self) -> None:
        """Let go of what is secret."""
        self._given.pem = self._waiting = self._sealed = None

    # --- what the screen below does ----------------------------------------------------------

    def _show(self, page: str, focus: str | None = None, said: Said | None = None) -> None:
        raise NotImplementedError

    def _draw(self, said: Said | None = None) -> None:
        raise NotImplementedError

    def _say(self, said: Said | None) -> None:
        raise NotImplementedError

    def _onward(self, page: str) -> None:
        raise NotImplementedError

    # --- work behind the screen --------------------------------------------------------------

    def _work(self, work: Coroutine[Any, Any, None], group: str) -> None:
        self.run_worker(work, group=group, exclusive=True, exit_on_error=False)

    async def _tried(self, work: Coroutine[Any, Any, None], failed: Callable[[Said], None]) -> None:
        """Do `work`; a fault of ours is told by `failed` and not lost with its worker."""
        try:
            await work
        except Exception as error:
            self._busy = ""
            failed(Said(_("Unexpected fault"), type(error).__name__, _("Please report it."), "bad"))

    # --- the key -----------------------------------------------------------------------------

    def _open_source(self) -> None:
        self._sealed = None
        self._replace_asked = False
        self._offer_sources()
        if not self._asked_for_waiting:
            self._asked_for_waiting = True
            self._work(self._ask_for_waiting(), "waiting")

    def _offer_sources(self, key: str | None = None) -> None:
        ways = list(SOURCES)
        if self._given.key is not None:
            ways.insert(0, Way("given", N_("the key you gave"), str(self._given.key)))
        if self._waiting is not None and not self._given.made:
            ways.append(WAITING)
        if self._waiting is not None and self._given.key is None:
            key = "waiting"
        self.query_one("#sources", Ways).offer(ways, key)

    async def _ask_for_waiting(self) -> None:
        """Whether a key waits in the keyring; whether there is a keyring shows by that too."""
        from console.onboarding import made_key
        from console.store.credentials import in_own_thread

        try:
            self._waiting = await in_own_thread(made_key)
        except Exception as error:
            said = failure(error, tone="warning")
        else:
            if self._waiting is None:
                return
            said = Said(_("A key was made here before"), _("It waits for its public key id."))
        self.call_later(self._told_of_waiting, said)

    def _told_of_waiting(self, said: Said) -> None:
        if self._page == "source" and not self._busy:
            self._offer_sources()
            self._say(said)

    @on(Ways.Chosen, "#sources")
    def _source_chosen(self, event: Ways.Chosen) -> None:
        if self._busy:
            return
        if event.key == "given":
            self._onward("made" if self._given.made else "id")
        elif event.key == "make" and self._waiting is not None and not self._replace_asked:
            self._ask_to_replace()
        elif event.key == "make":
            said = _("Making a key of 2048 bits, and keeping it in the keyring")
            self._get_key(self._make(), said)
        elif event.key == "waiting" and self._waiting is not None:
            found = Found(self._waiting, made=True)
            self._get_key(self._open_key(found), _("Reading the key"))
        else:
            self._show(event.key)

    def _ask_to_replace(self) -> None:
        """One key can wait; its public half may be in Seller Central already."""
        self._replace_asked = True
        self._offer_sources("waiting")
        self._say(
            Said(_("A key waits already"), _("Its public half may be in Seller Central already."),
                 _("Go on with that one; or choose made here again to replace it."),
                 "warning")
        )  # fmt: skip

    def on_paste(self, event: events.Paste) -> None:
        """A paste on the list of sources: the key itself, or a file that was dropped."""
        if self._page == "source":
            event.stop()
            self._take(event.text)

    @on(KeyPasted)
    def _key_pasted(self, event: KeyPasted) -> None:
        event.stop()
        if self._page in _TAKES_KEYS:
            self._take(event.text)
        else:
            self._say(
                Said(_("Not taken"), _("That was a key, and it belongs to step 2."),
                     _("It was not shown and not kept. Esc goes back to step 2."), "bad")
            )  # fmt: skip

    @on(TooLong)
    def _too_long(self, event: TooLong) -> None:
        event.stop()
        text = _("What was pasted is longer than any answer to this.")
        self._say(Said(_("Not taken"), text, tone="warning"))

    @on(PathInput.Dropped)
    def _dropped(self, event: PathInput.Dropped) -> None:
        event.stop()
        self._take(event.text, path=True)

    @on(Input.Submitted, "#path")
    def _path_typed(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value.strip():
            self._take(event.value, path=True)

    def _take(self, text: str, *, path: bool = False) -> None:
        if not self._busy:
            if path:
                self.query_one("#path", PathInput).value = text
            self._get_key(self._read(text, path), _("Reading the key"))

    def _get_key(self, work: Coroutine[Any, Any, None], title: str) -> None:
        self._busy = "key"
        self._say(Said(title, "…", tone="waiting"))
        self._work(self._tried(work, self._say), "key")

    async def _read(self, text: str, path: bool) -> None:
        try:
            found = await asyncio.to_thread(found_in, text, path)
        except Exception as error:
            self.call_later(self._no_key, failure(error))
        else:
            await self._open_key(found)

    async def _make(self) -> None:
        try:
            pem = await asyncio.to_thread(make_and_keep)
        except Exception as error:
            self.call_later(self._no_key, failure(error))
        else:
            self._waiting = pem
            await self._open_key(Found(pem, made=True))

    async def _open_key(self, found: Found, passphrase: str | None = None) -> None:
        from console.keys import KeyEncrypted

        try:
            pem, facts, public = await asyncio.to_thread(opened, found, passphrase)
        except KeyEncrypted:
            self.call_later(self._ask_passphrase, found)
        except Exception as error:
            self.call_later(self._no_key, failure(error))
        else:
            self.call_later(self._key_there, found, pem, facts, public)

    def _ended(self, work: str) -> bool:
        """Whether `work` was still wanted when it ended: Esc may have come in between."""
        wanted = self._busy == work
        if wanted:
            self._busy = ""
        return wanted

    def _no_key(self, said: Said) -> None:
        if not self._ended("key"):
            return
        self.query_one("#passphrase", MaskedInput).value = ""
        self._draw(said)

    def _ask_passphrase(self, found: Found) -> None:
        if not self._ended("key"):
            return
        self._sealed = found
        self.query_one("#passphrase", MaskedInput).value = ""
        self._show("passphrase")

    @on(Input.Submitted, "#passphrase")
    def _passphrase_typed(self, event: Input.Submitted) -> None:
        event.stop()
        if event.value and self._sealed is not None and not self._busy:
            self._get_key(self._open_key(self._sealed, event.value), _("Opening the key"))

    def _key_there(self, found: Found, pem: bytes, facts: KeyFacts, public: str) -> None:
        if not self._ended("key"):
            return
        self._sealed = None
        self.query_one("#passphrase", MaskedInput).value = ""
        given = self._given
        given.pem, given.key, given.file, given.made = pem, facts, found.file, found.made
        self._public = public
        if found.made:
            self._show("made")
        else:
            self._onward("id")

    def _passphrase_lines(self, width: int) -> list[Content]:
        said = _("The key needs its passphrase, this once.")
        if self._sealed is not None and self._sealed.file is not None:
            file = shown_path(self._sealed.file)
            said = _("The key in {file} needs its passphrase, this once.", file=file)
        elif self._sealed is not None and not self._sealed.made:
            said = _("The key from the clipboard needs its passphrase, this once.")
        kept = _("It is kept in the keyring without it; the passphrase is kept nowhere.")
        return wrapped(literal(together(said, kept)), width)

    def _made_lines(self, width: int) -> list[Content]:
        if not self._given.made:
            return []
        return made_lines(self._given, self._public, width)

    def action_copy(self) -> None:
        if self._page == "made" and self._public:
            self._work(self._copy(self._public), "copy")

    async def _copy(self, text: str) -> None:
        from console.clipboard import copy

        said = await copy(text, self.app.copy_to_clipboard)
        self.call_later(self._told_copied, said)

    def _told_copied(self, way: str) -> None:
        if self._page == "made":
            hint = _("If pasting gives something else, s saves it to a file.")
            self._say(Said(_("Copied"), way, hint, "good"))

    def action_save(self) -> None:
        """The public half as a file, for terminals that can't copy."""
        if self._page == "made" and self._public:
            self._work(self._save_public(self._public), "copy")

    async def _save_public(self, text: str) -> None:
        try:
            file, was_there = await asyncio.to_thread(save_public_half, Path.home(), text)
        except OSError as error:
            said = failure(error)
        else:
            text = _("to {file}; it holds no secret.", file=shown_path(file))
            said = Said(_("Saved"), text, tone="good")
            if was_there:
                said = Said(_("It is there already"), shown_path(file), tone="good")
        self.call_later(self._told_saved, said)

    def _told_saved(self, said: Said) -> None:
        if self._page == "made":
            self._say(said)
