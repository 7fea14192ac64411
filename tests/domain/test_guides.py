"""What takes more than one step, or can't be had: each way is told only where it is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from console.domain.guides import fixed_life, over_charge, reduce_charge
from console.domain.money import Money

from .builders import AGREEMENT, CHARGE, NOW, ORDER, charge, order, permission, stamp

AUTHORIZED = charge("Authorized", "40.00 USD")


def more(
    wanted: str,
    balance: str | None = "100.00 USD",
    state: str = "Chargeable",
    limit: str = "100.00 USD",
    id: str = ORDER,
) -> str:
    of = permission(state, balance=balance, limit=limit, id=id)
    return over_charge(order(AUTHORIZED, permission=of), AUTHORIZED, Money.from_text(wanted))


class TestMoreThanWasAuthorized:
    def test_a_second_charge_over_the_rest(self) -> None:
        said = more("55.00 USD")
        assert said.startswith(
            "Collect 40.00 USD with this charge, and the other 15.00 USD with a charge of its own:"
            f" `payconsole authorize {ORDER} --amount 15.00 --capture`."
        )

    def test_or_one_charge_over_everything_where_there_is_room_beside_the_old_one(self) -> None:
        one_payment = "Or, for one payment: authorize 55.00 USD anew"
        assert one_payment in more("55.00 USD", balance="55.00 USD")
        assert one_payment in more("55.00 USD", balance=None)
        for balance in ("54.99 USD", "15.00 USD"):
            said = more("55.00 USD", balance=balance)
            assert "the other 15.00 USD" in said
            assert one_payment not in said

    def test_no_more_than_the_permission_has_room_for(self) -> None:
        assert more("55.00 USD", balance="14.99 USD") == (
            "The permission has room for 14.99 USD more, not for 15.00 USD: ask the buyer for a new"
            " checkout over the rest."
        )

    def test_no_more_than_the_limit_of_the_order(self) -> None:
        """The balance may not count this very authorization yet."""
        said = "The order's limit is 50.00 USD, so 50.01 USD can't be collected with it"
        assert said in more("50.01 USD", balance="50.00 USD", limit="50.00 USD")
        assert "limit" not in more("50.00 USD", balance="50.00 USD", limit="50.00 USD")

    def test_the_limit_of_a_month_is_no_limit_of_the_order(self) -> None:
        monthly = more("100.01 USD", balance="900.00 USD", id=AGREEMENT)
        assert monthly.startswith("Collect 40.00 USD with this charge")

    @pytest.mark.parametrize("state", ["NonChargeable", "Closed", "SomethingNew"])
    def test_no_further_charge_where_the_permission_takes_none(self, state: str) -> None:
        assert more("55.00 USD", state=state) == (
            f"The permission is {state}, so no further charge can be made: ask the buyer for a new"
            " checkout over the rest."
        )

    def test_without_figures_only_the_direction(self) -> None:
        vague = "Authorize a new charge for the rest, where the permission allows it."
        bare = replace(AUTHORIZED, amount=None)
        whole, wanted = order(AUTHORIZED, permission=permission()), Money.from_text("55.00 USD")
        assert over_charge(whole, bare, wanted) == vague
        assert over_charge(order(AUTHORIZED), AUTHORIZED, wanted) == vague
        assert over_charge(whole, AUTHORIZED, Money.from_text("55.00 EUR")) == vague


def test_less_is_captured_and_the_rest_goes_back() -> None:
    said = reduce_charge(AUTHORIZED)
    assert "what remains of 40.00 USD goes back to the buyer" in said
    assert "captured once" in said


def life(**left: float) -> str:
    expires = NOW + timedelta(**left)
    created = (expires - timedelta(days=180)).strftime("%Y%m%dT%H%M%SZ")
    of = permission(created=created, expires=expires.strftime("%Y%m%dT%H%M%SZ"))
    return fixed_life(order(AUTHORIZED, permission=of))


class TestALifeThatCanNotBeMoved:
    @pytest.mark.parametrize(
        ("left", "said"),
        [
            ({"days": 20}, "It expires on 2024-06-13, in 20 days, a life of 180 days."),
            ({"days": 1}, "It expires on 2024-05-25, in 1 day, a life of 180 days."),
            ({"hours": 23, "minutes": 59}, "It expires on 2024-05-25, in 23 hours"),
            ({"hours": 1}, "It expires on 2024-05-24, in 1 hour, a life of"),
            ({"minutes": 59}, "It expires on 2024-05-24, in less than an hour, a"),
            ({"hours": 2}, "It expires on 2024-05-24, in 2 hours, a life of 180 days."),
            ({"seconds": 0}, "It expired on 2024-05-24, a life of 180 days."),
            ({"days": -3}, "It expired on 2024-05-21, a life of 180 days."),
        ],
    )
    def test_how_long_it_still_lives(self, left: dict[str, float], said: str) -> None:
        assert life(**left).startswith(said)

    def test_in_its_last_second_it_has_not_expired(self) -> None:
        assert "expired" not in life(seconds=1)

    def test_a_life_of_no_known_kind_is_not_named(self) -> None:
        of = permission(created="20240519T120000Z", expires="20240601T120000Z")
        said = fixed_life(order(AUTHORIZED, permission=of))
        assert said.startswith("It expires on 2024-06-01, in 8 days. ")

    def test_without_a_time_it_is_not_guessed(self) -> None:
        unknown = "Amazon doesn't tell when it expires."
        assert fixed_life(order(AUTHORIZED, permission=permission())).startswith(unknown)
        assert fixed_life(order(AUTHORIZED)).startswith(unknown)


class TestWhatIsStillPossible:
    def test_each_object_has_its_own_sentence(self) -> None:
        said = fixed_life(order(AUTHORIZED, permission=permission()))
        assert said == (
            "Amazon doesn't tell when it expires."
            f" `payconsole capture {CHARGE} --amount …` collects it (up to 40.00 USD), or"
            f" `payconsole extend {CHARGE}` renews its authorization for 30 days."
            f" `payconsole authorize {ORDER} --amount …` reserves more (up to 100.00 USD)."
            " Later: a new checkout."
        )

    def test_what_has_lapsed_can_be_renewed_only(self) -> None:
        lapsed = charge("Authorized", expires=stamp(days=1))
        said = fixed_life(order(lapsed, permission=permission()))
        assert said == (
            "Amazon doesn't tell when it expires."
            f" `payconsole authorize {ORDER} --amount …` reserves more (up to 100.00 USD)."
            f" `payconsole extend {CHARGE}` renews its authorization for 30 days."
            " Later: a new checkout."
        )

    def test_what_is_left_authorized_when_its_order_closed_can_be_captured_only(self) -> None:
        said = fixed_life(order(AUTHORIZED, permission=permission("Closed")))
        assert said == (
            "Amazon doesn't tell when it expires."
            f" `payconsole capture {CHARGE} --amount …` collects it (up to 40.00 USD)."
            " Later: a new checkout."
        )

    def test_what_has_no_known_most_names_none(self) -> None:
        said = fixed_life(order(AUTHORIZED, permission=permission(limit=None, balance=None)))
        assert f"`payconsole authorize {ORDER} --amount …` reserves more." in said

    def test_nothing_that_is_not_allowed(self) -> None:
        said = fixed_life(order(charge("Canceled"), permission=permission("Closed")))
        assert said == "Amazon doesn't tell when it expires. Later: a new checkout."

    def test_charges_that_are_not_known_here_can_be_named(self) -> None:
        said = fixed_life(order(permission=permission("Closed")))
        assert said == (
            "Amazon doesn't tell when it expires. With a charge's own id it can be captured, or its"
            " authorization renewed. Later: a new checkout."
        )
