"""A company's systems for tests of holders: a real HTTPS server with a certificate of its own authority; AWS."""

import base64
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from typing import Any

import boto3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chalicelib.tickets.ticket import AccountRef

LAW = "Accounting Act 2015"
KEY = "/signoff/dev/hooks/crm"
SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
LAN = AccountRef(account_id="acc-lan", generation=1_700_000_000_000)


def aws(service: str) -> Any:
    untyped: Any = boto3
    return untyped.client(service)


def keep_secret(value: str = SECRET, name: str = KEY) -> None:
    aws("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def never() -> bool:
    """Time enough."""
    return False


# ── certificates ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """PEM files: an authority, and a server's certificate by it for `localhost` and 127.0.0.1."""

    authority: Path
    server: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.server, self.key)
        return made


def certificates(folder: Path, *, host: str = "localhost") -> Certificates:
    """Made anew in this folder, good for a day around now and the desk's own days."""
    authority_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
    server = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    own = _certificate(authority, authority_key, authority, authority_key, is_authority=True, host=None)
    made = _certificate(server, server_key, authority, authority_key, is_authority=False, host=host)
    paths = Certificates(authority=folder / "ca.pem", server=folder / "server.pem", key=folder / "server.key")
    paths.authority.write_bytes(own.public_bytes(serialization.Encoding.PEM))
    paths.server.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths.key.write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
    host: str | None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(is_authority=is_authority), critical=True)
    )
    if host:
        names = [x509.DNSName(host), *([x509.IPAddress(ip_address("127.0.0.1"))] if host == "localhost" else [])]
        made = made.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return made.sign(signer, hashes.SHA256())


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_authority, crl_sign=is_authority, encipher_only=False,
        decipher_only=False,
    )  # fmt: skip


# ── an HTTPS server that says what a test wants ──────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True)
class Heard:
    """A call as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


Reply = tuple[int, bytes] | tuple[int, bytes, dict[str, str]] | Iterator[bytes]
"""Status, body, and other headers than usual; or just what is written, piece by piece."""


@dataclass(kw_only=True)
class Company:
    """The server's port, every call that it heard, and what it answers: `says(heard)` gives status, body, headers."""

    says: Callable[[Heard], Reply]
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/signoff"

    def says_json(self, text: str, status: int = 200) -> None:
        self.says = lambda _: (status, text.encode())

    def never_answers(self) -> None:
        """Until the test is over."""

        def wait(_: Heard) -> Reply:
            self.over.wait(60)
            return 503, b""

        self.says = wait

    def drips(self) -> None:
        """An answer that comes byte by byte and has no end, until the test is over."""

        def drops(_: Heard) -> Iterator[bytes]:
            yield b"HTTP/1.1 200 OK\r\n\r\n"
            while not self.over.wait(0.01):
                yield b" "

        self.says = drops


@contextmanager
def company_at(context: ssl.SSLContext) -> Iterator[Company]:
    """Serves on a free port of loopback until the end of the block."""
    company = Company(says=lambda _: (200, b'{"found": "nothing"}'))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            company.heard.append(Heard(path=self.path, headers=headers, body=body))
            reply = company.says(company.heard[-1])
            if not isinstance(reply, tuple):
                self.close_connection = True
                for piece in reply:
                    self.wfile.write(piece)
                return
            status, said, *more = reply
            sent = {"Content-Type": "application/json", "Content-Length": str(len(said)), **(more[0] if more else {})}
            self.send_response(status)
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A caller that hangs up is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    company.port = server.server_port
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield company
    finally:
        company.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
