"""Finds a private key again, in whatever form and wherever it was left."""

from __future__ import annotations

import base64
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_NUMBER: Final = 24  # characters of a form that stand in a row; by chance they never do
_RAW: Final = 16  # bytes
_BLANKS: Final = re.compile(rb"\\[rn]|\s|\x00")


class Scan:
    """Looks for every secret number of an RSA key: d, p, q and what is derived from them.

    Each is looked for in decimal and hex, in raw bytes, and in Base64 at every alignment, as it
    stands in a PEM of PKCS#8 and of PKCS#1. The modulus isn't: the public half has it too.
    """

    def __init__(self, pem: bytes) -> None:
        key = load_pem_private_key(pem, None)
        assert isinstance(key, RSAPrivateKey)
        own = key.private_numbers()
        numbers = {"d": own.d, "p": own.p, "q": own.q}
        numbers |= {"dp": own.dmp1, "dq": own.dmq1, "q inverse": own.iqmp}
        self._forms = {
            form: f"{name} {kind}"
            for name, number in numbers.items()
            for kind, form in _forms(number)
        }

    def find(self, data: bytes) -> str | None:
        """In what form the key is in `data`; None where it isn't."""
        squeezed = _BLANKS.sub(b"", data)  # lines of any width, JSON's \n, UTF-16
        for place in (data, squeezed, squeezed.lower()):
            for form, name in self._forms.items():
                if form in place:
                    return name
        return None

    def files(self, *folders: Path) -> dict[str, str]:
        """What was found in which file below `folders`, names of files included."""
        found = {}
        for path in (path for folder in folders for path in folder.rglob("*")):
            data = path.read_bytes() if path.is_file() else b""
            what = self.find(data) or self.find(str(path).encode())
            if what:
                found[path.name] = what
        return found


def _forms(number: int) -> Iterator[tuple[str, bytes]]:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    texts = {"decimal": str(number), "hex": raw.hex()}
    for shift in range(3):
        # Whole groups only: what stands before and after it in a file is not known.
        whole = raw[shift : len(raw) - (len(raw) - shift) % 3]
        encoded = base64.b64encode(whole).decode()
        texts[f"Base64 at {shift}"] = encoded
        texts[f"Base64 for addresses at {shift}"] = encoded.translate({43: "-", 47: "_"})
    for kind, text in texts.items():
        for start in range(0, len(text) - _NUMBER + 1, _NUMBER):
            yield kind, text[start : start + _NUMBER].encode()
    for start in range(0, len(raw) - _RAW + 1, _RAW):
        yield "raw", raw[start : start + _RAW]
        yield "raw, little end first", raw[::-1][start : start + _RAW]


class Watch:
    """Sees the command line and the environment of every process that this one starts.

    Reads /proc again and again from a thread, as `ps` of another user of the machine would.
    """

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._others: set[int] = set()
        self.processes: set[int] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def seen(self) -> bytes:
        return b"\n".join(self._seen)

    def _run(self) -> None:
        while not self._over.wait(0.02):
            there = {int(name) for name in os.listdir("/proc") if name.isdigit()}
            self._others &= there
            for number in sorted(there - self._others):
                try:
                    self._look(number)
                except OSError:  # it has ended
                    continue

    def _look(self, number: int) -> None:
        if number not in self.processes:
            parent = int(_read(number, "stat").rpartition(b")")[2].split()[1])
            if parent not in {os.getpid(), *self.processes}:
                self._others.add(number)
                return
            self.processes.add(number)
        self._seen |= {_read(number, "cmdline"), _read(number, "environ")}


def _read(number: int, name: str) -> bytes:
    return Path(f"/proc/{number}/{name}").read_bytes()
