"""`payconsole simulator`: the simulator as a program of its own."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .world import World

_NO_KEY = """\
payconsole simulator: give at least one --public-key, or no request could be verified.
Make a pair of keys with:
  openssl genrsa -out private.pem 2048
  openssl rsa -in private.pem -pubout -out public.pem
and pass --public-key public.pem here, private.pem to the client."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give `parser` the switches of the simulator, and its subcommand `orders`."""
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (0: any free one)")
    parser.add_argument(
        "--public-key",
        action="append",
        default=[],
        metavar="PEM",
        help="file with a public key whose signatures are accepted; may be repeated."
        " ID=FILE accepts it under that public key id alone",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="SPEC",
        help="OPERATION:FAULT[:ARGUMENT][:xN][:afterN], such as create_refund:hang_up_after",
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, help="seconds that pass for each real one"
    )
    parser.add_argument(
        "--switch",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="one answer to what Amazon does not document, such as save_errors=true",
    )
    commands = parser.add_subparsers(dest="simulator_command", metavar="")
    listing = commands.add_parser("orders", help="list the simulator's orders")
    listing.add_argument("--json", action="store_true", dest="as_json", help="as JSON")


def run(args: argparse.Namespace) -> int:
    """Serve, or list the orders; returns the exit code."""
    if args.simulator_command == "orders":
        return _list_orders(as_json=args.as_json or getattr(args, "json", False))
    return _serve(args)


def _list_orders(*, as_json: bool) -> int:
    from .stories import orders, story_world

    rows = orders(story_world())
    if as_json:
        import json

        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    for row in rows:
        print(f"{row['charge_id'] or row['order_id']}  {row['charge_state'] or 'no charge'}")
        print(f"    {row['environment']}, {row['currency']}. {row['story']}")
    return 0


def _serve(args: argparse.Namespace) -> int:
    if not args.public_key:
        return _wrong(_NO_KEY)
    from .server import serve_forever

    try:
        world = _world(args)
        serve_forever(world, args.port)
    except (ValueError, OSError) as error:
        return _wrong(f"payconsole simulator: {error}")
    return 0


def _world(args: argparse.Namespace) -> World:
    from .clock import Clock
    from .shop import open_live_shop
    from .stories import story_world
    from .switches import Switches

    chosen = dict(_pair(text) for text in args.switch)
    switches = Switches(throttling=True).changed(chosen)
    world = story_world(clock=Clock(speed=args.speed), switches=switches)
    open_live_shop(world)
    for text in args.public_key:
        _register(world, text)
    for spec in args.fault:
        world.add_fault(spec)
    return world


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"--switch {text}: write NAME=VALUE.")
    return name, value


def _register(world: World, text: str) -> None:
    """`FILE`, or `ID=FILE`."""
    key_id, equals, file = text.partition("=")
    if not equals or Path(text).exists():
        key_id, file = "", text
    try:
        world.keys.register(Path(file).read_bytes(), key_id or None)
    except ValueError as error:
        raise ValueError(f"{file} holds no RSA public key in PEM form ({error}).") from None


def _wrong(message: str) -> int:
    print(message, file=sys.stderr)
    return 2
