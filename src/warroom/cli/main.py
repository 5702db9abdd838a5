"""The command line's root: the list of commands, and how every failure becomes one message."""

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime

import click

from warroom import __version__
from warroom.cli.common import EXIT_FAILED, EXIT_USAGE, SKEW_HELP, ZONE_HELP, State, fail
from warroom.mishap import report

_COMMANDS: dict[str, tuple[str, str]] = {
    "ack": ("warroom.cli.queue:ack", "Take charge of incidents."),
    "backup": ("warroom.cli.care:backup", "Copy the whole record into a file, verified."),
    "change": ("warroom.cli.diagnosis:change", "Record what changed; list it by suspicion."),
    "close": ("warroom.cli.incident:close", "Close an incident; says what is missing."),
    "alert": ("warroom.cli.report:alert", "Draft and back-test the alert for an incident."),
    "silence": ("warroom.cli.silence:silence", "Keep the alerts of an incident quiet."),
    "unsilence": ("warroom.cli.silence:unsilence", "End such a silence before its time."),
    "completion": ("warroom.cli.completion:completion", "Print the completion of a shell."),
    "config": ("warroom.cli.config:config", "Write and check the configuration file."),
    "contact": ("warroom.cli.outside:contact", "Record who outside was spoken to."),
    "contain": ("warroom.cli.contain:contain", "List, preview, run and undo containments."),
    "db": ("warroom.cli.db:db", "Move the record to a team's database."),
    "declare": ("warroom.cli.incident:declare", "Open an incident."),
    "demo": ("warroom.cli.demo:demo", "Open the console on a service that really fails."),
    "doctor": ("warroom.cli.care:doctor", "Look at what warroom stands on."),
    "drill": ("warroom.cli.drill:drill", "Practise on a service that really fails."),
    "fix": ("warroom.cli.fixing:fix", "Record a fix at its level, with its checklist."),
    "followups": (
        "warroom.cli.followups:followups",
        "What is owed after all; digest, export.",
    ),
    "followup": ("warroom.cli.followup:followup", "Add, change, finish follow-ups of an incident."),
    "handover": ("warroom.cli.people:handover", "Hand a role over with a briefing."),
    "hypothesis": ("warroom.cli.diagnosis:hypothesis", "Propose causes and rule them out."),
    "inbox": ("warroom.cli.post:inbox", "Say what other systems sent, and what became of it."),
    "intake": ("warroom.cli.post:intake", "Take in a report of another system."),
    "journal": ("warroom.cli.journal:journal", "Verify or rebuild the record."),
    "list": ("warroom.cli.queue:list_", "List incidents, most urgent first."),
    "metrics": ("warroom.cli.metrics:metrics", "Say how long things take and what recurs."),
    "notice": ("warroom.cli.outside:notice", "Which authority must be told until when."),
    "note": ("warroom.cli.incident:note", "Write something into the timeline."),
    "outbox": ("warroom.cli.post:outbox", "Say what was sent to whom; send what is due."),
    "pull": ("warroom.cli.post:pull", "Ask monitoring what fires."),
    "pin": ("warroom.cli.incident:pin", "Keep a line of a log as evidence."),
    "postmortem": ("warroom.cli.postmortem:postmortem", "Print or replace the postmortem."),
    "remote": ("warroom.cli.remote:remote", "What is on its way to the server, what it refused."),
    "regression": ("warroom.cli.report:regression", "A test from the requests that failed."),
    "reopen": ("warroom.cli.incident:reopen", "Say that it was not over."),
    "reproduce": ("warroom.cli.diagnosis:reproduce", "Send a pinned request to staging."),
    "resolve": ("warroom.cli.incident:resolve", "Say that the failure is gone."),
    "resume": ("warroom.cli.people:resume_", "Go on: the client answered."),
    "role": ("warroom.cli.people:role", "Give somebody a role."),
    "restore": ("warroom.cli.care:restore", "Put a copy in the place of the record."),
    "review": ("warroom.cli.metrics:review", "Ask what the review asks; recurring checks."),
    "runbook": ("warroom.cli.runbook:runbook", "List, show and check runbooks."),
    "diagnose": ("warroom.cli.diagnosis:diagnose", "Share what is wrong and when it is fixed."),
    "scan": ("warroom.cli.logs:scan", "Count a log exactly: lines, times, status codes."),
    "formats": ("warroom.cli.logs:formats", "List and test the log formats."),
    "oncall": ("warroom.cli.sla:oncall", "Say who is on call, or whom to call."),
    "serve": ("warroom.cli.server:serve", "Serve the incidents to other consoles and scripts."),
    "sla": ("warroom.cli.sla:sla", "Say which promised times were kept, per client and month."),
    "merge": ("warroom.cli.queue:merge", "Let incidents go on in another one."),
    "qualify": ("warroom.cli.qualify:qualify", "Settle priority, category, criteria, factors."),
    "related": ("warroom.cli.queue:related", "Say which other incidents are like one."),
    "reorder": ("warroom.cli.queue:reorder", "Put an incident elsewhere in the queue."),
    "snooze": ("warroom.cli.queue:snooze", "Take incidents off the top of the queue for a time."),
    "split": ("warroom.cli.queue:split", "Let a merged incident go on by itself."),
    "timeline": ("warroom.cli.show:timeline_", "Print the timeline, or amend an entry."),
    "status": ("warroom.cli.status:status", "Publish what the public was told."),
    "similar": ("warroom.cli.report:similar", "Say which incidents were like one before."),
    "search": ("warroom.cli.queue:search", "Find incidents by words of their history."),
    "show": ("warroom.cli.show:show", "Show one incident with its clocks and timeline."),
    "services": ("warroom.cli.diagnosis:services", "Draw who is hit when a service fails."),
    "token": ("warroom.cli.server:token", "Make, list and revoke tokens of the server."),
    "update": ("warroom.cli.people:update", "Draft and record an update for an audience."),
    "verify": ("warroom.cli.fixing:verify", "Measure whether the failure is gone."),
    "wait": ("warroom.cli.people:wait_", "Wait for the client; agreed clocks stand still."),
    "watch": ("warroom.cli.fixing:watch", "Watch whether the failure comes back."),
    "web": ("warroom.cli.web:web", "Show the console in a browser."),
    "tail": ("warroom.cli.logs:tail", "Follow logs in a pane of their own."),
}


