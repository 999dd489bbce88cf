"""What is deployed, as Chalice packs it: every door of chalicelib/front.py, and every function that something else than
a request calls."""

from chalicelib import front
from chalicelib.closure import steps
from chalicelib.letters import inbound_mail
from chalicelib.notices import feedback, ticket_stream
from chalicelib.upkeep import sweep

app = front.new_app()

for name in front.DOORS:
    app.routes.update(front.behind(name).routes)

for entrypoint in (
    inbound_mail.entrypoint,  # letters: SES, through S3
    ticket_stream.entrypoint,  # notices: the stream of the desk table
    feedback.entrypoint,  # what became of a mail: SES, through SNS
    steps.entrypoint,  # closures: the workflow's tasks, and the stream that starts its runs
    sweep.entrypoint,  # every hour
):
    app.register_blueprint(entrypoint)
