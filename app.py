"""The front door: registers every entrypoint. A table of contents, nothing else."""

from chalice.app import Chalice

from chalicelib import openapi
from chalicelib.accounts import api as accounts
from chalicelib.closure import desk_api as dry_run
from chalicelib.closure import receipt_api as receipts
from chalicelib.closure import steps
from chalicelib.letters import api as quarantine
from chalicelib.letters import inbound_mail
from chalicelib.notices import feedback, ticket_stream
from chalicelib.pages import desk as queue
from chalicelib.pages import (
    desk_answers,
    desk_case,
    desk_figures,
    desk_letters,
    desk_new,
    portal,
    portal_ticket,
    public,
    signin,
    static_files,
    track,
)
from chalicelib.proof import api as expediting
from chalicelib.proof import desk_api as facts
from chalicelib.tickets import api as tickets
from chalicelib.tickets import canned_replies_api as canned_replies
from chalicelib.tickets import desk_api as desk
from chalicelib.upkeep import api as brake
from chalicelib.upkeep import report_api as report
from chalicelib.upkeep import sweep

DOORS = [
    tickets.calls,
    expediting.calls,
    receipts.calls,
    dry_run.calls,
    desk.calls,
    facts.calls,
    canned_replies.calls,
    brake.calls,
    report.calls,
    quarantine.calls,
    accounts.calls,
]

PAGES = [
    signin.pages,
    static_files.pages,
    public.pages,
    track.pages,
    portal.pages,
    portal_ticket.pages,
    queue.pages,
    desk_new.pages,
    desk_case.pages,
    desk_letters.pages,
    desk_answers.pages,
    desk_figures.pages,
]

app = Chalice(app_name="signoff", configure_logs=False)  # Lambda writes them, as JSON; Chalice's would drop warnings
app.api.binary_types = []  # nothing binary is sent or taken: bodies come as they are

for door in (*PAGES, *DOORS, openapi.own_calls(DOORS)):
    app.register_blueprint(door)

for entrypoint in (
    inbound_mail.entrypoint,  # letters: SES, through S3
    ticket_stream.entrypoint,  # notices: the stream of the desk table
    feedback.entrypoint,  # what became of a mail: SES, through SNS
    steps.entrypoint,  # closures: the workflow's tasks, and the stream that starts its runs
    sweep.entrypoint,  # every hour
):
    app.register_blueprint(entrypoint)