class _Lazy(click.Group):
    """A group that imports a command's module when the command is used, not before."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command by name."""
        del ctx
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in sorted(_COMMANDS)])


@click.group(
    cls=_Lazy,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 done, 1 failed, 2 usage, 3 refused by a rule, 4 not found.",
)
@click.version_option(__version__, prog_name="warroom", message="%(prog)s %(version)s")
@click.option("--db", metavar="PATH|URL", help="Where the incidents are (WARROOM_DB).")
@click.option("--remote", metavar="URL|NAME", help="The server to work with (WARROOM_REMOTE).")
@click.option("--as", "actor", metavar="NAME", help="Act under this name (WARROOM_ACTOR).")
@click.option("--config", metavar="FILE", help="Configuration file (WARROOM_CONFIG).")
@click.option("--theme", metavar="NAME", help="Theme of the console (WARROOM_THEME).")
@click.option(
    "--log", "logs", multiple=True, metavar="FILE", help="Log for the console; may be repeated."
)
@click.option("--zone", "zones", multiple=True, metavar="[LOG=]ZONE", help=ZONE_HELP)
@click.option("--skew", "skews", multiple=True, metavar="[LOG=]SECONDS", help=SKEW_HELP)
@click.pass_context
def root(
    ctx: click.Context,
    db: str | None,
    remote: str | None,
    actor: str | None,
    config: str | None,
    theme: str | None,
    logs: tuple[str, ...],
    zones: tuple[str, ...],
    skews: tuple[str, ...],
) -> None:
    """Carry an incident from the first report to the last follow-up, on one screen.

    Without a command, open the console.
    """
    flags = {"db": db, "remote": remote, "actor": actor, "theme": theme}
    clock = ctx.obj.clock if isinstance(ctx.obj, State) else None
    ctx.obj = State(config=config, flags=flags, logs=logs, zones=zones, skews=skews, clock=clock)
    if ctx.invoked_subcommand is None:
        from warroom.bootstrap import open_console

        ctx.exit(open_console(ctx.obj.settings, logs))


def run(arguments: Sequence[str], clock: Callable[[], datetime] | None = None) -> int:
    """Run the command line and return its exit status; no failure ends in a traceback.

    Args:
        arguments: What was typed after the program's name.
        clock: What tells the time; by default this machine's clock.
    """
    try:
        result = root.main(
            args=list(arguments),
            prog_name="warroom",
            standalone_mode=False,
            obj=State(clock=clock),
        )
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        fail("interrupted")
        return 130
    except click.exceptions.NoArgsIsHelpError as error:  # a group by itself: say what is in it
        sys.stderr.write(error.format_message() + "\n")
        return EXIT_USAGE
    except click.ClickException as error:
        from warroom.core.text import clean_text

        context = getattr(error, "ctx", None)
        if context is not None:
            sys.stderr.write(context.get_usage() + "\n")
        fail(clean_text(error.format_message()))
        return EXIT_USAGE if isinstance(error, click.UsageError) else EXIT_FAILED
    except BrokenPipeError:
        # The reader of our output went away, as with `warroom list | head`: nothing to report.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001 - no failure ends in a traceback
        return report(error)
    return result if isinstance(result, int) else 0
