"""What a state, a reason code or an error means, who can mend it, and what to say to the buyer.

Three words are never mixed: something is *requested* when it was sent, *initiated* when Amazon
took it and works on it, and *done* when it is final. Where Amazon's pages leave something open
the sentence leaves it open too, and a word that isn't known here is shown as Amazon wrote it.

Sources: the Charge Permission, Charge, Refund, Checkout Session, Dispute and Error handling
pages; "Deferred transactions" and "Manage recurring payments"; the v1 pages of states, reason
codes and errors.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Literal
from urllib.parse import quote

from console.domain.codes import ANY
from console.domain.language import N_, _, sentences, together
from console.domain.listed import listed

Tone = Literal["good", "neutral", "waiting", "warning", "bad"]
Who = Literal["buyer", "merchant", "Amazon", "nobody needs to", "not known"]


@dataclass(frozen=True)
class Explanation:
    """What it means, who can mend it, the next step, a sentence for the buyer, and its colour.

    `known` is False where Amazon answered something that isn't in these tables. The tables hold
    the English sentences; `told` is what leaves them.
    """

    meaning: str
    who: Who
    next_step: str
    say_to_buyer: str
    tone: Tone
    known: bool = True

    def told(self) -> Explanation:
        """The same in the language of the reader; `who` and `tone` are codes."""
        return replace(
            self,
            meaning=_(self.meaning),
            next_step=_(self.next_step),
            say_to_buyer=_(self.say_to_buyer),
        )


E = Explanation

_NOBODY: Final[Who] = "nobody needs to"

# Sentences for the buyer that serve several causes.
_SAY_UPDATE: Final = N_(
    "Amazon Pay couldn't use your payment method. Please sign in to your Amazon account and "
    "update it or choose another one."
)
_SAY_AGAIN: Final = N_(
    "Amazon Pay couldn't process this payment. Please place the order again or pay in another way."
)
_SAY_OURS: Final = N_(
    "We have a technical problem on our side. We are working on it and will come back to you."
)
_SAY_CHECKING: Final = N_(
    "We are checking with Amazon Pay whether it went through and will tell you."
)
_SAY_LATER: Final = N_("Amazon Pay couldn't process this at the moment. We are looking into it.")
_SAY_IF_UNPAID: Final = N_(
    "Amazon Pay takes no further payment for this order. If something is still to be paid, please "
    "check out again or pay in another way."
)
_SAY_ENDED: Final = N_("No new payment will be started for this order.")
_SAY_NOT_CHARGED: Final = N_(
    "This payment was canceled. Your bank may take some days to lift a hold on the amount."
)
_SAY_PAID: Final = N_("Your payment arrived.")
_SAY_PENDING: Final = N_("Amazon Pay is still checking your payment. We will tell you the result.")
_SAY_NO_REFUND: Final = N_(
    "Amazon Pay couldn't make this refund: it hasn't returned the money to you. We are looking "
    "for another way and will tell you."
)
_SAY_NO_MORE_REFUND: Final = N_(
    "Amazon Pay can't refund more of this payment. If you are still to get money, we will look "
    "for another way and tell you."
)
_SAY_STATE: Final = N_("We are looking at the state of your payment.")
_SAY_DETAILS: Final = N_(
    "We couldn't change the details of your order at Amazon Pay. Your payment is not affected "
    "by that."
)
_SAY_REFUND_INITIATED: Final = N_(
    "Your refund is initiated at Amazon Pay. The money hasn't been returned yet; we will tell "
    "you the result."
)
_SAY_REFUNDED: Final = N_(
    "Your refund is done. Depending on your bank it can take some days until you see the money."
)

# The same, where it is known how much it is about.
SAY_WITH_AMOUNT: Final = {
    _SAY_PAID: N_("Your payment of {amount} arrived."),
    _SAY_REFUND_INITIATED: N_(
        "Your refund of {amount} is initiated at Amazon Pay. The money hasn't been returned yet; "
        "we will tell you the result."
    ),
    _SAY_REFUNDED: N_(
        "Your refund of {amount} is done. Depending on your bank it can take some days until you "
        "see the money."
    ),
}

_NEXT_UPDATE: Final = N_(
    "Ask the buyer to update the payment method in their Amazon account; then look again "
    "whether the permission is Chargeable."
)
_ASK_FOR_THE_CAUSE: Final = N_("Ask Amazon Pay support for the cause, if it matters.")
NEXT_CHECKOUT: Final = N_("If something is still to be paid, the buyer must check out again.")

# --- charge permission -----------------------------------------------------------------------

_CP_CLOSED: Final = E(
    N_(
        "The permission has ended: no new charge can be made. That is its normal end once "
        "everything is captured. What was captured can still be refunded."
    ),
    _NOBODY,
    sentences(N_("Nothing, if the order is paid."), NEXT_CHECKOUT),
    _SAY_ENDED,
    "neutral",
)
_CP_CLOSED_PAID: Final = E(
    N_(
        "Everything is captured, and the permission closed as it should. Refunds are still "
        "possible."
    ),
    _NOBODY,
    N_("Nothing."),
    N_("Your order was paid in full."),
    "good",
)
_SUSPENDED: Final = E(
    N_(
        "Amazon allows no new charge at the moment; the reasons say why, most often the payment "
        "method. What was captured can still be refunded."
    ),
    "buyer",
    _NEXT_UPDATE,
    _SAY_UPDATE,
    "warning",
)
_METHOD_INVALID: Final = E(
    N_("The last charge was declined because of the payment method."),
    "buyer",
    _NEXT_UPDATE,
    _SAY_UPDATE,
    "warning",
)
_METHOD_DELETED: Final = E(
    N_("The buyer deleted the payment method."),
    "buyer",
    N_("Ask the buyer to choose a payment method in their Amazon account; then look again."),
    N_(
        "The payment method of this order was deleted from your Amazon account. Please choose "
        "another one there."
    ),
    "warning",
)
_ADDRESS_DELETED: Final = E(
    N_("The buyer deleted the billing address of the payment method."),
    "buyer",
    N_("Ask the buyer to set a billing address in their Amazon account; then look again."),
    N_(
        "The billing address of your payment method is missing. Please set one in your Amazon "
        "account."
    ),
    "warning",
)
_METHOD_EXPIRED: Final = E(
    N_("The payment method has expired."),
    "buyer",
    _NEXT_UPDATE,
    N_("Your payment method has expired. Please update it in your Amazon account."),
    "warning",
)
_EXPIRED: Final = E(
    N_(
        "The permission's time ran out: 180 days or 13 months for a one-time order, its own date "
        "for a recurring one. It can't be opened again; what was captured can still be refunded."
    ),
    "buyer",
    NEXT_CHECKOUT,
    N_(
        "The payment authorization for this order has expired. If something is still to be paid, "
        "please check out again."
    ),
    "neutral",
)
_CLOSED_BY_MERCHANT: Final = E(
    N_(
        "The merchant closed it. A charge that was left authorized may still be captured; what was "
        "captured can still be refunded."
    ),
    _NOBODY,
    N_("Nothing, if that was meant. See whether an authorized charge is left."),
    _SAY_ENDED,
    "neutral",
)
_CANCELED_BY_MERCHANT: Final = E(
    N_(
        "The merchant canceled it: no new charge can be made. What was captured can still be "
        "refunded."
    ),
    _NOBODY,
    sentences(N_("Nothing, if that was meant."), NEXT_CHECKOUT),
    N_(
        "We ended the Amazon Pay authorization for this order: no new payment can be started with "
        "it."
    ),
    "neutral",
)
_CANCELED_BY_AMAZON: Final = E(
    N_("Amazon canceled it. It doesn't say more here."),
    "buyer",
    sentences(NEXT_CHECKOUT, _ASK_FOR_THE_CAUSE),
    _SAY_IF_UNPAID,
    "bad",
)
_CLOSED_BY_AMAZON: Final = E(
    N_(
        "Amazon closed it: normally because everything was captured, else because of fraud or "
        "another problem. The captured amount tells which."
    ),
    _NOBODY,
    sentences(N_("Compare the captured amount with the order."), NEXT_CHECKOUT),
    _SAY_ENDED,
    "neutral",
)
_CLOSED_UNPAID: Final = E(
    N_(
        "Amazon closed it before everything was captured; it doesn't say why (fraud is one cause). "
        "What was captured can still be refunded."
    ),
    "buyer",
    sentences(NEXT_CHECKOUT, _ASK_FOR_THE_CAUSE),
    _SAY_IF_UNPAID,
    "warning",
)
_ENDED_BY_BUYER: Final = E(
    N_("The buyer ended it. No new charge can be made."),
    "buyer",
    N_("Respect it: stop the subscription. To go on, the buyer must check out again."),
    N_(
        "According to Amazon Pay you ended this payment authorization. To go on, please check out "
        "again."
    ),
    "warning",
)

# --- charge ----------------------------------------------------------------------------------

_AUTHORIZATION_INITIATED: Final = E(
    N_("The authorization is initiated: Amazon decides within 24 hours."),
    "Amazon",
    N_("Wait; it becomes Authorized or Declined. It can still be canceled. Don't ship yet."),
    _SAY_PENDING,
    "waiting",
)
_AUTHORIZED: Final = E(
    N_(
        "The amount is reserved and not captured. For 7 days it can be captured without delay; it "
        "lapses 30 days after it was authorized, in the sandbox perhaps sooner: its own expiry "
        "date counts."
    ),
    "merchant",
    N_("Capture it when the goods are shipped, or cancel it to free the amount."),
    N_("The amount is reserved. It hasn't been charged yet."),
    "good",
)
_CAPTURE_INITIATED: Final = E(
    N_(
        "The capture is initiated: the money hasn't arrived yet. That is normal more than 7 days "
        "after the authorization."
    ),
    "Amazon",
    N_("Wait; it becomes Captured or Declined. It can't be canceled any more."),
    N_("Your payment is being processed. We will tell you the result."),
    "waiting",
)
_CAPTURED: Final = E(
    N_("The capture is done: the amount was charged. It can be refunded."),
    _NOBODY,
    N_("Nothing."),
    _SAY_PAID,
    "good",
)
_CHARGE_CANCELED: Final = E(
    N_("The charge was canceled before it was captured: it takes no money."),
    _NOBODY,
    N_("If the amount is still wanted, create a new charge while the permission is Chargeable."),
    _SAY_NOT_CHARGED,
    "neutral",
)
_CHARGE_DECLINED: Final = E(
    N_("The authorization or the capture was declined: this charge brought no money."),
    "merchant",
    N_(
        "Look at the permission: if it is Chargeable, one more charge may be tried; else the buyer "
        "must mend the payment method or check out again."
    ),
    _SAY_LATER,
    "bad",
)
_LAPSED: Final = E(
    N_(
        "Nobody captured it in time: an authorization lapses after 30 days (v1's sandbox: 2 days). "
        "The amount is free again."
    ),
    "merchant",
    N_(
        "If the amount is still wanted and the permission is Chargeable, create a new charge and "
        "capture it in time."
    ),
    _SAY_NOT_CHARGED,
    "warning",
)
_CHARGE_CANCELED_BY_AMAZON: Final = E(
    N_("Amazon canceled the charge. It doesn't say more here."),
    "merchant",
    N_(
        "Look at the permission: if it is Chargeable, a new charge may be tried; else the buyer "
        "must check out again."
    ),
    N_("Amazon Pay canceled this payment. We are checking whether it can be tried again."),
    "bad",
)
_CHARGE_CANCELED_BY_MERCHANT: Final = E(
    N_("The merchant canceled the charge; the amount is free again."),
    _NOBODY,
    N_("Nothing, if that was meant."),
    _SAY_NOT_CHARGED,
    "neutral",
)
_CANCELED_WITH_PERMISSION: Final = E(
    N_("It was canceled together with its permission (its order, in v1)."),
    _NOBODY,
    sentences(N_("Nothing, if that was meant."), NEXT_CHECKOUT),
    _SAY_NOT_CHARGED,
    "neutral",
)
_SOFT_DECLINED: Final = E(
    N_("Declined, but perhaps only for now: another attempt may succeed or not."),
    "merchant",
    N_(
        "Look at the permission; if it is Chargeable, try once more, later. If it stays declined, "
        "ask the buyer for another payment method."
    ),
    N_(
        "Amazon Pay couldn't take the payment just now. We may try again; if it fails again, "
        "please choose another payment method in your Amazon account."
    ),
    "warning",
)
_NOT_AS_IT_IS: Final = N_("Don't try again as it is.")
_HARD_DECLINED: Final = E(
    N_("Declined for good with this payment method: another attempt will not succeed."),
    "buyer",
    sentences(
        _NOT_AS_IT_IS,
        N_(
            "For a recurring or saved payment the buyer changes the payment method in their Amazon "
            "account; for a one-time order the buyer may have to check out again."
        ),
    ),
    _SAY_UPDATE,
    "bad",
)
# The same, where it is known whether the order ends with this charge.
AFTER_HARD_DECLINE: Final = {
    True: sentences(_NOT_AS_IT_IS, N_("The buyer may have to check out again.")),
    False: sentences(
        _NOT_AS_IT_IS, N_("The buyer changes the payment method in their Amazon account.")
    ),
}
_REJECTED: Final = E(
    N_("Amazon refused the payment, and the permission is gone with it: it was canceled too."),
    "buyer",
    N_("Don't try again. The buyer must check out again or pay in another way."),
    _SAY_AGAIN,
    "bad",
)
_CAPTURE_REJECTED: Final = E(
    N_("Amazon refused the capture."),
    "merchant",
    N_(
        "Don't repeat it as it is. Only if the authorization is still open may a capture be tried "
        "again; else a new authorization is needed."
    ),
    N_(
        "Amazon Pay didn't accept this payment. We are checking how it can be paid and will tell "
        "you."
    ),
    "bad",
)
_PROCESSING_FAILURE: Final = E(
    N_("Amazon couldn't process it because of a fault of its own."),
    "merchant",
    N_("Look at the permission: only if it is Chargeable, create a new charge."),
    _SAY_LATER,
    "bad",
)
_TIMED_OUT: Final = E(
    N_("Amazon didn't reach a decision in time, so it declined."),
    "merchant",
    N_(
        "Look at the permission; if it is Chargeable, one more charge may be tried, or the buyer "
        "chooses another payment method. If it is frequent, let the authorization be asynchronous "
        "(canHandlePendingAuthorization)."
    ),
    N_(
        "Amazon Pay couldn't decide in time. We may try again, or you can choose another payment "
        "method."
    ),
    "warning",
)
_ATYPICAL: Final = E(
    N_("Amazon sees signs of unusual activity and warns: don't ship."),
    "merchant",
    N_("Hold the shipment and ask Amazon Pay support before going on."),
    N_("Your order is being checked. We will come back to you."),
    "warning",
)

# --- refund ----------------------------------------------------------------------------------

_REFUND_INITIATED: Final = E(
    N_(
        "The refund is initiated: the money hasn't been returned yet, and Amazon can still "
        "decline it."
    ),
    "Amazon",
    N_("Wait; it becomes Refunded or Declined. It can't be canceled."),
    _SAY_REFUND_INITIATED,
    "waiting",
)
_REFUNDED: Final = E(
    N_(
        "The refund is done: Amazon returned the money. The buyer's bank can take some days to "
        "show it."
    ),
    _NOBODY,
    N_("Nothing."),
    _SAY_REFUNDED,
    "good",
)
_REFUND_DECLINED: Final = E(
    N_("Amazon declined the refund: the buyer has not got the money from it."),
    "merchant",
    N_("Find the cause, then refund again or in another way (bank transfer, voucher)."),
    _SAY_NO_REFUND,
    "bad",
)
_REFUND_REJECTED: Final = E(
    N_(
        "Amazon declined the refund, for instance because the merchant account's balance is "
        "negative: the buyer has not got the money from it."
    ),
    "merchant",
    N_(
        "Check the balance in Seller Central. Once it is settled refund again, or refund in "
        "another way (bank transfer, voucher)."
    ),
    _SAY_NO_REFUND,
    "bad",
)
_REFUND_FAILED: Final = E(
    N_(
        "Amazon couldn't make the refund: a fault of its own, or the buyer already got the money "
        "through an A-to-z claim or a chargeback. From this refund the buyer has not got it."
    ),
    "merchant",
    N_(
        "First look for a claim or chargeback, or the buyer may be paid twice. Without one, and "
        "while the charge is Captured, refund again; else refund in another way."
    ),
    N_(
        "This refund couldn't be made. We are checking whether you were already refunded in "
        "another way."
    ),
    "bad",
)

# --- checkout session, dispute, v1 only ------------------------------------------------------

_SESSION_ENDED: Final = E(
    N_("The checkout ended without an order."),
    "buyer",
    N_("The buyer must check out again. A reason code, if there is one, tells why."),
    N_("Your checkout wasn't completed. Please check out again."),
    "warning",
)
_DRAFT: Final = E(
    N_("The buyer began a v1 checkout that was never confirmed. There is nothing to charge."),
    _NOBODY,
    N_("Nothing: Amazon lets it lapse."),
    N_("This checkout was never completed."),
    "neutral",
)
_STALE: Final = E(
    N_("It wasn't confirmed within 3 hours, so Amazon canceled it. Nothing was charged."),
    "buyer",
    NEXT_CHECKOUT,
    N_("Your checkout wasn't completed in time. Please check out again."),
    "neutral",
)
_LIMIT_OF_AUTHORIZATIONS: Final = E(
    N_("It reached the number of authorizations that v1 allowed, so it closed."),
    "buyer",
    NEXT_CHECKOUT,
    _SAY_ENDED,
    "warning",
)
_V1_OPEN: Final = E(
    N_(
        "The v1 object is open: it can be charged. In v2 it is Chargeable; an order that is "
        "already captured can be Closed there and still Open here."
    ),
    _NOBODY,
    N_("Create a charge, or close it when nothing more will be charged."),
    N_("Your payment authorization is in order."),
    "good",
)
_V1_CANCELED: Final = E(
    N_("It was canceled: no payment can be made on it."),
    _NOBODY,
    NEXT_CHECKOUT,
    N_("This order's payment was canceled."),
    "neutral",
)
_V1_AUTHORIZATION_CAPTURED: Final = E(
    N_("The capture is done, and the authorization closed as it should."),
    _NOBODY,
    N_("Nothing."),
    _SAY_PAID,
    "good",
)
_V1_AUTHORIZATION_CLOSED: Final = E(
    N_("The authorization is closed: captured if the reason says so, else canceled."),
    _NOBODY,
    N_("Look at the charge (the id with C for A) for its real state."),
    _SAY_STATE,
    "neutral",
)
_V1_CAPTURE_CLOSED: Final = E(
    N_(
        "The capture can't be refunded any further: usually because it was refunded as far as "
        "allowed."
    ),
    _NOBODY,
    N_("Nothing, if the buyer got the money; look at the charge for the refunded amount."),
    N_("Your payment was refunded as far as Amazon Pay allows; we are checking the amount."),
    "neutral",
)
_DISPUTE_WARNING: Final = N_("A refund now can pay the buyer twice.")

STATES: Final[dict[tuple[str, str], Explanation]] = {
    ("charge_permission", "Chargeable"): E(
        N_("The buyer's consent stands: it can be charged up to its limit."),
        _NOBODY,
        N_("Create a charge, or close it when nothing more will be charged."),
        N_("Your payment authorization is in order."),
        "good",
    ),
    ("charge_permission", "NonChargeable"): _SUSPENDED,
    ("charge_permission", "Closed"): _CP_CLOSED,
    ("charge", "AuthorizationInitiated"): _AUTHORIZATION_INITIATED,
    ("charge", "Authorized"): _AUTHORIZED,
    ("charge", "CaptureInitiated"): _CAPTURE_INITIATED,
    ("charge", "Captured"): _CAPTURED,
    ("charge", "Canceled"): _CHARGE_CANCELED,
    ("charge", "Declined"): _CHARGE_DECLINED,
    ("refund", "RefundInitiated"): _REFUND_INITIATED,
    ("refund", "Refunded"): _REFUNDED,
    ("refund", "Declined"): _REFUND_DECLINED,
    ("refund", "Pending"): _REFUND_INITIATED,
    ("refund", "Completed"): _REFUNDED,
    ("checkout_session", "Open"): E(
        N_("The buyer is still checking out; there is no payment yet. It ends after 24 hours."),
        "buyer",
        N_("Wait for the buyer, or let the shop complete it."),
        N_("Please finish your checkout."),
        "waiting",
    ),
    ("checkout_session", "Completed"): E(
        N_(
            "The checkout is done and can't be used again. Its permission and charge hold the "
            "payment; Amazon deletes the session 30 days after it was created."
        ),
        _NOBODY,
        N_("Look up the permission or the charge that it names."),
        N_("Your checkout is complete."),
        "good",
    ),
    ("checkout_session", "Canceled"): _SESSION_ENDED,
    ("dispute", "UnderReview"): E(
        sentences(N_("A dispute is being reviewed."), _DISPUTE_WARNING),
        "Amazon",
        N_("Wait for the decision; don't refund before it unless that is agreed."),
        N_("Your dispute is being reviewed. We wait for the decision."),
        "waiting",
    ),
    ("dispute", "ActionRequired"): E(
        sentences(N_("A dispute waits for an answer, and it has a deadline."), _DISPUTE_WARNING),
        "merchant",
        N_(
            "Answer before the deadline that the dispute shows: contest it with evidence, or "
            "accept it."
        ),
        N_("We are looking into your dispute."),
        "bad",
    ),
    ("dispute", "Resolved"): E(
        N_("The dispute was decided; its resolution says for whom."),
        _NOBODY,
        N_("Read the resolution before any refund."),
        N_("Your dispute was decided."),
        "neutral",
    ),
    ("dispute", "Closed"): E(
        N_("The dispute is closed; its resolution, if it has one, says for whom."),
        _NOBODY,
        N_("Read the resolution before any refund."),
        N_("Your dispute is closed."),
        "neutral",
    ),
    # Which party a dispute was decided for.
    ("dispute_resolution", "BuyerWon"): E(
        N_(
            "Decided for the buyer, who normally gets the money through the dispute. A refund "
            "beside it would pay twice."
        ),
        _NOBODY,
        N_("Don't refund it."),
        N_("Your dispute was decided in your favor."),
        "bad",
    ),
    ("dispute_resolution", "MerchantWon"): E(
        N_("Decided for the merchant."),
        _NOBODY,
        N_("Nothing."),
        N_("Your dispute was decided in the seller's favor."),
        "good",
    ),
    ("dispute_resolution", "NoFault"): E(
        N_("Decided without fault on either side. Who bears the amount isn't said here."),
        "merchant",
        N_("See in Seller Central who bears the amount before any refund."),
        N_("Your dispute was decided; neither side was found at fault."),
        "neutral",
    ),
    # The v1 words of the objects whose v2 names differ.
    ("order_reference", "Draft"): _DRAFT,
    ("order_reference", "Open"): _V1_OPEN,
    ("order_reference", "Suspended"): _SUSPENDED,
    ("order_reference", "Canceled"): _V1_CANCELED,
    ("order_reference", "Closed"): _CP_CLOSED,
    ("billing_agreement", "Draft"): _DRAFT,
    ("billing_agreement", "Open"): _V1_OPEN,
    ("billing_agreement", "Suspended"): _SUSPENDED,
    ("billing_agreement", "Canceled"): _V1_CANCELED,
    ("billing_agreement", "Closed"): _CP_CLOSED,
    ("authorization", "Pending"): _AUTHORIZATION_INITIATED,
    ("authorization", "Open"): _AUTHORIZED,
    ("authorization", "Declined"): _CHARGE_DECLINED,
    ("authorization", "Closed"): _V1_AUTHORIZATION_CLOSED,
    ("capture", "Pending"): _CAPTURE_INITIATED,
    ("capture", "Completed"): _CAPTURED,
    ("capture", "Declined"): _CHARGE_DECLINED,
    ("capture", "Closed"): _V1_CAPTURE_CLOSED,
}


def _filing(meaning: str, next_step: str) -> Explanation:
    return E(
        sentences(meaning, _DISPUTE_WARNING),
        "merchant",
        next_step,
        N_("We are looking into your dispute."),
        "warning",
    )


STATES.update(
    {
        ("dispute_filing_reason", reason): _filing(meaning, next_step)
        for reason, (meaning, next_step) in {
            "ProductNotReceived": (
                N_("The buyer disputes the payment: the goods didn't arrive."),
                N_("Answer before the dispute's deadline; proof of delivery can help."),
            ),
            "ProductUnacceptable": (
                N_("The buyer disputes the payment: the goods were damaged or not as described."),
                N_(
                    "Answer before the dispute's deadline; a description of what was sold can help."
                ),
            ),
            "ProductNoLongerNeeded": (
                N_("The buyer disputes the payment: the goods aren't wanted any more."),
                N_(
                    "Answer before the dispute's deadline; the terms that the buyer agreed to can "
                    "help."
                ),
            ),
            "CreditNotProcessed": (
                N_("The buyer disputes the payment: a promised refund didn't arrive."),
                N_("Answer before the dispute's deadline; the refund's id and state can help."),
            ),
            "Overcharged": (
                N_("The buyer disputes the payment: the amount is too high."),
                N_("Answer before the dispute's deadline; the order and the receipt can help."),
            ),
            "DuplicateCharge": (
                N_("The buyer disputes the payment: it was charged twice."),
                N_(
                    "Answer before the dispute's deadline; showing that the charges are for "
                    "different orders can help."
                ),
            ),
            "SubscriptionCancelled": (
                N_("The buyer disputes the payment: the subscription had been canceled."),
                N_(
                    "Answer before the dispute's deadline; the date of the cancellation and the "
                    "terms can help."
                ),
            ),
            "Unrecognized": (
                N_("The buyer disputes the payment: the buyer doesn't recognize it."),
                N_(
                    "Answer before the dispute's deadline; the order and where it was delivered "
                    "can help."
                ),
            ),
            "Fraudulent": (
                N_("The buyer disputes the payment: the buyer says they didn't make it."),
                N_(
                    "Answer before the dispute's deadline; proof of delivery and of who ordered "
                    "can help."
                ),
            ),
            "Other": (
                N_("The buyer disputes the payment: for another cause."),
                N_("Answer before the dispute's deadline; the history of the order can help."),
            ),
        }.items()
    }
)

REASONS: Final[dict[tuple[str, str, str], Explanation]] = {
    ("charge_permission", "NonChargeable", "PaymentMethodInvalid"): _METHOD_INVALID,
    ("charge_permission", "NonChargeable", "PaymentMethodDeleted"): _METHOD_DELETED,
    ("charge_permission", "NonChargeable", "BillingAddressDeleted"): _ADDRESS_DELETED,
    ("charge_permission", "NonChargeable", "PaymentMethodExpired"): _METHOD_EXPIRED,
    ("charge_permission", "NonChargeable", "PaymentMethodNotAllowed"): E(
        N_("The payment method can't be used for this payment."),
        "buyer",
        N_("Ask the buyer to choose another payment method in their Amazon account."),
        N_(
            "This payment method can't be used here. Please choose another one in your Amazon "
            "account."
        ),
        "warning",
    ),
    ("charge_permission", "NonChargeable", "PaymentMethodNotSet"): E(
        N_("No payment method is chosen."),
        "buyer",
        N_("Ask the buyer to choose a payment method in their Amazon account; then look again."),
        N_("No payment method is chosen for this order. Please choose one in your Amazon account."),
        "warning",
    ),
    ("charge_permission", "NonChargeable", "ChargeInProgress"): E(
        N_("A charge is already in progress, and Amazon allows no second one beside it."),
        "merchant",
        N_("Wait until that charge is final, or cancel it first."),
        _SAY_PENDING,
        "waiting",
    ),
    ("charge_permission", "NonChargeable", "MFAFailed"): E(
        N_("The buyer didn't pass the verification that their bank or Amazon asked for."),
        "buyer",
        N_("Ask the buyer to verify the payment or to choose another payment method."),
        N_(
            "The verification of your payment wasn't completed. Please verify it or choose another "
            "payment method."
        ),
        "warning",
    ),
    ("charge_permission", "NonChargeable", "AmountNotSet"): E(
        N_(
            "Amazon says that no amount is set. What sets it isn't documented; probably the "
            "checkout was made without one."
        ),
        "merchant",
        N_("Look at the limits of the permission; ask Amazon Pay support if an amount is there."),
        _SAY_OURS,
        "warning",
    ),
    ("charge_permission", "Closed", "MerchantClosed"): _CLOSED_BY_MERCHANT,
    ("charge_permission", "Closed", "MerchantCanceled"): _CANCELED_BY_MERCHANT,
    ("charge_permission", "Closed", "BuyerCanceled"): _ENDED_BY_BUYER,
    ("charge_permission", "Closed", "BuyerClosed"): _ENDED_BY_BUYER,
    ("charge_permission", "Closed", "AmazonCanceled"): _CANCELED_BY_AMAZON,
    ("charge_permission", "Closed", "AmazonClosed"): _CLOSED_BY_AMAZON,
    ("charge_permission", "Closed", "Expired"): _EXPIRED,
    ("charge", "Canceled", "ExpiredUnused"): _LAPSED,
    ("charge", "Canceled", "AmazonCanceled"): _CHARGE_CANCELED_BY_AMAZON,
    ("charge", "Canceled", "MerchantCanceled"): _CHARGE_CANCELED_BY_MERCHANT,
    ("charge", "Canceled", "ChargePermissionCanceled"): _CANCELED_WITH_PERMISSION,
    ("charge", "Canceled", "BuyerCanceled"): E(
        N_("The buyer canceled the charge."),
        "buyer",
        N_("Don't ship. To go on, the buyer must check out again."),
        N_("According to Amazon Pay you canceled this payment. To go on, please check out again."),
        "warning",
    ),
    ("charge", "Declined", "SoftDeclined"): _SOFT_DECLINED,
    ("charge", "Declined", "HardDeclined"): _HARD_DECLINED,
    ("charge", "Declined", "AmazonRejected"): _REJECTED,
    ("charge", "Declined", "ProcessingFailure"): _PROCESSING_FAILURE,
    ("charge", "Declined", "TransactionTimedOut"): _TIMED_OUT,
    ("refund", "Declined", "AmazonRejected"): _REFUND_REJECTED,
    ("refund", "Declined", "ProcessingFailure"): _REFUND_FAILED,
    ("checkout_session", "Canceled", "BuyerCanceled"): E(
        N_("The buyer left the checkout."),
        "buyer",
        N_("Nothing; the buyer can check out again."),
        N_("You canceled the checkout. You can check out again at any time."),
        "neutral",
    ),
    ("checkout_session", "Canceled", "Expired"): E(
        N_("The checkout wasn't completed within 24 hours."),
        "buyer",
        N_(
            "The buyer must check out again. If shoppers do come back from Amazon, see whether the "
            "shop completes its sessions."
        ),
        N_("Your checkout wasn't completed in time. Please check out again."),
        "warning",
    ),
    ("checkout_session", "Canceled", "AmazonCanceled"): E(
        N_("Amazon canceled the checkout, for instance because its service wasn't available."),
        "Amazon",
        N_("Let the buyer check out again, later."),
        N_("Amazon Pay wasn't available for your checkout. Please try again."),
        "warning",
    ),
    ("checkout_session", "Canceled", "Declined"): E(
        N_(
            "The payment was declined in the checkout; Amazon doesn't say why (it may be the "
            "payment method, the verification or a suspicion of fraud)."
        ),
        "buyer",
        N_("The buyer can check out again with another payment method."),
        N_("Amazon Pay declined the payment. Please check out again with another payment method."),
        "bad",
    ),
    ("dispute", ANY, "MerchantResponseRequired"): E(
        sentences(
            N_("The merchant must answer the dispute before its deadline."), _DISPUTE_WARNING
        ),
        "merchant",
        N_("Contest it with evidence, or accept it, before the deadline."),
        N_("We are looking into your dispute."),
        "bad",
    ),
    ("dispute", ANY, "MerchantAdditionalEvidencesRequired"): E(
        sentences(N_("More evidence is wanted from the merchant."), _DISPUTE_WARNING),
        "merchant",
        N_("Add the evidence before the deadline."),
        N_("We are looking into your dispute."),
        "bad",
    ),
    ("dispute", ANY, "BuyerAdditionalEvidencesRequired"): E(
        sentences(N_("More evidence is wanted from the buyer."), _DISPUTE_WARNING),
        "buyer",
        N_("Wait for the buyer's evidence."),
        N_("You were asked for more evidence in your dispute. Please send it."),
        "waiting",
    ),
    ("dispute", ANY, "MerchantAcceptedDispute"): E(
        N_(
            "The merchant accepted the dispute: the buyer normally gets the money through it. A "
            "refund beside it would pay twice."
        ),
        _NOBODY,
        N_("Don't refund it."),
        N_("We accepted your dispute."),
        "neutral",
    ),
    ("dispute", ANY, "MerchantResponseDeadlineExpired"): E(
        N_(
            "The merchant didn't answer in time, which normally decides it for the buyer; the "
            "resolution says so. A refund beside it would pay twice."
        ),
        _NOBODY,
        N_("Don't refund it before the resolution is read."),
        N_("The time to answer your dispute is over. The decision tells its result."),
        "bad",
    ),
    ("dispute", ANY, "BuyerCancelled"): E(
        N_("The buyer withdrew the dispute."),
        _NOBODY,
        N_("Nothing."),
        N_("You withdrew your dispute."),
        "good",
    ),
    ("dispute", ANY, "InvestigatorResolved"): E(
        N_("An investigator decided the dispute; its resolution says for whom."),
        _NOBODY,
        N_("Read the resolution before any refund."),
        N_("Your dispute was decided."),
        "neutral",
    ),
    ("dispute", ANY, "AutoResolved"): E(
        N_("The dispute was decided automatically; its resolution says for whom."),
        _NOBODY,
        N_("Read the resolution before any refund."),
        N_("Your dispute was decided."),
        "neutral",
    ),
    ("dispute", ANY, "ChargebackFiled"): E(
        sentences(
            N_("The buyer also went to their bank: a chargeback takes the place of the claim."),
            _DISPUTE_WARNING,
        ),
        "merchant",
        N_("Look for the chargeback's own deadline and answer it."),
        N_("You filed a chargeback with your bank; it is handled there."),
        "bad",
    ),
    # v1
    ("order_reference", "Suspended", "InvalidPaymentMethod"): _METHOD_INVALID,
    ("order_reference", "Canceled", "SellerCanceled"): _CANCELED_BY_MERCHANT,
    ("order_reference", "Canceled", "Stale"): _STALE,
    ("order_reference", "Canceled", "AmazonCanceled"): _CANCELED_BY_AMAZON,
    ("order_reference", "Closed", "Expired"): _EXPIRED,
    ("order_reference", "Closed", "MaxAmountCharged"): _CP_CLOSED_PAID,
    ("order_reference", "Closed", "MaxAuthorizationsCaptured"): _LIMIT_OF_AUTHORIZATIONS,
    ("order_reference", "Closed", "MaxAuthorizationsProcessed"): _LIMIT_OF_AUTHORIZATIONS,
    ("order_reference", "Closed", "AmazonClosed"): _CLOSED_BY_AMAZON,
    ("order_reference", "Closed", "SellerClosed"): _CLOSED_BY_MERCHANT,
    ("billing_agreement", "Suspended", "InvalidPaymentMethod"): _METHOD_INVALID,
    ("billing_agreement", "Suspended", "BillingAddressDeleted"): _ADDRESS_DELETED,
    ("billing_agreement", "Suspended", "PaymentMethodDeleted"): _METHOD_DELETED,
    ("billing_agreement", "Suspended", "PaymentMethodExpired"): _METHOD_EXPIRED,
    ("billing_agreement", "Canceled", "Stale"): _STALE,
    ("billing_agreement", "Canceled", "AmazonCanceled"): _CANCELED_BY_AMAZON,
    ("billing_agreement", "Closed", "SellerClosed"): _CLOSED_BY_MERCHANT,
    ("billing_agreement", "Closed", "BuyerClosed"): _ENDED_BY_BUYER,
    ("billing_agreement", "Closed", "AmazonClosed"): E(
        N_("Amazon closed the agreement. It doesn't say more here."),
        "buyer",
        N_(
            "To go on, the buyer must check out again. Ask Amazon Pay support for the cause, if it "
            "matters."
        ),
        _SAY_ENDED,
        "warning",
    ),
    ("authorization", "Pending", "StopShipmentAtypicalAuth"): _ATYPICAL,
    ("authorization", "Open", "StopShipmentAtypicalAuth"): _ATYPICAL,
    ("authorization", "Declined", "InvalidPaymentMethod"): E(
        N_(
            "Declined because of the payment method. v1's SoftDecline flag says whether another "
            "attempt may succeed (true) or not (false)."
        ),
        "buyer",
        N_(
            "With SoftDecline true try once more, later; else the buyer must update the payment "
            "method."
        ),
        _SAY_UPDATE,
        "bad",
    ),
    ("authorization", "Declined", "AmazonRejected"): E(
        N_(
            "Amazon refused the payment, and the order reference is gone with it: it was closed "
            "too."
        ),
        "buyer",
        N_("Don't try again. The buyer must check out again or pay in another way."),
        _SAY_AGAIN,
        "bad",
    ),
    ("authorization", "Declined", "ProcessingFailure"): _PROCESSING_FAILURE,
    ("authorization", "Declined", "TransactionTimedOut"): _TIMED_OUT,
    ("authorization", "Closed", "ExpiredUnused"): _LAPSED,
    ("authorization", "Closed", "ExpireUnused"): _LAPSED,
    ("authorization", "Closed", "MaxCapturesProcessed"): _V1_AUTHORIZATION_CAPTURED,
    ("authorization", "Closed", "MaxAmountCaptured"): _V1_AUTHORIZATION_CAPTURED,
    ("authorization", "Closed", "AmazonClosed"): _CHARGE_CANCELED_BY_AMAZON,
    ("authorization", "Closed", "OrderReferenceCanceled"): _CANCELED_WITH_PERMISSION,
    ("authorization", "Closed", "SellerClosed"): _CHARGE_CANCELED_BY_MERCHANT,
    ("capture", "Pending", "StopShipmentAtypicalAuth"): _ATYPICAL,
    ("capture", "Completed", "StopShipmentAtypicalAuth"): _ATYPICAL,
    ("capture", "Declined", "AmazonRejected"): _CAPTURE_REJECTED,
    ("capture", "Declined", "ProcessingFailure"): E(
        N_("Amazon couldn't make the capture because of a fault of its own."),
        "merchant",
        N_(
            "If the authorization is still open, capture again; else a new authorization is needed."
        ),
        _SAY_LATER,
        "bad",
    ),
    ("capture", "Closed", "MaxAmountRefunded"): E(
        N_("It was refunded as far as Amazon allows, claims and chargebacks included."),
        _NOBODY,
        N_("Nothing. More can be paid back only in another way."),
        N_("Your payment was refunded as far as Amazon Pay allows."),
        "neutral",
    ),
    ("capture", "Closed", "MaxRefundsProcessed"): E(
        N_("v1 allowed 10 refunds of a capture, and all of them are used."),
        "merchant",
        N_("If the buyer is to get more, pay it in another way."),
        _SAY_NO_MORE_REFUND,
        "warning",
    ),
    ("capture", "Closed", "AmazonClosed"): E(
        N_(
            "Amazon closed the capture because of a problem with the merchant's or the buyer's "
            "account. It can't be refunded any more."
        ),
        "merchant",
        N_("Ask Amazon Pay support; a refund must go another way."),
        _SAY_NO_MORE_REFUND,
        "bad",
    ),
    ("refund", "Pending", "SellerInitiated"): _REFUND_INITIATED,
    ("refund", "Pending", "AmazonA-ZRefund"): E(
        N_(
            "The refund is initiated, by Amazon, for an A-to-z claim: the money hasn't been "
            "returned yet."
        ),
        "Amazon",
        N_("Wait; don't refund it again."),
        _SAY_REFUND_INITIATED,
        "waiting",
    ),
    ("refund", "Pending", "BuyerCanceled"): E(
        N_(
            "The refund is initiated by itself, because the buyer canceled the direct debit in "
            "time: the money hasn't been returned yet."
        ),
        "Amazon",
        N_("Wait; don't refund it again. Don't ship, if the goods are still here."),
        _SAY_REFUND_INITIATED,
        "waiting",
    ),
    ("refund", "Completed", "SellerInitiated"): _REFUNDED,
    ("refund", "Completed", "AmazonA-ZRefund"): E(
        N_("The refund is done; Amazon made it, for an A-to-z claim."),
        _NOBODY,
        N_("Don't refund it again."),
        _SAY_REFUNDED,
        "neutral",
    ),
    ("refund", "Completed", "BuyerCanceled"): E(
        N_(
            "The refund is done; it came by itself, because the buyer canceled the direct debit in "
            "time."
        ),
        _NOBODY,
        N_("Don't refund it again. Don't ship, if the goods are still here."),
        _SAY_REFUNDED,
        "neutral",
    ),
}

# --- errors ----------------------------------------------------------------------------------


def _request(meaning: str, next_step: str = "") -> Explanation:
    """A fault of the request itself: the program's, never the buyer's."""
    return E(
        sentences(meaning, N_("The fault is in the request, not in the order.")),
        "merchant",
        next_step
        or N_(
            "Don't repeat it as it is. Give the message and the request id to whoever looks "
            "after this console."
        ),
        _SAY_OURS,
        "bad",
    )


def _account(meaning: str, next_step: str) -> Explanation:
    return E(meaning, "merchant", next_step, _SAY_OURS, "bad")


_ONLY_ONCE: Final = _request(
    N_(
        "The same idempotency key was used before with other values: somebody acted from the same "
        "starting point."
    ),
    N_("Read the order again before anything else; what the first request did stands."),
)
_THROTTLED: Final = E(
    N_("Too many requests in a short time. Amazon didn't execute this one."),
    _NOBODY,
    N_("Wait a little; the same request can be sent again."),
    N_("One moment, please."),
    "waiting",
)
_UNKNOWN_OUTCOME: Final = N_(
    "Read the object before anything else. If it must be sent again, then with the same key and "
    "the same content."
)

ERRORS: Final[dict[str, Explanation]] = {
    "InvalidHeaderValue": _request(
        N_("Amazon couldn't accept a header, often the date."),
        N_(
            "Check this computer's clock first; then give the message and the request id to "
            "whoever looks after this console."
        ),
    ),
    "InvalidRequest": _request(N_("Amazon couldn't accept the request.")),
    "InvalidParameterValue": _request(
        N_("Amazon couldn't accept one of the values."),
        N_("Read the message, it names the value; correct it and plan anew."),
    ),
    "InvalidRequestFormat": _request(N_("Amazon couldn't read the request's body.")),
    "MissingHeader": _request(N_("A header is missing.")),
    "MissingHeaderValue": _request(N_("A header is empty.")),
    "MissingParameterValue": _request(N_("A value is missing.")),
    "UnrecognizedField": _request(N_("The request holds a field that Amazon doesn't know there.")),
    "InvalidSandboxSimulationSpecified": _request(
        N_("The sandbox simulation doesn't fit this operation."),
        N_("Take the simulation code away, or take one that fits the operation."),
    ),
    "DuplicateIdempotencyKey": _ONLY_ONCE,
    "InvalidParameterCombination": _request(N_("Two of the values don't go together.")),
    "CurrencyMismatch": E(
        N_("The currency isn't the order's own."),
        "merchant",
        N_("Take the currency of the charge or permission and plan anew."),
        _SAY_OURS,
        "bad",
    ),
    "InvalidAPIVersion": _request(N_("Amazon doesn't know the version in the address.")),
    "UnauthorizedAccess": _account(
        N_("These credentials may not do this."),
        N_("Check in Seller Central that the key belongs to the account whose order this is."),
    ),
    "InvalidAuthentication": _account(
        N_("Amazon doesn't accept these credentials."),
        N_("Check the public key id, and that it belongs to this account and environment."),
    ),
    "InvalidAccountStatus": _account(
        N_("The merchant account isn't in a state that allows this."),
        N_("Look in Seller Central for a notice about the account, or ask Amazon Pay support."),
    ),
    "InvalidRequestSignature": _account(
        N_(
            "Amazon couldn't verify the signature: the private key doesn't belong to the public "
            "key id, or something on the way changed the request."
        ),
        N_("Check that key and key id belong together, and whether a proxy rewrites requests."),
    ),
    "InvalidAuthorizationToken": _account(
        N_("The token that allows acting for another merchant isn't valid."),
        N_("Have the merchant authorize the solution provider again."),
    ),
    "ResourceNotFound": E(
        N_("Amazon doesn't have this object for this account and environment."),
        "merchant",
        N_(
            "Check the id, the account, the region, and whether it is live or sandbox. Don't ask "
            "again and again: it will not appear by itself."
        ),
        N_("We can't find this payment. Please send us the order number from Amazon's mail."),
        "warning",
    ),
    "UnsupportedOperation": _request(N_("Amazon doesn't offer this operation for this object.")),
    "RequestNotSupported": _request(N_("Amazon doesn't offer this request here.")),
    "RequestTimeout": E(
        N_("Amazon didn't answer in time: whether it happened isn't known."),
        "merchant",
        _UNKNOWN_OUTCOME,
        _SAY_CHECKING,
        "warning",
    ),
    "TLSVersionNotSupported": _account(
        N_("The connection is too old for Amazon: TLS 1.2 is needed."),
        N_("Update this computer, or whatever stands between it and Amazon."),
    ),
    "TooManyRequests": _THROTTLED,
    "RequestThrottled": _THROTTLED,
    "InternalServerError": E(
        N_(
            "Amazon has a fault of its own: whether it happened isn't known. A sandbox id sent to "
            "live, or the reverse, can also answer so."
        ),
        "Amazon",
        sentences(N_("Check the environment of the id."), _UNKNOWN_OUTCOME),
        _SAY_CHECKING,
        "warning",
    ),
    "ServiceUnavailable": E(
        N_("Amazon Pay isn't available at the moment: whether it happened isn't known."),
        "Amazon",
        _UNKNOWN_OUTCOME,
        _SAY_CHECKING,
        "warning",
    ),
    "TransactionAmountExceeded": E(
        N_("The amount is more than is left for it."),
        "merchant",
        N_("Look at what is left, and plan anew with less."),
        N_("The amount is more than your payment authorization allows."),
        "bad",
    ),
    "PeriodicAmountExceeded": E(
        N_(
            "The monthly limit of this permission is used up. It starts anew on the first day of "
            "the next calendar month; in which time zone isn't documented."
        ),
        _NOBODY,
        N_(
            "Charge on or after the first day of next month, or charge no more than the balance "
            "that the permission shows."
        ),
        N_(
            "The monthly limit of your Amazon Pay authorization is reached, so it can't be charged "
            "at the moment. It starts anew next month; you can also pay in another way."
        ),
        "warning",
    ),
    "InvalidChargePermissionStatus": E(
        N_("The permission isn't in a state that allows this."),
        "merchant",
        N_("Look at the permission's state and reasons: they say what is wrong."),
        _SAY_LATER,
        "bad",
    ),
    "InvalidChargeStatus": E(
        N_("The charge isn't in a state that allows this."),
        "merchant",
        N_("Look at the charge: it may have been captured, canceled or declined meanwhile."),
        _SAY_LATER,
        "bad",
    ),
    "SoftDeclined": _SOFT_DECLINED,
    "HardDeclined": _HARD_DECLINED,
    "TransactionCountExceeded": E(
        N_("The number of such transactions for this object is used up."),
        "merchant",
        N_("It can't be raised here; find another way."),
        _SAY_LATER,
        "bad",
    ),
    "PaymentMethodNotAllowed": E(
        N_("The payment method can't be used for this payment."),
        "buyer",
        N_("Don't repeat it. Ask the buyer to choose another payment method."),
        N_(
            "This payment method can't be used here. Please choose another one in your Amazon "
            "account."
        ),
        "bad",
    ),
    "AmazonRejected": _REJECTED,
    "MFANotCompleted": E(
        N_("The buyer didn't complete the verification of the payment."),
        "buyer",
        N_("Don't repeat it. The buyer must verify the payment, or check out again."),
        N_(
            "The verification of your payment wasn't completed. Please verify it or check out "
            "again."
        ),
        "bad",
    ),
    "TransactionTimedOut": _TIMED_OUT,
    "ProcessingFailure": _PROCESSING_FAILURE,
    "ChargePermissionNotModifiable": E(
        N_(
            "This permission can't be changed any more. After it is closed, only empty fields of a "
            "one-time order can still be filled in."
        ),
        _NOBODY,
        N_("Nothing to do at Amazon; keep the note in the shop."),
        _SAY_DETAILS,
        "warning",
    ),
    "InvalidCheckoutSessionStatus": E(
        N_("The checkout isn't in a state that allows this; often it was already completed."),
        "merchant",
        N_(
            "Look at the session and the order before anything else: the money may have been taken."
        ),
        _SAY_CHECKING,
        "warning",
    ),
    "AmountMismatch": E(
        N_("The amount isn't the one that the buyer agreed to in the checkout."),
        "merchant",
        N_("Complete the session with the amount that it shows."),
        _SAY_OURS,
        "bad",
    ),
    "CheckoutSessionCanceled": E(
        N_("The checkout was canceled; the session's reason code tells why."),
        "buyer",
        N_("The buyer must check out again."),
        N_("Your checkout wasn't completed. Please check out again."),
        "warning",
    ),
    # v1
    "CaptureNotRefundable": E(
        N_("v1: the capture can't be refunded in its state."),
        "merchant",
        N_("Look at the charge: it must be Captured, with something left to refund."),
        _SAY_STATE,
        "bad",
    ),
    "DuplicateReferenceId": _request(
        N_("v1: the same reference id was used before."),
        N_("Read the order again: what the first request did stands."),
    ),
    "DuplicateRequest": _request(
        N_("v1: the same request was sent twice."),
        N_("Read the order again: what the first request did stands."),
    ),
    "InvalidAuthorizationStatus": E(
        N_("v1: the authorization isn't in a state that allows this."),
        "merchant",
        N_("Look at the charge (the id with C for A): its state says what is possible."),
        _SAY_LATER,
        "bad",
    ),
    "InvalidOrderReferenceStatus": E(
        N_("v1: the order reference isn't in a state that allows this."),
        "merchant",
        N_("Look at the permission (the same id): its state and reasons say what is wrong."),
        _SAY_LATER,
        "bad",
    ),
    "BillingAgreementNotModifiable": E(
        N_("v1: the billing agreement can't be changed in its state."),
        _NOBODY,
        N_("Look at the permission (the same id): it says what can still be updated."),
        _SAY_DETAILS,
        "warning",
    ),
    "PaymentMethodNotModifiable": E(
        N_("v1: the payment method can't be changed here."),
        "buyer",
        N_("The buyer changes it in their Amazon account."),
        N_("Please change the payment method in your Amazon account."),
        "warning",
    ),
    "InvalidTransactionId": _request(
        N_(
            "v1: no transaction has this id; often an authorization id stands where the capture id "
            "is needed."
        ),
        N_("Look up the id here: it is changed to the charge's (C for A) by itself."),
    ),
}

# The same code means something else where another operation answers with it.
OPERATION_ERRORS: Final[dict[tuple[str, str], Explanation]] = {
    ("TransactionAmountExceeded", "create_charge"): E(
        N_(
            "The amount is more than is left of the permission's limit, charges that are already "
            "authorized included, as far as Amazon counts them."
        ),
        "merchant",
        N_(
            "Look at the balance of the permission; cancel what isn't needed, or charge less. For "
            "more the buyer must check out again."
        ),
        N_("The amount is more than your payment authorization allows."),
        "bad",
    ),
    ("TransactionAmountExceeded", "capture_charge"): E(
        N_("The amount is more than was authorized, or than is left of the permission's limit."),
        "merchant",
        N_(
            "Capture at most the charge's amount, and no more than the limit leaves after what is "
            "captured already."
        ),
        _SAY_OURS,
        "bad",
    ),
    ("TransactionAmountExceeded", "create_refund"): E(
        N_(
            "More would be refunded than Amazon allows: the captured amount and the lesser of 15 % "
            "and 75 USD, GBP or EUR (8,400 JPY), earlier refunds included."
        ),
        "merchant",
        N_(
            "Look at what is left to refund: somebody may have refunded already. Plan anew with "
            "less."
        ),
        N_("We are checking what was already refunded to you."),
        "bad",
    ),
    ("TransactionCountExceeded", "create_charge"): E(
        N_("A one-time permission allows 25 charges, and they are used up."),
        "buyer",
        NEXT_CHECKOUT,
        _SAY_IF_UNPAID,
        "bad",
    ),
    ("TransactionCountExceeded", "capture_charge"): E(
        N_("A charge can be captured once, and Amazon counts this as too many."),
        "merchant",
        N_("Look at the charge; for a remaining amount create a further charge."),
        _SAY_CHECKING,
        "bad",
    ),
    ("TransactionCountExceeded", "create_refund"): E(
        N_(
            "No more refunds are possible for this charge: v1 allowed 10, and for v2 no number is "
            "published."
        ),
        "merchant",
        N_("Pay the rest back in another way."),
        _SAY_NO_MORE_REFUND,
        "bad",
    ),
    ("InvalidChargeStatus", "create_refund"): E(
        N_("Only a captured charge can be refunded."),
        "merchant",
        N_("Look at the charge: if it is only authorized, cancel it instead."),
        _SAY_STATE,
        "bad",
    ),
    ("InvalidChargeStatus", "capture_charge"): E(
        N_("Only an authorized charge can be captured."),
        "merchant",
        N_("Look at the charge: it may be captured already, or canceled, or declined."),
        _SAY_STATE,
        "bad",
    ),
    ("InvalidChargeStatus", "cancel_charge"): E(
        N_("The charge can't be canceled any more: a capture may be on its way, or it is final."),
        "merchant",
        N_("Look at the charge; if it is captured, refund it instead."),
        _SAY_STATE,
        "bad",
    ),
    ("InvalidChargePermissionStatus", "create_charge"): E(
        N_("The permission isn't Chargeable."),
        "merchant",
        N_(
            "Look at the permission's reasons: the buyer may have to mend the payment method, or "
            "to check out again if it is closed."
        ),
        _SAY_LATER,
        "bad",
    ),
    ("InvalidChargePermissionStatus", "close_charge_permission"): E(
        N_("The permission can't be closed in its state; probably it is closed already."),
        _NOBODY,
        N_("Look at the permission; if it is Closed there is nothing to do."),
        _SAY_ENDED,
        "neutral",
    ),
    ("InvalidChargePermissionStatus", "update_charge_permission"): ERRORS[
        "ChargePermissionNotModifiable"
    ],
    ("AmazonRejected", "capture_charge"): _CAPTURE_REJECTED,
    ("AmazonRejected", "create_refund"): E(
        N_(
            "Amazon refused the refund, for instance because the merchant account's balance is "
            "negative: the buyer has not got the money from it."
        ),
        "merchant",
        _REFUND_REJECTED.next_step,
        _SAY_NO_REFUND,
        "bad",
    ),
    ("ProcessingFailure", "capture_charge"): E(
        N_("Amazon couldn't make the capture because of a fault of its own."),
        "merchant",
        N_(
            "Look at the charge: if it is still Authorized, capture again; else a new charge is "
            "needed."
        ),
        _SAY_LATER,
        "bad",
    ),
    ("ProcessingFailure", "create_refund"): _REFUND_FAILED,
}

# A question that stays without an answer changes nothing, so no outcome is in doubt.
_READ_UNANSWERED: Final = E(
    N_("Amazon didn't answer the question. Asking changes nothing."),
    "Amazon",
    N_("Ask again in a little while; what the screen shows may be old until then."),
    N_("One moment, please: Amazon Pay doesn't answer just now."),
    "waiting",
)
_WITHOUT_ANSWER: Final = frozenset({"RequestTimeout", "InternalServerError", "ServiceUnavailable"})

_STATUS_MEANINGS: Final[dict[int, Explanation]] = {
    401: ERRORS["UnauthorizedAccess"],
    404: ERRORS["ResourceNotFound"],
    408: ERRORS["RequestTimeout"],
    426: ERRORS["TLSVersionNotSupported"],
    429: ERRORS["TooManyRequests"],
    503: ERRORS["ServiceUnavailable"],
}

# --- the questions ---------------------------------------------------------------------------

_WORST: Final[tuple[Tone, ...]] = ("bad", "warning", "waiting", "neutral", "good")


def _unknown(meaning: str) -> Explanation:
    """Of a sentence that says what Amazon answered, in the language of the reader."""
    return E(
        meaning,
        "not known",
        _("Look at Amazon Pay's documentation or ask its support before acting on it."),
        _("We are looking at this and will come back to you."),
        "warning",
        known=False,
    )


def _unknown_state(state: str, reasons: list[str]) -> Explanation:
    if not reasons:
        said = _(
            "Amazon answered the state “{state}”, which this console doesn't know.", state=state
        )
        return _unknown(said)
    said = _(
        "Amazon answered the state “{state}” with the reason {reasons}, which this console "
        "doesn't know.",
        state=state,
        reasons=_quoted(reasons),
    )
    return _unknown(said)


def _unknown_error(code: str | None, status: int | None) -> Explanation:
    if code and status is not None:
        said = _(
            "Amazon answered the error “{code}” and HTTP {status}, which this console doesn't "
            "know.",
            code=code,
            status=status,
        )
    elif code:
        said = _("Amazon answered the error “{code}”, which this console doesn't know.", code=code)
    elif status is not None:
        said = _(
            "Amazon answered an error without a code with HTTP {status}, which this console "
            "doesn't know.",
            status=status,
        )
    else:
        said = _("Amazon answered an error without a code, which this console doesn't know.")
    return _unknown(said)


def _quoted(words: Iterable[str]) -> str:
    """`“SoftDeclined”, “Cold”`: words as Amazon wrote them."""
    return listed(_("“{word}”", word=word) for word in words)


def _joined(texts: Iterable[str]) -> str:
    return together(*dict.fromkeys(texts))


def _together(parts: list[Explanation]) -> Explanation:
    """Several explanations as one: the worst leads, and says to the buyer what is said."""
    ordered = sorted(parts, key=lambda part: _WORST.index(part.tone))
    worst = ordered[0]
    return replace(
        worst,
        meaning=_joined(part.meaning for part in ordered),
        next_step=_joined(part.next_step for part in ordered),
        known=all(part.known for part in ordered),
    )


# A closed permission is good news after a full capture, whoever closed it. Only a cancellation
# by Amazon stays what it is.
_GOOD_IF_PAID: Final = frozenset(
    {"AmazonClosed", "MerchantClosed", "MerchantCanceled", "Expired", "SellerClosed"}
)


def explain_state(
    kind: str,
    state: str,
    reasons: str | Iterable[str] | None = (),
    *,
    fully_captured: bool | None = None,
) -> Explanation:
    """What it means that an object of this kind is in this state, for these reasons.

    `kind` is a v2 kind (charge_permission, charge, refund, checkout_session, dispute), a v1
    kind (order_reference, billing_agreement, authorization, capture), dispute_resolution or
    dispute_filing_reason. `fully_captured`, for a permission, is whether nothing is left to
    capture. A word that isn't known is given back as Amazon wrote it. Sources: the pages of
    the objects.
    """
    given = [reasons] if isinstance(reasons, str) else list(reasons or ())
    given = [reason for reason in dict.fromkeys(given) if reason]
    base = STATES.get((kind, state))
    if base is None:
        return _unknown_state(state, given)
    if (kind, state) in {("charge_permission", "Closed"), ("order_reference", "Closed")}:
        if fully_captured and _GOOD_IF_PAID.issuperset(given):
            return _CP_CLOSED_PAID.told()
        if fully_captured is False and given == ["AmazonClosed"]:
            return _CLOSED_UNPAID.told()
    parts: list[Explanation] = []
    strange: list[str] = []
    for reason in given:
        found = REASONS.get((kind, state, reason)) or REASONS.get((kind, ANY, reason))
        if found is None:
            strange.append(reason)
        else:
            parts.append(found.told())
    explained = _together(parts) if parts else base.told()
    if strange:
        more = _(
            "Amazon gives the reason {reasons}, which this console doesn't know in this state.",
            reasons=_quoted(strange),
        )
        explained = replace(explained, meaning=together(explained.meaning, more), known=False)
    return explained


def explain_error(
    code: str | None,
    operation: str | None = None,
    status: int | None = None,
    *,
    today: date | None = None,
) -> Explanation:
    """What an error's reason code means for this operation (a key of the throttle table).

    Without a code, or with one that isn't known, the HTTP status says what it can: from 500 up
    the outcome isn't known. `today`, in UTC, is the day of the error: with it a monthly limit
    says from which day on a charge can work. Source: Error handling page; the operations' own
    pages.
    """
    if code == "PeriodicAmountExceeded" and today is not None:
        return replace(ERRORS[code].told(), next_step=wait_for_next_month(today))
    if code and operation and (code, operation) in OPERATION_ERRORS:
        return OPERATION_ERRORS[code, operation].told()
    reads = operation is not None and operation.startswith("get_")
    if code and code in ERRORS:
        unanswered = reads and code in _WITHOUT_ANSWER
        return (_READ_UNANSWERED if unanswered else ERRORS[code]).told()
    unknown = _unknown_error(code, status)
    if status is None:
        return unknown
    by_status = _STATUS_MEANINGS.get(status)
    if by_status is None and status >= 500:
        by_status = ERRORS["InternalServerError"]
    if by_status is None:
        return unknown
    if reads and (status >= 500 or status == 408):
        by_status = _READ_UNANSWERED
    told = by_status.told()
    return replace(told, meaning=together(unknown.meaning, told.meaning), known=False)


# The buyer's own page for the payment method of a recurring or saved payment, by region.
MEND_PATTERN: Final = "https://payments.amazon.com/jr/your-account/ba/{chargePermissionId}"
MEND_PATTERN_JP: Final = "https://pay.amazon.com/jp/jr/your-account/ba/{chargePermissionId}"


def mend_payment_url(permission_id: str, region: str | None) -> str:
    """Where the buyer of a recurring or saved payment changes the payment method.

    Sources: "Manage recurring payments"; its Japanese page for region `jp`. No such address is
    published for one-time orders.
    """
    japan = (region or "").strip().casefold() in {"jp", "fe"}
    pattern = MEND_PATTERN_JP if japan else MEND_PATTERN
    return pattern.replace("{chargePermissionId}", quote(permission_id, safe=""))


def monthly_limit_renews(today: date) -> date:
    """From which day on a charge can work again after PeriodicAmountExceeded.

    Source: "Monthly recurring charge limits": the limit counts by calendar month.
    """
    if today.month == 12:
        return date(today.year + 1, 1, 1)
    return date(today.year, today.month + 1, 1)


def wait_for_next_month(today: date) -> str:
    """The next step once a monthly limit is used up; `today` is a day in UTC.

    In which time zone Amazon's month ends isn't documented, so the first day may not be enough:
    when it is the second in UTC it is the new month everywhere.
    """
    renews = monthly_limit_renews(today)
    step = together(
        _("A charge can work again from {day} on.", day=renews),
        _(
            "In which time zone the month ends isn't documented: from {day} on (UTC) it has ended "
            "everywhere.",
            day=renews.replace(day=2),
        ),
    )
    if today.day == 1:
        step = together(
            step, _("It may also work tomorrow: Amazon's month may not have begun yet.")
        )
    until = _("Until then, charge no more than the balance that the permission shows.")
    return together(step, until)
