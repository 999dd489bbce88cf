"""Letters whose sender is a lie: what somebody puts in a letter's head to be taken for the owner of an account.

Written against one owner, `{owner}`, by somebody who may have a mailbox and a domain of their own (so that DMARC
passes for that domain). Heads are bytes as they come over the wire, without the line break at their end.
"""

from dataclasses import dataclass

OWNER = "john@shop.example"
EVE = "eve@evil.example"


@dataclass(frozen=True, kw_only=True)
class Forgery:
    """`head` are the lines about the sender, with `{owner}` for the owner's address; `source` is the envelope."""

    name: str
    head: bytes
    source: str = EVE

    def lines(self, owner: str = OWNER) -> bytes:
        local, _, domain = owner.partition("@")
        head = self.head.replace(b"{owner}", owner.encode()).replace(b"{local}", local.encode())
        return head.replace(b"{domain}", domain.encode())

    def letter(self, words: str, *, to: str, owner: str = OWNER, more: bytes = b"", message_id: str = "") -> bytes:
        """The whole letter. `more` are further lines of its head."""
        head = b"To: " + to.encode() + b"\r\nSubject: About my account\r\nMIME-Version: 1.0\r\n"
        head += b"Message-ID: <" + (message_id or self.name.replace(" ", "-")).encode() + b"@forged.example>\r\n"
        body = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + words.encode() + b"\r\n"
        return head + more + self.lines(owner) + b"\r\n" + body


def _of(*heads: tuple[str, str]) -> tuple[Forgery, ...]:
    return tuple(Forgery(name=name, head=head.encode()) for name, head in heads)


