"""`export`, `diff` and `curl` as a user runs them: what is in a bundle, and what never is."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import CHARGE, V1_ID, Shell

BUYER = "S02-6865442-5879427"  # bought by Jörg Weiß
ORDER = "S01-4966596-9591203"
KEYS = [
    "payconsole", "account", "query", "order", "observed", "objects", "unread", "actions",
    "clocks", "history", "warnings", "journal", "requests",
]  # fmt: skip
# A run of Base64 as long as a signature, and longer than any id.
SIGNATURE = re.compile(r"[A-Za-z0-9+/]{100,}")


def private_lines(shell: Shell) -> list[str]:
    lines = (shell.folder / "key.pem").read_text(encoding="ascii").splitlines()
    return [line for line in lines if not line.startswith("---")]


class TestABundle:
    def test_is_one_document_with_everything_of_the_order(self, shell: Shell) -> None:
        answer = shell.run("export", V1_ID)
        assert answer.code == 0
        made = answer.json
        assert list(made) == KEYS
        assert made["account"]["public_key_id"] == "SANDBOX-TEST"
        assert made["account"]["endpoint"] == shell.server.url.removeprefix("http://")
        assert made["query"]["id"] == V1_ID
        assert made["query"]["v2"]["id"] == CHARGE
        kinds = [one["kind"] for one in made["objects"]]
        assert kinds[:2] == ["charge_permission", "charge"]
        assert made["objects"][1]["raw"]["chargeId"] == CHARGE
        assert {line["source"] for line in made["history"]} >= {"amazon"}
        assert {line["action"] for line in made["actions"]} >= {"refund"}
        assert made["clocks"]
        requests = {one["object"]: one for one in made["requests"]}
        assert requests.keys() >= {CHARGE, ORDER}
        assert requests[CHARGE]["status"] == 200
        assert requests[CHARGE]["request_id"]
        assert set(requests[CHARGE]["signed_headers"]) == {
            "accept", "content-type", "x-amz-pay-date", "x-amz-pay-host", "x-amz-pay-region",
        }  # fmt: skip

    def test_holds_the_journal_with_a_body_that_can_be_read(self, shell: Shell) -> None:
        shell.run("refund", CHARGE, "--amount", "1.00", "--confirm", "1.00 USD")
        made = shell.run("export", CHARGE).json
        lines = {line["kind"]: line for line in made["journal"]}
        assert lines.keys() >= {"reserve", "arm", "accept"}
        body = json.loads(lines["reserve"]["data"]["body"])
        assert body["refundAmount"] == {"amount": "1.00", "currencyCode": "USD"}
        assert {one["operation"] for one in made["requests"]} <= {
            "get_charge", "get_charge_permission", "get_refund",
        }  # fmt: skip

    def test_holds_no_buyer_no_key_and_no_signature(self, shell: Shell) -> None:
        assert "Jörg" in shell.run("lookup", BUYER, "--show-buyer").out
        made = shell.run("export", BUYER).out
        assert "Jörg" not in made
        assert not SIGNATURE.search(made)
        assert not any(line in made for line in private_lines(shell))

    def test_holds_the_buyer_where_that_is_asked_for_and_written_down(self, shell: Shell) -> None:
        made = shell.run("export", BUYER, "--show-buyer")
        assert "Jörg" in made.out
        lines = shell.run("journal", "export").json["entries"]
        reveals = [line["data"]["by"] for line in lines if line["kind"] == "reveal"]
        assert reveals == ["export --show-buyer"]
        assert "Jörg" not in json.dumps(lines, ensure_ascii=False)

    def test_does_not_repeat_the_mail_that_the_id_was_found_in(self, shell: Shell) -> None:
        made = shell.run("export", f"Dear Jane Doe, your {V1_ID} is on its way")
        assert made.code == 0
        assert "Jane" not in made.out


class TestItsFile:
    def test_is_for_its_owner_alone(self, shell: Shell, tmp_path: Path) -> None:
        path = tmp_path / "ticket.json"
        answer = shell.run("export", V1_ID, "-o", str(path))
        assert answer.code == 0
        assert answer.out == ""
        assert "Written to" in answer.err
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert list(json.loads(path.read_text(encoding="utf-8"))) == KEYS

    def test_in_json_is_told_in_json(self, shell: Shell, tmp_path: Path) -> None:
        path = tmp_path / "ticket.json"
        told = shell.run("export", V1_ID, "-o", str(path), "--json").json
        assert told["file"] == str(path)
        assert told["buyer_data"] is False
        assert told["requests"] == len(json.loads(path.read_text(encoding="utf-8"))["requests"])

    def test_is_never_replaced_unasked_and_nothing_is_asked_of_amazon(
        self, shell: Shell, tmp_path: Path
    ) -> None:
        path = tmp_path / "ticket.json"
        path.write_text("mine", encoding="utf-8")
        answer = shell.run("export", V1_ID, "-o", str(path), "--json")
        assert answer.code == 2
        assert answer.json["error"]["code"] == "file"
        assert "--force" in answer.json["error"]["hint"]
        assert path.read_text(encoding="utf-8") == "mine"
        assert shell.server.world.log.entries() == []
        assert shell.run("export", V1_ID, "-o", str(path), "--force").code == 0
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert [file.name for file in tmp_path.iterdir() if file.name.startswith("tmp")] == []

    def test_that_can_t_be_written_is_said(self, shell: Shell, tmp_path: Path) -> None:
        answer = shell.run("export", V1_ID, "-o", str(tmp_path / "no" / "where.json"))
        assert answer.code == 2
        assert "can't be written: No such file" in answer.err


def test_an_id_that_amazon_does_not_know_is_no_bundle(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "ticket.json"
    assert shell.run("export", "S01-0000000-0000000", "-o", str(path)).code == 7
    assert not path.exists()


class TestDiff:
    def test_before_and_after_a_refund(self, shell: Shell) -> None:
        shell.run("lookup", CHARGE)
        first = shell.run("diff", CHARGE)
        assert first.code == 0
        assert "nothing has changed since" in first.out
        shell.run("refund", CHARGE, "--amount", "1.00", "--confirm", "1.00 USD")
        shell.run("lookup", CHARGE)
        told = shell.run("diff", V1_ID, "--looks", "1", "2", "--json").json
        assert told["id"] == CHARGE
        assert told["compared"] == [1, 2]
        changes = {one["path"]: (one["before"], one["after"]) for one in told["changes"]}
        assert changes["refundedAmount.amount"] == ("10.00", "11.00")
        shown = shell.run("diff", CHARGE)
        assert "    - 10.00\n    + 11.00" in shown.out

    def test_asks_nobody(self, shell: Shell) -> None:
        shell.run("lookup", CHARGE)
        before = len(shell.server.world.log.entries())
        shell.run("diff", CHARGE)
        assert len(shell.server.world.log.entries()) == before

    def test_what_was_never_read_here_is_not_found(self, bare_shell: Shell) -> None:
        answer = bare_shell.run("diff", CHARGE, "--json")
        assert answer.code == 7
        assert answer.json["looks"] == []

    @pytest.mark.parametrize("looks", [("0", "1"), ("1", "9")])
    def test_a_look_that_is_not_there_is_wrong_usage(
        self, shell: Shell, looks: tuple[str, str]
    ) -> None:
        shell.run("lookup", CHARGE)
        answer = shell.run("diff", CHARGE, "--looks", *looks)
        assert answer.code == 2
        assert "from 1 to 1" in answer.err


class TestCurl:
    def test_is_printed_without_asking_anybody(self, shell: Shell) -> None:
        answer = shell.run("curl", V1_ID)
        assert answer.code == 0
        assert "# Signed by nobody" in answer.out
        assert f"--url {shell.server.url}/v2/charges/{CHARGE}" in answer.out
        assert shell.server.world.log.entries() == []
        assert shell.run("curl", V1_ID, "--json").json["id"] == CHARGE

    def test_an_id_of_the_other_environment_is_held_back(self, shell: Shell) -> None:
        assert shell.run("curl", "P01-1840276-5529301").code == 6


def test_a_wrong_key_is_called_so_on_the_command_line(shell: Shell) -> None:
    """The key of the profile is not the one that the server knows."""
    from console.keys import make_key

    (shell.folder / "key.pem").write_bytes(make_key()[0])
    shell.run("profile", "remove", "acme", "--yes")
    assert shell.add_profile().code == 0
    answer = shell.run("lookup", V1_ID, "--json")
    assert answer.code == 8
    error = answer.json["error"]
    assert "does not belong to public key id SANDBOX-TEST" in error["message"]
    assert "Integration Central" in error["hint"]
    assert not SIGNATURE.search(answer.out + answer.err)
