"""Payments that are declined: a person must be told; the same attempt is declined again. Pure."""

from typing import Final

from queuedjob.policy.failure.text.catalogues.catalogue import Catalogue

_MEANS: Final = "(card|payment|transaction|instrument|charge|mandate|processor|issuer|bank)"

PAYMENTS: Final = Catalogue(
    system="Payment providers (Stripe, PayPal, Braintree, Adyen)",
    example="`card_declined`, `INSTRUMENT_DECLINED`, `Processor Declined`, `insufficient funds`",
    source="Stripe, Decline codes; PayPal, Orders API errors; Braintree, Authorization responses; Adyen, Refusal "
    "reasons",
    names={
        "text-declined": (
            "card_declined",
            "generic_decline",
            "insufficient_funds",
            "expired_card",
            "incorrect_cvc",
            "lost_card",
            "stolen_card",
            "do_not_honor",
            "card_not_supported",
            "INSTRUMENT_DECLINED",
            "TRANSACTION_REFUSED",
            "CREDIT_CARD_REFUSED",
            "PAYER_CANNOT_PAY",
            "Processor Declined",
            "Gateway Rejected",
            "NOT_ENOUGH_BALANCE",
        ),
        "text-invalid": ("idempotency_error",),
        "text-contention": ("idempotency_key_in_use",),
    },
    phrases={
        "text-declined": (
            f"{_MEANS} (was |is |has been |)(declined|refused)",
            f"{_MEANS} (was |is |has been |)either declined",
            "(insufficient|not enough) (account |available |)(funds|balance|credit|credits)",
            "(card|account|wallet) has (insufficient|not enough)",
            "(declined|refused|rejected) by (the |your |)(issuer|bank|payment processor|processor|acquirer)",
            "card (has |is |)expired",
            "(overdrawn|overdraft limit)",
        ),
    },
)
"""processing_error, issuer_not_available and try_again_later belong to none: providers ask for another try."""
