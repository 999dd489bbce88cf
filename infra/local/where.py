"""Where the local cloud lies: AWS's names for it."""

REGION = "ap-southeast-1"  # near Vietnam, and SES can receive there
ACCOUNT = "123456789012"  # moto's own
STAGE = "dev"
STACK = f"signoff-{STAGE}"
FOUNDATIONS = f"signoff-{STAGE}-foundations"
MAIL_DOMAIN = "desk.example"
SUPPORT_ADDRESS = f"support@{MAIL_DOMAIN}"
AUDIENCE = "signoff"
