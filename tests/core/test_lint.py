"""The lint of the postmortem, measured on sentences, and each rule that looks at the whole text."""

import pytest
from tests.core import sentences

from warroom.core.lint import RULES, SECTIONS, actions, lint, lint_sentence, names

WHOLE = "\n\n".join(
    [
        "# INC-1 checkout fails",
        *(
            f"## {name}\n\nThe alert fired at 14:02 UTC, 4 min after the onset; it was detected so."
            for name in SECTIONS[:-1]
        ),
        (
            "## Follow-ups\n\n"
            "- [ ] Alert on 5xx above 2 % of checkout, owner ana, due 2026-12-01\n"
            "- [ ] Test the empty basket in the build, owner leo, due 2026-12-08"
        ),
    ]
)


def rules(text: str, **more: object) -> list[str]:
    return [finding.rule for finding in lint(text, **more)]  # type: ignore[arg-type]


def found(group: tuple[str, ...], *, action: bool) -> list[str]:
    return [text for text in group if lint_sentence(text, action=action)]


def test_it_finds_blame_and_vagueness_and_leaves_good_sentences_alone() -> None:
    bad = found(sentences.BLAMEFUL, action=False) + found(sentences.VAGUE, action=True)
    false = found(sentences.GOOD_PROSE, action=False) + found(sentences.GOOD_ACTIONS, action=True)
    assert len(sentences.BLAMEFUL) + len(sentences.VAGUE) == 100
    assert len(sentences.GOOD_PROSE) + len(sentences.GOOD_ACTIONS) == 100
    assert len(bad) >= 95
    assert len(false) < 5, false


def test_it_holds_on_the_sentences_written_later() -> None:
    bad = found(sentences.LATER_BAD, action=False) + found(sentences.LATER_VAGUE, action=True)
    good = sentences.LATER_GOOD + sentences.LATER_GOOD_ACTIONS
    false = found(sentences.LATER_GOOD, action=False)
    false += found(sentences.LATER_GOOD_ACTIONS, action=True)
    assert len(bad) >= 0.95 * len(sentences.LATER_BAD + sentences.LATER_VAGUE)
    assert len(false) < 0.05 * len(good), false


def test_a_whole_and_blameless_text_has_no_finding() -> None:
    assert lint(WHOLE, people=("ana", "leo"), entries=()) == ()


@pytest.mark.parametrize("name", SECTIONS)
def test_each_section_is_missed_when_it_is_gone_or_empty(name: str) -> None:
    gone = "\n\n".join(part for part in WHOLE.split("\n\n## ") if not part.startswith(name))
    assert "section" in rules(gone)
    body = WHOLE.split(f"## {name}\n\n")[1].split("\n\n## ")[0]
    assert f"no “{name}”" in [f.message for f in lint(WHOLE.replace(f"{name}\n\n{body}", name))]


def test_actions_need_owner_date_and_the_right_number() -> None:
    one = WHOLE.replace("- [ ] Test the empty basket in the build, owner leo, due 2026-12-08", "")
    assert "count" in rules(one)
    more = WHOLE + "".join(f"\n- [ ] Delete flag {n}, owner ana, due 2026-12-01" for n in range(3))
    assert "count" in rules(more)
    assert "owner" in rules(WHOLE.replace(", owner leo", ""))
    assert "due" in rules(WHOLE.replace(", due 2026-12-08", ""))
    assert rules(WHOLE.replace(", owner leo", " @leo")) == []
    assert [words for _, words in actions(WHOLE)][0].startswith("Alert on 5xx")


def test_names_are_found_in_prose_but_not_as_owners_in_the_head_or_in_the_record() -> None:
    named = WHOLE.replace("The alert fired", "Leo saw that the alert fired", 1)
    assert rules(named, people=("leo",)) == ["name"]
    head = WHOLE.replace("checkout fails", "checkout fails\n\n- Roles: commander leo")
    assert rules(head, people=("leo",)) == []
    record = WHOLE.replace("## Timeline\n", "## Timeline\n\n- 14:02:00 [T3] note: leo forgot it")
    assert rules(record, people=("leo",)) == []
    assert names(["ana", "root", "al", "7000", "log"]) == {"ana"}


@pytest.mark.parametrize("deed", ["forgot the test", "broke the build", "never tested it"])
def test_what_a_named_person_is_said_to_have_done_wrong_is_blame(deed: str) -> None:
    text = WHOLE.replace("## Impact\n\n", f"## Impact\n\nThen Leo {deed}.\n\n")
    assert rules(text, people=("leo",)) == ["blame", "name"]
    good = WHOLE.replace("## Impact\n\n", "## Impact\n\nThen Leo found the test.\n\n")
    assert rules(good, people=("leo",)) == ["name"]


def test_a_text_without_detection_says_so() -> None:
    assert "detection" in rules(WHOLE.replace("it was detected so", "so").replace("fired", "x"))


def test_references_secrets_and_unmerged_places_are_pointed_out() -> None:
    text = WHOLE.replace("## Impact\n\n", "## Impact\n\nSee [T99]. Key k-123456.\n\n> ! yours\n\n")

    def secrets(whole: str) -> list[tuple[int, str]]:
        return [(whole.index("k-123456"), "k-12")]

    findings = lint(text, entries=(), secrets=secrets)
    assert [f.rule for f in findings] == ["reference", "secret", "unmerged"]
    line = text.splitlines()[findings[1].line - 1]
    assert line[findings[1].start : findings[1].end] == "k-12"
    assert line[findings[0].start : findings[0].end] == "[T99]"


def test_code_and_quotations_are_not_looked_at() -> None:
    quoted = "## Impact\n\n```\nhuman error\n```\n\n> ? whose fault?\n\n"
    assert rules(WHOLE.replace("## Impact\n\n", quoted)) == []


def test_every_rule_is_explained() -> None:
    assert {finding.rule for finding in lint("- Be careful\n\nhuman error")} <= set(RULES)


def test_a_long_hostile_line_is_read_in_time() -> None:
    lint("## Follow-ups\n\n- " + "test more " * 3000)
    lint("## Summary\n\n" + "the team " * 3000)
    lint("If " + "a " * 3000 + "\n" + "not happens " * 3000)
