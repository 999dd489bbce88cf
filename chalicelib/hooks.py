"""Signed HTTPS calls to the company's own systems: holders by webhook, and the check before a closure.

Signed as Standard Webhooks 1.0.0 has it (https://www.standardwebhooks.com): `webhook-id`, `webhook-timestamp` and
`webhook-signature`, HMAC-SHA256 over `id.timestamp.body`. What is called is an operator's setting, and still it gets
no further than it should: HTTPS only, no redirect followed, no address inside our own network unless HOOKS_MAY_REACH
names it, the name resolved once and the connection made to the address that was checked, a bounded time and answer.
"""

import base64
import binascii
import hashlib
import hmac
import http.client
import json
import secrets
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from chalicelib import clients, clock
from chalicelib.settings import settings

LARGEST_ANSWER: Final = 64 * 1024
_HTTPS: Final = 443
_NAT64: Final = ip_network("64:ff9b::/96")
_KEY_BYTES: Final = range(24, 65)  # Standard Webhooks, symmetric secrets

Address = IPv4Address | IPv6Address


class HookFailed(Exception):
    """The call got no answer that counts. The message is a code that tells nothing personal: `unknown_host`,
    `address_refused`, `unreachable`, `timed_out`, `bad_certificate`, `tls_failed`, `not_http`, `http_503` (whatever
    status it was), `too_long`, `key_unusable`, `ca_file_unusable`."""


class Answered(Struct, frozen=True, kw_only=True):
    """A 2xx answer. Its body is whatever was sent: the caller checks it."""

    status: int
    body: bytes


def call(
    url: str, message: Mapping[str, Any], *, key: str, timeout_s: float, idempotency_key: str | None = None
) -> Answered:
    """Posts the message as JSON, signed with the key in this SSM parameter. Asked once; trying again is the caller's.

    `HookFailed` for anything but a 2xx answer; what SSM raises if the key can't be read.
    """
    parts = urlsplit(checked_url(url))
    body = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "Signoff",
        **signed(body, _secrets(key), message_id=f"msg_{secrets.token_hex(16)}", at_s=int(clock.now().timestamp())),
    }
    headers |= {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    return _post(parts, body, headers, timeout_s)


def checked_url(url: str) -> str:
    """The address, if such a call may go there at all; ValueError says what is wrong with it."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("must be an https:// address")
    if parts.username is not None or parts.fragment or not url.isascii():
        raise ValueError("must have no user, no # and no letters beyond ASCII")
    if not url.isprintable() or " " in url:
        raise ValueError("must have no spaces")
    parts.port  # noqa: B018 (raises ValueError if it is none)
    return url


# ── signing ──────────────────────────────────────────────────────────────────────────────────────────────────


def signed(body: bytes, keys: tuple[bytes, ...], *, message_id: str, at_s: int) -> dict[str, str]:
    """The three headers; one signature for each key, so that a key can be changed without a gap."""
    content = f"{message_id}.{at_s}.".encode() + body
    made = [base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": " ".join(f"v1,{each}" for each in made),
    }


def keys_in(text: str) -> tuple[bytes, ...]:
    """The keys of a parameter: one or more `whsec_` and base64, with spaces between. ValueError if it holds others."""
    found = []
    for each in text.split():
        try:
            found.append(base64.b64decode(each.removeprefix("whsec_"), validate=True))
        except binascii.Error:
            raise ValueError("not base64") from None
        if not each.startswith("whsec_") or len(found[-1]) not in _KEY_BYTES:
            raise ValueError("not whsec_ and 24 to 64 bytes")
    if not found:
        raise ValueError("no key")
    return tuple(found)


@cache
def _secrets(name: str) -> tuple[bytes, ...]:
    """Read once a process, like the desk's own keys."""
    value = clients.ssm().get_parameter(Name=name, WithDecryption=True)
    try:
        return keys_in(value["Parameter"]["Value"])
    except ValueError:
        raise HookFailed("key_unusable") from None


# ── the call itself ──────────────────────────────────────────────────────────────────────────────────────────


def _post(parts: SplitResult, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Answered:
    host, port = parts.hostname or "", parts.port or _HTTPS
    line = http.client.HTTPSConnection(host, port, context=_context())
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    with _failures(), _connected(host, port, timeout_s) as plain, _cut_off(plain, timeout_s):
        # A connection that is there already is used as it is: to the address that was checked, whatever DNS says now.
        line.sock = _context().wrap_socket(plain, server_hostname=host)
        try:
            line.request("POST", path, body, dict(headers))
            return _read(line.getresponse())
        finally:
            line.close()


def _read(answer: http.client.HTTPResponse) -> Answered:
    if not 200 <= answer.status < 300:
        raise HookFailed(f"http_{answer.status}")
    body = answer.read(LARGEST_ANSWER + 1)
    if len(body) > LARGEST_ANSWER:
        raise HookFailed("too_long")
    if answer.length:
        raise HookFailed("not_http")  # shorter than it said
    return Answered(status=answer.status, body=body)


@contextmanager
def _failures() -> Iterator[None]:
    """Whatever goes wrong on the way, as a code."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise HookFailed("bad_certificate") from None
    except ssl.SSLError:
        raise HookFailed("tls_failed") from None
    except TimeoutError:
        raise HookFailed("timed_out") from None
    except OSError:
        raise HookFailed("unreachable") from None
    except http.client.HTTPException:
        raise HookFailed("not_http") from None


@contextmanager
def _cut_off(plain: socket.socket, after_s: float) -> Iterator[None]:
    """Ends the connection after this time, however busily the other side drips bytes: a socket's own timeout begins
    anew with each of them."""
    over = threading.Event()
    other_end = plain.dup()  # TLS takes the socket itself over

    def cut() -> None:
        over.set()
        with suppress(OSError):  # ended already
            other_end.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(after_s, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
        if over.is_set():
            raise TimeoutError  # an answer that was cut off may look whole
    except (OSError, http.client.HTTPException):
        if over.is_set():
            raise TimeoutError from None
        raise
    finally:
        timer.cancel()
        timer.join()
        other_end.close()


@cache
def _context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if own := settings().hooks_ca_file:
        try:
            context.load_verify_locations(cafile=own)
        except OSError:
            raise HookFailed("ca_file_unusable") from None
    return context


# ── where it may go ──────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _connected(host: str, port: int, timeout_s: float) -> Iterator[socket.socket]:
    """A connection to the first of the host's addresses that answers; closed at the end, if TLS didn't take it."""
    failed: OSError = OSError("no address")
    for address in _addresses(host, port):
        try:
            plain = socket.create_connection((str(address), port), timeout_s)
        except OSError as error:
            failed = error
            continue
        with plain:
            yield plain
        return
    raise failed


def _addresses(host: str, port: int) -> list[Address]:
    """What the name stands for, asked once. One address that may not be reached spoils them all: no honest host has
    one outside and one inside."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        raise HookFailed("unknown_host") from None
    addresses = list(dict.fromkeys(ip_address(str(each[4][0]).partition("%")[0]) for each in found))
    if not addresses or not all(map(may_reach, addresses)):
        raise HookFailed("address_refused")
    return addresses


def may_reach(address: Address) -> bool:
    """Whether a call may go there: the public internet, and the networks of HOOKS_MAY_REACH. Link-local addresses
    never: an instance's credentials lie there."""
    meant = _meant(address)
    if meant.is_link_local or meant.is_multicast or meant.is_unspecified:
        return False
    return meant.is_global or any(meant in ip_network(each) for each in settings().hooks_may_reach)


def _meant(address: Address) -> Address:
    """The IPv4 address inside an IPv6 one that stands for it."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1] or address
