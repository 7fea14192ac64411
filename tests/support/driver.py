"""Real processes that act: one that kills itself at a chosen moment, two that race.

`python -m tests.support.driver` reads one job in JSON from each line of stdin, carries it out
in processes forked for it, and answers with a line of JSON. `Processes` is the tests' side.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from console.actions.plan import Wish
from console.actions.planning import plan_action
from console.amazon.client import AmazonPay
from console.domain.ids import parse
from console.session import open_session
from console.store import journal as journals
from console.store.journal import Journal
from tests.support.bench import places, profile, quick, read_waits

ROOT: Final = Path(__file__).parents[2]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


# --- the moments at which a process can be killed ------------------------------------------------


_passing = 0  # how often the chosen moment passes before it kills


def _is_it() -> bool:
    """Whether this is the time at which the moment kills; counts down."""
    global _passing
    _passing -= 1
    return _passing < 0


def _around(
    owner: Any, name: str, *, before: bool, when: Callable[..., bool] = lambda *_, **__: True
) -> None:
    """Die before or after `owner.name` is called with arguments for which `when` holds."""
    real = getattr(owner, name)

    def dying(*args: Any, **kwargs: Any) -> Any:
        chosen = when(*args, **kwargs) and _is_it()
        if chosen and before:
            die()
        made = real(*args, **kwargs)
        if chosen:
            die()
        return made

    setattr(owner, name, dying)


def _in_transaction(kind: str) -> None:
    """Die with a line written, and its transaction not committed."""
    _around(journals._Writing, "append", before=False, when=lambda _, is_, *__: is_ == kind)


def _before_checkpoint(line: int) -> None:
    """Die with a line committed, and its checkpoint not written."""
    _around(Journal, "_write_checkpoint", before=True, when=lambda _, seq, __: seq == line)


def _move(move: str, *, before: bool) -> None:
    _around(Journal, "move", before=before, when=lambda _, __, is_, *___, **____: is_ == move)


def _during_send() -> None:
    """Die while the server, which has executed it, still keeps its answer back."""
    real = AmazonPay.send

    async def dying(self: AmazonPay, *args: Any) -> Any:
        asked = asyncio.create_task(real(self, *args))
        if _is_it():
            await asyncio.sleep(0.25)
            die()
        return await asked

    setattr(AmazonPay, "send", dying)  # noqa: B010


def _after_answer() -> None:
    real = AmazonPay.send

    async def dying(self: AmazonPay, *args: Any) -> Any:
        answer = await real(self, *args)
        if _is_it():
            die()
        return answer

    setattr(AmazonPay, "send", dying)  # noqa: B010


# What happens, and which faults the server is given for it.
MOMENTS: Final[dict[str, tuple[Callable[[], None], tuple[str, ...]]]] = {
    "before the reservation": (lambda: _around(Journal, "reserve", before=True), ()),
    "inside the reservation": (lambda: _in_transaction("reserve"), ()),
    "before the reservation's checkpoint": (lambda: _before_checkpoint(1), ()),
    "after the reservation": (lambda: _around(Journal, "reserve", before=False), ()),
    "after the last look": (lambda: _around(Journal, "reread", before=False), ()),
    "inside arming": (lambda: _in_transaction("arm"), ()),
    "after arming": (lambda: _around(Journal, "arm", before=False), ()),
    "during the send": (_during_send, ("{write}:delay:1",)),
    "after a lost answer": (lambda: _move("lose", before=False), ("{write}:hang_up_after",)),
    "after an attempt that never arrived": (
        lambda: _move("lose", before=False),
        ("{write}:hang_up_before",),
    ),
    "after the answer": (_after_answer, ()),
    "before accepting": (lambda: _move("accept", before=True), ()),
    "inside accepting": (lambda: _in_transaction("accept"), ()),
    "after accepting": (lambda: _move("accept", before=False), ()),
    "after a refusal": (
        lambda: _move("refuse", before=True),
        ("{write}:refuse:{refusal},unsaved",),
    ),
}


def faults_of(
    moment: str, write: str = "create_refund", refusal: str = "AmazonRejected"
) -> list[str]:
    """What the server is told for a moment, for one operation that writes."""
    return [fault.format(write=write, refusal=refusal) for fault in MOMENTS[moment][1]]


# --- jobs ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """What a process is to do, and where: several folders make it a race.

    `moment` kills it, after it has passed `passing` times. `wish` is what the action takes.
    """

    url: str
    key: str
    folders: list[str]
    targets: list[str]
    amounts: list[str]
    moment: str | None = None
    passing: int = 0
    action: str = "refund"
    wish: dict[str, Any] = field(default_factory=dict)


async def _act(job: Job, place: int, pem: bytes, barrier: Any) -> list[str]:
    """Act on each target; with a barrier, plan all and confirm at the same moment."""
    done = []
    folder = places(Path(job.folders[place]))
    async with open_session(profile(job.url), pem, folder) as opened:
        engine = quick(opened).engine
        for number, target in enumerate(job.targets):
            amount = job.amounts[(number + place) % len(job.amounts)]
            wish = Wish(amount=amount, reason="a race", **job.wish)
            plan = await plan_action(engine, job.action, parse(target), wish)
            if barrier is not None:
                await asyncio.to_thread(barrier.wait, 60)
            outcome = await engine.perform(plan, plan.phrase)
            done.append(str(outcome.result))
            if barrier is not None:  # nobody plans before both have ended
                await asyncio.to_thread(barrier.wait, 60)
    return done


def _in_child(job: Job, place: int, barrier: Any, tell: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        if job.moment is not None:
            global _passing
            _passing = job.passing
            MOMENTS[job.moment][0]()
        with read_waits():
            pem = Path(job.key).read_bytes()
            results = asyncio.run(_act(job, place, pem, barrier))
        os.write(tell, (json.dumps({"place": place, "results": results}) + "\n").encode())
        os._exit(0)
    except BaseException as error:
        said = "".join(traceback.format_exception(error))
        os.write(tell, (json.dumps({"place": place, "error": said}) + "\n").encode())
        if barrier is not None:
            barrier.abort()  # the other one need not wait
        os._exit(1)


def _carry_out(job: Job) -> dict[str, Any]:
    hear, tell = os.pipe()
    count = len(job.folders)
    barrier = multiprocessing.get_context("fork").Barrier(count) if count > 1 else None
    pids = [_in_child(job, place, barrier, tell) for place in range(count)]
    os.close(tell)
    with open(hear, encoding="utf-8") as pipe:
        said = [json.loads(line) for line in pipe]
    ended = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    return {"said": sorted(said, key=lambda one: int(one["place"])), "ended": ended}


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(_carry_out(Job(**json.loads(line)))), flush=True)


# --- the tests' side -----------------------------------------------------------------------------


class Processes:
    """Hands jobs to a driver process, which forks for each."""

    def __init__(self) -> None:
        self._driver = subprocess.Popen(
            [sys.executable, "-m", "tests.support.driver"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def carry_out(self, job: Job) -> dict[str, Any]:
        """Blocks until every process of the job has ended."""
        assert self._driver.stdin
        assert self._driver.stdout
        self._driver.stdin.write(json.dumps(asdict(job)) + "\n")
        self._driver.stdin.flush()
        answer: dict[str, Any] = json.loads(self._driver.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._driver.stdin
        assert self._driver.stdout
        self._driver.stdin.close()
        self._driver.wait(timeout=10)
        self._driver.stdout.close()


@contextmanager
def processes() -> Iterator[Processes]:
    made = Processes()
    try:
        yield made
    finally:
        made.close()


if __name__ == "__main__":
    main()
