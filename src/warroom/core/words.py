"""The fixed vocabulary of an incident: every closed set of words, stored by value."""

from enum import StrEnum


class Priority(StrEnum):
    """How urgent: P1 is answered around the clock."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Category(StrEnum):
    """What kind of trouble; each opens its own checklist."""

    FUNCTIONAL = "functional"
    PRODUCTION = "production"
    DATA = "data"
    INTEGRATION = "integration"
    SECURITY = "security"
    PERFORMANCE = "performance"
    THIRD_PARTY = "third_party"


class Criterion(StrEnum):
    """What makes an incident critical: any one of them makes P1 the default."""

    REVENUE = "revenue"
    DATA_EXPOSURE = "data_exposure"
    CORE_FUNCTION = "core_function"
    SLA_BREACH = "sla_breach"


class Factor(StrEnum):
    """The six factors that order several incidents."""

    BUSINESS = "business"
    USERS = "users"
    DATA_LOSS = "data_loss"
    SECURITY = "security"
    NO_WORKAROUND = "no_workaround"
    COMPLEXITY = "complexity"


class Phase(StrEnum):
    """Where an incident stands; derived from what happened, never set."""

    DECLARED = "declared"
    ACKNOWLEDGED = "acknowledged"
    CONTAINED = "contained"
    RESOLVED = "resolved"
    CLOSED = "closed"


class ContainmentKind(StrEnum):
    """Kinds of runbook, the four that contain first, in order of reversible speed."""

    FLAG = "flag"
    ROLLBACK = "rollback"
    ROUTE = "route"
    KILL = "kill"
    SILENCE = "silence"
    RECOVER = "recover"
    SECURE = "secure"
    DIAGNOSE = "diagnose"
    OTHER = "other"


CONTAINS = (
    ContainmentKind.FLAG,
    ContainmentKind.ROLLBACK,
    ContainmentKind.ROUTE,
    ContainmentKind.KILL,
)
"""The kinds that stop damage, fastest first."""

HOLDS = (*CONTAINS, ContainmentKind.SILENCE)
"""The kinds that stay in force until they are taken back; a silence ends by itself as well."""


class StepAction(StrEnum):
    """What of a step is executed."""

    PRECHECK = "precheck"
    RUN = "run"
    VERIFY = "verify"
    UNDO = "undo"


class Outcome(StrEnum):
    """How an executed step ended; `unknown` is what a crash leaves behind."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    FLOODED = "flooded"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What the log says about an action."""

    TOO_EARLY = "too_early"
    SOLVED = "solved"
    HELPED = "helped"
    NO_EFFECT = "no_effect"
    WORSE = "worse"


class FixLevel(StrEnum):
    """The level of a fix."""

    WORKAROUND = "workaround"
    HOTFIX = "hotfix"
    ROOT_CAUSE = "root_cause"


class Role(StrEnum):
    """Who does what in the room."""

    COMMANDER = "commander"
    OPERATIONS = "operations"
    COMMUNICATIONS = "communications"
    SCRIBE = "scribe"


class UpdateKind(StrEnum):
    """The six kinds of update."""

    INITIAL = "initial"
    PROGRESS = "progress"
    ETA = "eta"
    RESOLUTION = "resolution"
    DOCUMENTATION = "documentation"
    PREVENTION = "prevention"


class Audience(StrEnum):
    """Who reads an update."""

    INTERNAL = "internal"
    CLIENT = "client"
    PUBLIC = "public"


class HypothesisState(StrEnum):
    """Where a hypothesis stands."""

    PROPOSED = "proposed"
    TESTING = "testing"
    RULED_OUT = "ruled_out"
    CONFIRMED = "confirmed"


class ChangeKind(StrEnum):
    """What changed."""

    DEPLOY = "deploy"
    CONFIG = "config"
    MIGRATION = "migration"
    DEPENDENCY = "dependency"
    TRAFFIC = "traffic"
    FLAG = "flag"
    THIRD_PARTY = "third_party"


class FollowUpKind(StrEnum):
    """What a follow-up is for."""

    ROOT_CAUSE = "root_cause"
    MONITORING = "monitoring"
    TEST = "test"
    RUNBOOK = "runbook"
    ARCHITECTURE = "architecture"
    PROCESS = "process"


class FollowUpState(StrEnum):
    """Where a follow-up stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Place(StrEnum):
    """Where a person puts an incident in the queue, against the computed order."""

    TOP = "top"
    BOTTOM = "bottom"
    COMPUTED = "computed"


class Check(StrEnum):
    """What is verified before an incident is closed."""

    GONE = "gone"
    ADJACENT = "adjacent"
    LEDGER = "ledger"
