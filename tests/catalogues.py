"""The catalogues of the screen's languages: what the code says, and what is translated.

`python -m tests.catalogues` takes over what is new in the code into `console/locales/*.po`, drops
what is gone from it, and compiles the `.mo` files that the program reads. A translation whose
English text changed is not carried over by likeness: a wrong sentence is worse than an English
one.
"""

from __future__ import annotations

import ast
import io
import string
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import console
from console.languages import FOLDER, LANGUAGES

ROOT = Path(console.__file__).parent
TRANSLATED = tuple(code for code in LANGUAGES if code != "en")
_ANY_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_MARKS = {"_": 1, "N_": 1, "many": 2}  # function -> how many of its first arguments are texts


@dataclass(frozen=True)
class Said:
    """A text of the code, its plural where it has one, and the file that says it."""

    text: str
    plural: str | None
    file: str

    @property
    def key(self) -> str | tuple[str, str]:
        return self.text if self.plural is None else (self.text, self.plural)


def texts_of(source: str, file: str) -> Iterator[Said]:
    """Every text of a file that a catalogue has to have."""
    for node in ast.walk(ast.parse(source)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            continue
        count = _MARKS.get(node.func.id, 0)
        texts = [
            argument.value
            for argument in node.args[:count]
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
        ]
        if count and len(texts) == count:
            yield Said(texts[0], texts[1] if count > 1 else None, file)


def texts() -> list[Said]:
    """Every text of the program, in the order of its files."""
    found: list[Said] = []
    for path in sorted(ROOT.rglob("*.py")):
        found += texts_of(path.read_text(encoding="utf-8"), f"console/{path.relative_to(ROOT)}")
    return found


def names_in(text: str) -> set[str]:
    """The `{names}` of a text. Raises ValueError where its braces are none."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def po(code: str) -> Path:
    return FOLDER / f"{code}.po"


def read(code: str) -> Catalog:
    with po(code).open("rb") as file:
        return read_po(file, locale=code)


def renewed(code: str) -> Catalog:
    """The catalogue with exactly the texts of the code, and what is translated of them."""
    old = read(code) if po(code).exists() else Catalog(locale=code)
    new = Catalog(locale=code, project="payconsole", charset="utf-8", fuzzy=False)
    new.header_comment = f"# payconsole in {LANGUAGES[code]}."
    for said in texts():
        new.add(said.key, locations=[(said.file, 0)])
    for message in new:
        before = old.get(message.id) if message.id else None
        if before is not None and before.id == message.id and before.string:
            message.string = before.string
            message.user_comments = before.user_comments
    return new


def written(catalogue: Catalog) -> bytes:
    """The text of a .po file: no dates and no line numbers, so that a difference is a change."""
    to = io.BytesIO()
    write_po(to, catalogue, width=96, include_lineno=False, omit_header=True, sort_by_file=True)
    header = (
        f"{catalogue.header_comment}\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {catalogue.locale}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    return header.encode() + to.getvalue()


def compiled(code: str) -> bytes:
    """The bytes of the .mo file that belongs to a .po file."""
    catalogue = read(code)
    catalogue.creation_date = catalogue.revision_date = _ANY_DAY  # the same text, the same bytes
    to = io.BytesIO()
    write_mo(to, catalogue)
    return to.getvalue()


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """Every form of a text or of a translation: one, or one for each plural."""
    return [text] if isinstance(text, str) else list(text or ())


def is_translated(message: Message) -> bool:
    translated = forms(message.string)
    return bool(translated) and all(translated)


def main() -> int:
    for code in TRANSLATED:
        catalogue = renewed(code)
        po(code).write_bytes(written(catalogue))
        po(code).with_suffix(".mo").write_bytes(compiled(code))
        missing = sum(1 for each in catalogue if each.id and not is_translated(each))
        print(f"{code}: {len(catalogue)} texts, {missing} without a translation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
