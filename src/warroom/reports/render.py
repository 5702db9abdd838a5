"""A report in one of its formats."""

from warroom.core.references import escape
from warroom.reports.html import html
from warroom.reports.model import Report
from warroom.reports.pdf import pdf


def render(report: Report, form: str) -> bytes:
    """Return the report as the bytes of a file.

    Args:
        report: What to render.
        form: `md`, `html` or `pdf`.

    Raises:
        ReportError: It could not be made.
    """
    if form == "pdf":
        return pdf(report)
    return (html(report) if form == "html" else markdown(report)).encode()


def markdown(report: Report) -> str:
    """Return the report as Markdown."""
    facts = "\n".join(f"- {label}: {value}" for label, value in report.facts)
    head = f"*{report.kicker}*\n\n# {escape(report.title)}\n\n{facts}\n\n"
    return f"{head}{report.body.strip()}\n\n---\n\n*{escape(report.note)}*\n"
