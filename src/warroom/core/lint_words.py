"""What blames, speculates or stays vague in a postmortem, as expressions with a suggestion each.

After published guidance on blameless reviews: a label (careless, human error) stands where an
explanation belongs; a counterfactual (should have) tells of a world that was not; an action without
a measure (be more careful, improve monitoring) cannot be done, only meant.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """One kind of wording."""

    rule: str
    pattern: re.Pattern[str]
    suggestion: str


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# People as a postmortem speaks of them, then at most four words up to what they are said to have
# done. Machines ignore, miss and fail too: without a person before it such a verb blames nobody.
_PEOPLE = (
    r"\b(?:engineers?|developers?|devs?|operators?|admins?|administrators?|dbas?|sres?"
    r"|technicians?|teams?|reviewers?|managers?|responders?|authors?|deployers?|staff|leads?"
    r"|colleagues?|contractors?|interns?|juniors?|employees?|vendors?|persons?|people|members?"
    r"|maintainers?|commanders?|analysts?|programmers?|architects?|on-?call|marketing|ops"
    r"|operations|support"
    r"|sales|qa|management|leadership|he|she|they|we|i|you|nobody|no one|someone|somebody|everyone"
    r"|everybody|anyone|anybody)\b"
)
_BETWEEN = r"(?:[ ,]+(?!which\b|that\b|and\b)[\w'’-]+){0,4}?,? "

_WRONGED = (
    r"forgot(?:ten)?|forgets|neglect(?:ed|s)|ignor(?:ed|es|ing)|overlook(?:ed|s|ing)|missed"
    r"|misread|mis(?!s)\w{3,}ed|misunderstood|disregard(?:ed|s)|dismiss(?:ed|es)|disobeyed"
    r"|violat(?:ed|es)|breached|broke|screwed|messed|botched|bungled|blundered|panicked|rushed"
    r"|skipped|wasted|slept|chose to|caused|assumed|never|refused|underestimated|hesitated"
    r"|fail(?:ed|s) to|(?:did|do|does)(?: not|n['’]t)|(?:took|waited|needed) (?:\w+ )?too long"
    r"|(?:was|were)(?: not|n['’]t) (?:paying|careful|aware|prepared|qualified|thinking|looking)"
    r"|(?:was|were)(?: \w+)? (?:unaware|distracted|unprepared|confused|told to|spoken to|asleep"
    r"|unable to (?:follow|understand|grasp|operate|handle|use)|hasty|warned|reprimanded)"
    r"|kept (?:postponing|putting|ignoring|delaying)|lied|did nothing|lacked|made (?:\w+ )+worse"
    r"|let (?:the |an? )?\w+ (?:rot|slip|lapse|expire|fill|run out)|had no (?:excuse|idea|clue)"
    r"|knew (?:better|that)|let (?:us|everyone|the \w+) down"
    r"|(?:\w+ ){1,6}(?:without (?:\w+ )?(?:checking|asking|telling|testing|reading|verifying"
    r"|consulting|informing|coordinating|reviewing|knowing|understanding)|despite)"
)
_LOOK = "say what made it possible or hard to see, not who or what they lacked"
_DEED = "describe what was known, shown and done at that moment, and why it made sense then"
_WORLD = "say what happened, and put the change you want into a follow-up"

BLAME: tuple[Phrase, ...] = (
    Phrase(
        "blame",
        _compiled(
            r"\b(?:careless\w*|negligen\w*|sloppy|sloppiness|laz[yi]\w*|stupid\w*|silly|dumb"
            r"|foolish\w*|incompeten\w*|irresponsib\w*|clueless|complacen\w*|inattenti\w*"
            r"|inexcusabl\w*|thoughtless\w*|reckless\w*|unprofessional\w*|ignoran(?:t|ce)"
            r"|mistakenly|accidentally|inadvertent(?:ly)?|unwisely|blindly|hast(?:y|ily)"
            r"|naive(?:ly)?"
            r"|inexperienced?|amateur\w*|unskilled|overconfiden\w*|arrogan\w*|stubborn\w*|shoddy"
            r"|half-hearted\w*|embarrass\w*|shame\w*|unforgivabl\w*|unforced|forgetful\w*|lax"
            r"|needlessly|asleep at the wheel|fat-?finger\w*|finger trouble|cowboy|obviously)\b"
        ),
        _LOOK,
    ),
    Phrase(
        "blame",
        _compiled(
            r"\b(?:human|operator|user|pilot|admin|engineer|developer|driver) errors?\b"
            r"|\bmistakes?\b|\boversights?\b|\bblunders?\b|\bwas obvious\b|\bcommon sense\b"
            r"|\b(?:poor|bad|wrong|terrible) (?:judge?ment|call|decision|choice|planning"
            r"|discipline)\b"
            r"|\b(?:in|into|on|to|at) the wrong (?:window|terminal|host|machine|tab|place"
            r"|channel)\b"
            r"|\bnot enough (?:care|attention|thought|diligence)\b|\bpoor communication\b"
            r"|\black of (?:knowledge|attention|care|diligence|discipline|judge?ment|skill"
            r"|competence"
            r"|experience|effort|thought)\b|\bsituational awareness\b|\b(?:was|were|been) rushed\b"
        ),
        "that is where the question begins: what made it likely?",
    ),
    Phrase(
        "blame",
        _compiled(
            r"\bto blame\b|\bblame(?:d|s)?\b(?!less)|\bculprits?\b|\bguilt\w*\b"
            r"|\bfault of (?:the )?(?:\w+ )?(?:team|engineer|developer|operator|vendor|person)"
            r"|\b(?:his|her|their|whose|your|my|our|\w+['’]s) (?:own )?(?:fault|negligence)\b"
            r"|\b(?:held|hold|be|made) (?:\w+ )?accountable\b|\bdisciplin(?:ed|ary)\b"
            r"|\b(?:person|people|one|team|engineer|developer) responsible for\b"
            r"|\bno excuse\b|\bcompetent would\b|\bdespite (?:being )?(?:warned|told|instructed)\b"
        ),
        _LOOK,
    ),
    Phrase(
        "blame",
        _compiled(
            r"\bdrop(?:ped|s)? the ball\b|\brubber-?stamp\w*|\bscrew(?:ed|s)?[ -]up\b"
            r"|\bmess(?:ed|es)?[ -]up\b|\bwithout (?:thinking|looking|caring|bothering)\b"
            r"|\bbother(?:ed|s|ing)? to\b|\btoo (?:slow|late|lazy|busy|tired) to (?:react|respond"
            r"|act"
            r"|notice|check|update|help|care|escalate|test)\b|\bin a hurry\b|\bout of (?:haste"
            r"|habit)\b"
            r"|\b(?:in|with) hindsight\b|\bknown better\b"
        ),
        _DEED,
    ),
    Phrase("blame", _compiled(_PEOPLE + _BETWEEN + rf"(?:{_WRONGED})\b"), _DEED),
    Phrase(
        "blame",
        _compiled(_PEOPLE + r"(?: [\w'’-]+){1,3} the wrong \w+"),
        "say how the right and the wrong one looked alike",
    ),
    Phrase(
        "counterfactual",
        _compiled(
            r"\b(?:should|could|might|must)(?: not|n['’]t)?(?: \w+ly)? have (?!to\b)\w+"
            r"|\bought to\b"
            r"|(?<!that )(?<!which )(?<!what )\bwould(?: not|n['’]t)?(?: \w+)? have (?!to\b)\w+"
            r"|(?:^|[.;,] )if (?:only )?(?:the |a |an )?[\w -]{1,40}? had (?:not )?(?!to\b)\w+"
            r"|(?:^|[.;] )had (?:the |a |an |they |we |he |she )[\w' -]{2,60}"
        ),
        _WORLD,
    ),
)
"""Looked for in every sentence."""

NAMED = Phrase("blame", _compiled(_BETWEEN + rf"(?:{_WRONGED})\b"), _DEED)
"""What blames when it follows the name of a person."""

SOFT = "say what is changed where, so that somebody can see that it is done"

ALWAYS_VAGUE: tuple[Phrase, ...] = (
    Phrase(
        "vague",
        _compiled(
            r"\b(?:be|being|get|become) (?:more |much more |very |extra )?(?:careful|vigilant"
            r"|cautious"
            r"|proactive|attentive|aware|mindful|diligent|alert|better)\b"
            r"|\b(?:take|with|exercise|use|show)(?: \w+)?(?: \w+)? (?:care|caution|diligence)\b"
            r"|\bpay(?:ing)? (?:\w+ )*attention\b|\bkeep an eye\b|\bthink twice\b|\btry harder\b"
            r"|\braise awareness\b|\b(?:never|not) (?:\w+ )*?happens? again\b|\bnext time\b"
            r"|\b(?:in|for) (?:the )?future\b|\bbest practi[cs]es?\b|\bsomehow\b|\blearn from\b"
            r"|\bdo (?:a )?(?:\w+ )?better\b|\bmore (?:often|carefully|thoroughly|closely"
            r"|diligently)\b"
            r"|\b(?:every(?:one|body)|all engineers|engineers|people|developers|the team) "
            r"(?:must|should|need|needs|has|have)\b"
        ),
        "good intentions do not stop the next one: name the guard rail, check or tool instead",
    ),
    Phrase(
        "vague",
        _compiled(
            r"^(?:try|consider|think|remember|remind|encourage|discuss|talk|speak|explore"
            r"|research|learn"
            r"|educate|communicate|be|strive|aim|look|upskill|follow up|stay on|spread|watch"
            r"|give (?:more|\w+ more) thought|have a (?:meeting|discussion|chat))\b"
            r"|^avoid (?:such|similar|this|these)\b|^prevent (?:such|similar|this|these|it)\b"
            r"|^double-?check\b|^follow (?:the|our)? ?(?:process|procedure|rules?)\b"
        ),
        SOFT,
    ),
)
"""Looked for in actions; the first also says too little in any sentence."""

SOMETIMES_VAGUE: tuple[Phrase, ...] = (
    Phrase(
        "vague",
        _compiled(
            r"^(?:improve|increase|enhance|strengthen|harden|optimi[sz]e|reduce|tighten|review"
            r"|revisit|rethink|reconsider|investigate|evaluate|assess|analy[sz]e|monitor|ensure"
            r"|guarantee|make sure|train|retrain|refactor|clean up|work on|better|more|stabili[sz]e"
            r"|moderni[sz]e|simplify|streamline|look into|minimi[sz]e|refine"
            r"|enforce (?:discipline|quality)|promote|foster|invest in|establish a culture"
            r"|take an? (?:\w+ )?look)\b"
            r"|^make\b.*\b(?:more \w+|safer|faster|better|easier|stronger|simpler|cleaner|smoother"
            r"|quicker|smarter|clearer|healthier|great|good|robust|stable|reliable|resilient"
            r"|secure)\b"
            r"|\b(?:better|properly)$"
        ),
        SOFT,
    ),
)
"""Looked for in actions that name nothing one could check."""

_ANY_INCIDENT = """
a about after all an and any around before between during for in into it of on or our the this
to up with add adopt apply build check create define develop do document establish expand extend
fix follow get give handle have implement improve increase introduce keep maintain monitor own
perform plan promote provide put set test update use write additional adequate appropriate
better clear closer common early earlier entire faster further general good meaningful more new
overall proper properly quality regular regularly robust stricter stronger sufficient thorough
thoroughly whole alarm alarms alert alerting alerts architecture availability bug bugs capacity
change changes checks code codebase communication coverage culture dashboard dashboards data
date debt deploy deployment deployments deploys docs documentation error errors everybody
everyone everything failure failures guideline guidelines handling incident incidents
infrastructure issue issues log logging logs metric metrics monitoring observability outage
outages ownership performance plans policies policy practice practices problem problems
procedure procedures process processes production release releases reliability resilience review
reviews risk risks runbook runbooks safety security service services stability standard
standards system systems team teams technical testing tests things tool tooling tools training
visibility
"""
GENERIC = frozenset(_ANY_INCIDENT.split())
"""Words that fit any incident: an action made of nothing else says nothing of what is changed."""

CONCRETE = _compiled(
    r"\d|[`“”\"]|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve)\b"
    r"|\bby \w+ing\b|\bfrom .{1,60} to\b|\b(?:why|until|when|whenever|whose|unless|so that)\b"
    r"|\band (?:write|list|delete|add|report|record|put|link|measure|document)\b"
    r"|\b(?:that|which) \w+(?:s|ed|t)\b"
)
"""What makes an action checkable: a number, a name in quotes, a condition, a stated result."""