NEVER_CLEAN = (
    *_of(
        # Several From headers, or one that not everybody takes for a header
        ("no From at all", "X-Nothing: here"),
        ("an empty From", "From:"),
        ("From twice, the owner first", "From: {owner}\r\nFrom: eve@evil.example"),
        ("From twice, the owner last", "From: eve@evil.example\r\nFrom: {owner}"),
        ("From twice, the same", "From: {owner}\r\nFrom: {owner}"),
        ("From three times", "From: {owner}\r\nFrom: eve@evil.example\r\nFrom: {owner}"),
        ("From in capitals too", "From: {owner}\r\nFROM: eve@evil.example"),
        ("From with a space before the colon", "From: {owner}\r\nFrom : eve@evil.example"),
        ("From with a tab before the colon", "From\t: {owner}\r\nFrom: eve@evil.example"),
        ("an empty second From", "From: {owner}\r\nFrom:"),
        ("a far second From", "From: {owner}\r\n" + "X-Far: away\r\n" * 200 + "From: eve@evil.example"),
        # One that another reader finds where ours doesn't look
        ("a From behind a lone return", "From: {owner}\r\nX-Lone: a\rFrom: eve@evil.example"),
        ("the owner behind a lone return", "From: eve@evil.example\rFrom: {owner}"),
        ("a From behind lines that are none", "From: {owner}\r\n" + "no header\r\n" * 20 + "From: eve@evil.example"),
        ("a From behind a long line that is none", "From: {owner}\r\n" + "x" * 2000 + "\r\nFrom: eve@evil.example"),
        ("a From behind a line that is none", "From: {owner}\r\nno header\r\nFrom: eve@evil.example"),
        ("a line that is none below From", "From: {owner}\r\n<eve@evil.example>\r\nX-A: b"),
        ("a From past the bound", "From: {owner}\r\n" + "X-A: b\r\n" * 10_001 + "From: eve@evil.example"),
        # Several addresses
        ("two addresses, the owner first", "From: {owner}, eve@evil.example"),
        ("two addresses, the owner last", "From: eve@evil.example, {owner}"),
        ("two named addresses", "From: John <{owner}>, Eve <eve@evil.example>"),
        ("two addresses without a comma", "From: <{owner}> <eve@evil.example>"),
        ("two addresses and a semicolon", "From: {owner}; eve@evil.example"),
        ("an address and an angle", "From: {owner} <eve@evil.example>"),
        ("an angle and an address", "From: <eve@evil.example> {owner}"),
        ("an angle glued to an address", "From: <{owner}>eve@evil.example"),
        ("an empty angle before", "From: <> <{owner}>"),
        ("a comma at the end", "From: {owner},"),
        # Groups and routes
        ("a group of one", "From: Friends: {owner};"),
        ("a group of two", "From: Friends: {owner}, eve@evil.example;"),
        ("an empty group and an address", "From: undisclosed:; {owner}"),
        ("a route", "From: <@evil.example:{owner}>"),
        ("a route of two", "From: <@evil.example,@relay.example:{owner}>"),
        # Comments
        ("a comment behind", "From: {owner} (eve@evil.example)"),
        ("a comment before", "From: (eve@evil.example) {owner}"),
        ("a comment inside the address", "From: {local}(x)@{domain}"),
        ("a comment with an angle", "From: eve@evil.example (<{owner}>)"),
        ("a comment never closed", "From: {owner} (eve@evil.example"),
        ("comments in comments", "From: ((({owner}))) <eve@evil.example>"),
        # The owner's address as a name
        ("the owner as the name", "From: {owner} <eve@evil.example>"),
        ("the owner as a quoted name", 'From: "{owner}" <eve@evil.example>'),
        ("the owner with angles as a quoted name", 'From: "John <{owner}>" <eve@evil.example>'),
        ("quotes that end early", 'From: "John" <{owner}>" <eve@evil.example>'),
        ("quotes that escape", 'From: "John\\" <{owner}>" <eve@evil.example>'),
        ("quotes that never end", 'From: "John <{owner}>'),
        ("two quoted names", 'From: "John" "Carter" <{owner}>'),
        # Encoded words
        ("an encoded address as a name", "From: =?utf-8?Q?john=40shop=2Eexample?= <eve@evil.example>"),
        ("encoded angles", "From: =?utf-8?Q?John_=3Cjohn=40shop=2Eexample=3E?= <eve@evil.example>"),
        ("an encoded NUL", "From: =?utf-8?Q?John=00?= <{owner}>"),
        ("an encoded line break", "From: =?utf-8?Q?a=0D=0AFrom:_b?= <{owner}>"),
        ("an encoded quote", "From: =?utf-8?Q?=22?= <{owner}>"),
        ("an encoded word instead of an address", "From: =?utf-8?Q?john=40shop=2Eexample?="),
        ("an encoded word in the angle", "From: John <=?utf-8?Q?john?=@{domain}>"),
        ("an encoded word in UTF-7", "From: =?utf-7?Q?+ADw-john+AEA-shop.example+AD4-?= <eve@evil.example>"),
        ("an encoded word of no charset", "From: =?zlib?B?eJw=?= <{owner}>"),
        ("an encoded word never closed", "From: =?utf-8?Q?John <{owner}>"),
        # Signs that only some readers see
        ("a zero width space in the address", "From: {local}\u200b@{domain}"),
        ("an address turned round", "From: \u202e{owner}"),
        ("a full width at", "From: {local}\uff20{domain}"),
        ("a Greek letter in the address", "From: j\u03bfhn@{domain}"),
        ("a Cyrillic letter in the domain", "From: {local}@sh\u043ep.example"),
        ("a full width dot", "From: {local}@shop\uff0eexample"),
        ("a soft hyphen", "From: {local}@sh\u00adop.example"),
        ("a space that doesn't break", "From: {local}\u00a0@{domain}"),
        # Addresses that some readers mend
        ("a dot at the end of the domain", "From: {owner}."),
        ("a dot at the end, in angles", "From: John <{owner}.>"),
        ("a dot at the end of the local part", "From: {local}.@{domain}"),
        ("two dots in the domain", "From: {local}@shop..example"),
        ("two ats", "From: {owner}@evil.example"),
        ("a quoted local part", 'From: "{local}"@{domain}'),
        ("a quoted local part with an at", 'From: "{owner}"@evil.example'),
        ("a quoted local part in angles", 'From: John <"{local}"@{domain}>'),
        ("an escaped local part", "From: \\{local}@{domain}"),
        ("a space in the address", "From: {local} @{domain}"),
        ("a space in the angle", "From: John < {owner} >"),
        ("an address literal", "From: {local}@[192.0.2.1]"),
        ("a percent hack", "From: {local}%{domain}@evil.example"),
        ("a bang path", "From: evil.example!{owner}"),
        ("an angle never closed", "From: John <{owner}"),
        ("an angle never opened", "From: John {owner}>"),
        ("an angle in an angle", "From: John <<{owner}>>"),
        ("a mailto", "From: <mailto:{owner}>"),
        # Folds
        ("a fold inside the address", "From: {local}@\r\n {domain}"),
        ("a fold between two addresses", "From: {owner},\r\n eve@evil.example"),
        ("a fold that hides an address", "From: {owner}\r\n <eve@evil.example>"),
        ("a fold of tabs that hides an address", "From: {owner}\r\n\t\t\t\t\t\t\t\t<eve@evil.example>"),
        ("a From of three thousand signs", "From: " + "a" * 3000 + " <{owner}>"),
    ),
    Forgery(name="a NUL behind the address", head=b"From: {owner}\0@evil.example"),
    Forgery(name="a NUL inside the name", head=b"From: Jo\0hn <{owner}>"),
    Forgery(name="a control sign in the name", head=b"From: Jo\x07hn <{owner}>"),
    Forgery(name="bytes that are no UTF-8", head=b"From: {local}\xff@{domain}"),
    Forgery(name="a fold of nothing but a NUL", head=b"From: {owner}\r\n \0"),
)
"""No reader may be sure whose these are: suspect, whatever SES says of them."""

