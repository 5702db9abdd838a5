"""The contract of a drill: the ordinary one, with every time shortened alike."""

from datetime import timedelta

from warroom.core.terms import DEFAULT_POLICIES, Agreement, Policy, Terms, limits_of

SHORTER = 12
"""An hour of the contract lasts five minutes: long enough to think, short enough to matter."""


def drill_agreement() -> Agreement:
    """Return the terms under which incidents of a drill run."""
    limits = tuple(
        limits_of(priority, _shortened(policy)) for priority, policy in DEFAULT_POLICIES.items()
    )
    return Agreement(terms=Terms(name="drill: an hour lasts five minutes", limits=limits))


def _shortened(policy: Policy) -> Policy:
    def short(span: timedelta) -> timedelta:
        return span / SHORTER

    return Policy(
        respond=short(policy.respond),
        diagnose=short(policy.diagnose),
        fix=short(policy.fix),
        report=short(policy.report),
        update=short(policy.update),
    )
