"""Clients of AWS, where threads make them: boto3 makes two at the same time badly."""

from threading import Lock

one_at_a_time = Lock()
"""Held while a client is made."""
