"""Templates add sections and questions, to a draft and to what is written already."""

from tests.cli.conftest import desk  # noqa: F401 - the fixture
from tests.cli.desk import Desk
from tests.core.shop import shop

from warroom.core.postmortem import draft, sections
from warroom.core.templates import apply_template, template_for

TEMPLATE = """# anything

## Impact

> ? Which contracts of the bank are touched?

## Regulator

> ? Was the regulator told, and when?

## Root cause

## Sign-off
"""


def test_sections_and_questions_come_in_and_nothing_is_lost() -> None:
    story = shop()
    text = draft(story.incident, story.records)
    made = apply_template(text, TEMPLATE)
    assert [line for line in text.split("\n") if line.strip() and line not in made] == []
    names = list(sections(made))
    assert names[names.index("Impact") + 1] == "Regulator"
    assert names[names.index("Root cause") + 1] == "Sign-off"
    assert "> ? Which contracts of the bank are touched?" in sections(made)["Impact"]
    assert apply_template(made, TEMPLATE) == made


def test_an_answered_question_is_not_asked_again_where_it_still_stands() -> None:
    written = "# A\n\n## Regulator\n\n> ? Was the regulator told, and when?\n- yes, at 10:00\n"
    assert apply_template(written, TEMPLATE).count("regulator told") == 1
    assert "- yes, at 10:00" in apply_template(written, TEMPLATE)


def test_two_sections_of_one_name_both_stay() -> None:
    written = "# A\n\n## Impact\n\nfirst\n\n## Impact\n\nsecond\n"
    made = apply_template(written, TEMPLATE)
    assert made.index("first") < made.index("contracts") < made.index("second")


def test_the_clients_template_goes_before_the_categorys() -> None:
    names = ["client-acme", "category-security", "default"]
    assert template_for(names, "Acme", "security") == "client-acme"
    assert template_for(names, "other", "security") == "category-security"
    assert template_for(names, "", "production") == "default"
    assert template_for(names[:2], "", "production") is None


def test_a_template_is_applied_to_an_existing_document(desk: Desk) -> None:  # noqa: F811
    desk("declare", "checkout answers 5xx", "--service", "shop")
    said = desk("postmortem", "1", "--template", ok=False)
    assert (said.status, "no template" in said.err) == (4, True)
    folder = desk.home / ".config/warroom/templates"
    folder.mkdir(parents=True)
    (folder / "default.md").write_text(TEMPLATE)
    desk("postmortem", "1", "--template")
    text = desk("postmortem", "1").out
    assert "## Regulator" in text
    assert "## Summary" in text
    assert desk("postmortem", "1", "--json").json["version"] == 1