CLEAN = (
    Forgery(name="the plain address", head=b"From: {owner}"),
    Forgery(name="the plain address, its own envelope", head=b"From: {owner}", source=OWNER),
    Forgery(name="a name and the address", head=b"From: John Carter <{owner}>"),
    Forgery(name="the address in capitals", head=b"FROM: {owner}"),
    Forgery(name="folded before the address", head=b"From:\r\n {owner}"),
    Forgery(name="Sender says somebody else", head=b"From: {owner}\r\nSender: eve@evil.example"),
    Forgery(name="Reply-To says somebody else", head=b"From: {owner}\r\nReply-To: eve@evil.example"),
    Forgery(name="nobody's envelope", head=b"From: {owner}", source="<>"),
    Forgery(
        name="results that the letter itself brings",
        head=b"Authentication-Results: amazonses.com; spf=pass; dkim=pass; dmarc=pass\r\nFrom: {owner}",
    ),
)
"""Clean, and not the owner's: SES says so, or can't tell."""

HIMSELF = (
    Forgery(name="Sender says the owner", head=b"From: eve@evil.example\r\nSender: {owner}"),
    Forgery(name="Reply-To says the owner", head=b"From: eve@evil.example\r\nReply-To: {owner}"),
    Forgery(name="the envelope says the owner", head=b"From: eve@evil.example", source=OWNER),
    Forgery(name="Return-Path says the owner", head=b"Return-Path: <{owner}>\r\nFrom: eve@evil.example"),
    Forgery(name="Resent-From says the owner", head=b"Resent-From: {owner}\r\nFrom: eve@evil.example"),
    Forgery(name="X-Original-From says the owner", head=b"X-Original-From: {owner}\r\nFrom: eve@evil.example"),
    Forgery(name="a domain that looks alike", head=b"From: John <john@xn--shp-tna.example>"),
    Forgery(name="the owner's domain below another", head=b"From: John <{owner}.evil.example>"),
    Forgery(name="a tag on the local part", head=b"From: {local}+eve@{domain}"),
    Forgery(name="a dot in the local part", head=b"From: j.ohn@{domain}"),
)
"""Authenticated as the writer's own mailbox, which isn't the owner's."""

OURS = (
    Forgery(name="our own address", head=b"From: support@desk.example"),
    Forgery(name="our own address by name", head=b"From: Signoff <support@desk.example>"),
    Forgery(name="our own domain", head=b"From: anybody@desk.example"),
)
"""Says that we wrote it: never a request."""

VERDICTS = ("PASS", "FAIL", "GRAY", "PROCESSING_FAILED", "")
UNSURE = ("GRAY", "PROCESSING_FAILED", "")
