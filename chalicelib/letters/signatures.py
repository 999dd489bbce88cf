"""A signature at the end of a letter is no new word. Only what surely is one goes: to keep too much does no harm."""

import re
from itertools import islice

from chalicelib.letters.signs import any_of

_LONGEST_SIGNATURE = 25
_LONGEST_SIGNATURE_LINE = 200
_MOST_SIGNED = 1000
_LONGEST_MOBILE_LINE = 120
_LONGEST_GREETING = 60
_MOST_WORDS_A_LINE = 6
_RULE = re.compile(r"[\s>]*[-_=*—–~·]{3,}\s*$|\s*>*\s*$")
_QUOTED = re.compile(r"\s{0,3}(?:[A-Z]{1,3})?>")
_DELIMITER = re.compile(r"\s*(?:--|—)\s*$")
SIGNATURE_RULE = re.compile(r"\s*(?:--|—|__|[-_=*—–]{3,})\s*$")
# What stands below a rule and is somebody's card, or the foot of a mailing list, and not the next paragraph.
_CARD = re.compile(
    r"[^\s@]@[^\s@]+\.\w|https?:|www\.|(?:\+|\(?\b0|\b\d{3}[-. )])[\d\s().-]{6,}|mailing list", re.IGNORECASE
)

# What telephones and programs add. A line has to name one: "sent by registered mail" is somebody's own.
_DEVICES = any_of(
    r"""
    i-?phone|i-?pad|i-?pod|android|samsung|galaxy|blackberry|outlook|windows|yahoo|gmail|proton|k-9|thunderbird|airmail
    sparrow|mailbox|bluemail|zimbra|aol|gmx|web\.de|hotmail|htc|huawei|nokia|xperia|xiaomi|redmi|oppo|vivo|lumia
    mobil\w{0,12}|m[óo]vil|celular|smart-?phone|phone|handy|tablet|telefon\w{0,6}|t[ée]l[ée]phone|tel[ée]fono
    cellulare|ger[äa]t|appareil|dispositivo|macbook|тел\w{0,9}|смартфон\w{0,3}|điện thoại|máy tính bảng
    携帯|スマートフォン|手机|手機|아이폰|갤럭시|휴대폰|unterwegs|fairmail|polymail
    мобильн\w{1,3}|application\smail
    """
)
_MY = r"my|meinem|meiner|mon|ma|mi|mijn|min|mitt|mia|mio|meu|minha|mojego|моего|мого"
_NO_DEVICE = r"account|address|e-?mail address|desk|office|konto|adresse|compte|cuenta|conta\b|büro|bureau|rekening"
_BY = any_of(
    r"""
    (?:sent|posted)\s(?:from|via|with|using|by)|gesendet\s(?:von|mit|vom|über|via)|envoy[ée]\s(?:de(?:puis)?|à\spartir|via|avec|par)
    enviad[oa]\s(?:desde|do|de|via|por|con|com|a\spartir)|inviato\s(?:da(?:l|lla)?|con)
    (?:verzonden|verstuurd)\s(?:vanaf|met|vanuit|via|door)|(?:skickat|skickades|sendt)\s(?:fr[åa]n?|med|via|fra)
    lähetetty|wys[łl]an[eoay]\s(?:z|za)|odesl[áa]no\sz|tr[ií]mis\s(?:de|din)|dikirim\sdari
    отправлено\s(?:с|из|от|через)|надіслано\s(?:з|із|через)|(?:được\s|đã\s){0,2}gửi\s(?:từ|bằng|qua)
    """
)
_SENT_FROM = any_of(
    r"""
    (?:get|download|try)\s(?:outlook|bluemail|yahoo)\b.{0,90}|from\smy\s(?:iphone|ipad|android|samsung|phone|mobile).{0,30}
    someone\sfrom\smobile|t[ée]l[ée]charge[rz]\soutlook.{0,90}|provenance\s:\scourrier.{0,90}
    obt[ée]n(?:er|ez)?\soutlook.{0,90}|obter\so\soutlook.{0,90}|ottieni\soutlook.{0,90}|outlook\s(?:voor|für)\s.{0,90}
    (?:hent|hämta|hanki|pobierz|laden\ssie|holen\ssie\ssich)\soutlook.{0,90}|tải\soutlook.{0,90}|скачать\soutlook.{0,90}
    (?:diese\snachricht\swurde\s)?von\smeine[mr]\s.{1,70}\sgesendet\.?|[a-z]*\s?iphone(?:umdan|'umdan|imdan)\sgönderildi.{0,20}
    (?:私の)?.{0,20}(?:iphone|ipad|android|スマートフォン|outlook|携帯).{0,10}から送信.{0,10}
    从我的.{1,30}发(?:送|出)|发自我的.{1,30}|發自我的.{1,30}|傳送自.{1,30}|從我的.{1,30}傳送|来自.{1,20}的邮件
    outlook\sfor\s(?:ios|android)\s?を入手.{0,60}|나의\s.{1,20}에서\s보냄|.{0,20}(?:iphone|ipad|galaxy|android).{0,10}에서\s보냄
    """
)
_MOBILE_LINE = re.compile(
    rf"^[\s>*_(\[<«\"]*(?:{_SENT_FROM}|(?:{_BY})\s(?!.{{0,60}}\b(?:{_NO_DEVICE}))"
    rf"(?:(?:{_MY})\s.{{1,60}}|.{{0,40}}(?:\b|_)(?:{_DEVICES})(?:s|[sl]t[aä])?(?![a-z]).{{0,70}}))\s*$",
    re.IGNORECASE,
)
# A greeting says nothing yet: the letter itself may stand below a rule.
_GREETING = re.compile(
    r"""\s*(?:hi|hello|hey|dear|good\s(?:morning|afternoon|evening|day)|greetings|to\swhom|xin\schào|chào|kính\sgửi|kính\schào
    |thưa|bonjour|bonsoir|salut|cher|chère|madame|monsieur|hallo|guten\s(?:tag|morgen|abend)|grüß\sgott|sehr\sgeehrte|liebe
    |servus|moin|hola|buen[oa]s|estimad[oa]|ciao|buongiorno|buonasera|salve|gentil[ei]|spett|beste|geachte|goede
    |olá|ola|prezad[oa]|bom\sdia|boa\s|hej|hei|god\s(?:dag|morgen|morgon)|bästa|kære|kjære|hyvä|moi|terve
    |dzień\sdobry|szanown|witam|cześć|dobrý|здравствуйте|добрый|привет|уважаем|доброго|お世話|こんにちは|拝啓
    |您好|你好|尊敬的|안녕하세요)""",
    re.IGNORECASE | re.VERBOSE,
)


def without_signature(lines: list[str], signed: list[bool]) -> str:
    """The lines without what stands at their end and is no word: quotes, rules, signatures, what a phone adds.

    `signed` tells of each line whether the mail program itself calls it a signature.
    """
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    end = _end_of_words(lines, signed, first, is_greeting=False)
    if end and _is_greeting(lines, first, end):
        end = _end_of_words(lines, signed, first, is_greeting=True)
    return "\n".join(lines[:end]).strip("\n").strip()


def _end_of_words(lines: list[str], signed: list[bool], first: int, *, is_greeting: bool) -> int:
    """Where the words end. Below a mere greeting only what is quoted, or what markup calls a signature, is none."""
    end, is_cut, before = len(lines), False, -1
    while end != before:
        before = end
        end = _without_rules(lines, end)
        end = _without_marked(signed, end, first)
        end = _without_quote(lines, end)
        if is_greeting:
            continue
        end = _without_mobile_line(lines, end, first)
        begins = _signature_begins(lines, first, end, is_cut=is_cut)
        is_cut = is_cut or begins < end
        end = begins
    return end


def _without_rules(lines: list[str], end: int) -> int:
    while end and _RULE.match(lines[end - 1]):
        end -= 1
    return end


def _without_marked(signed: list[bool], end: int, first: int) -> int:
    """Where what the mail program calls a signature begins at the end, if words stand above it."""
    at = end
    while at > first and signed[at - 1]:
        at -= 1
    return at if at > first else end


def _without_quote(lines: list[str], end: int) -> int:
    if not end or not _QUOTED.match(lines[end - 1]):
        return end
    while end and (_QUOTED.match(lines[end - 1]) or not lines[end - 1].strip()):
        end -= 1
    return end


def _without_mobile_line(lines: list[str], end: int, first: int) -> int:
    last = end - 1
    if last <= first or len(lines[last]) > _LONGEST_MOBILE_LINE or not _MOBILE_LINE.match(lines[last]):
        return end
    return last


def _signature_begins(lines: list[str], first: int, end: int, *, is_cut: bool) -> int:
    """Where the last rule stands with what is surely a signature below it. `end` if there is none."""
    for at in range(end - 1, max(first, end - 1 - _LONGEST_SIGNATURE), -1):
        if SIGNATURE_RULE.match(lines[at]):
            below = lines[at + 1 : end]
            is_sure = _is_card(below) or (bool(_DELIMITER.match(lines[at])) and not is_cut and _is_short(below))
            return at if is_sure else end
    return end


def _is_short(lines: list[str]) -> bool:
    return sum(map(len, lines)) <= _MOST_SIGNED and max(map(len, lines), default=0) <= _LONGEST_SIGNATURE_LINE


def _is_card(lines: list[str]) -> bool:
    """Short lines, one of them with an address or a number: prose has longer ones."""
    said = [line for line in lines if line.strip()]
    is_prose = sum(len(line.split()) for line in said) > _MOST_WORDS_A_LINE * len(said)
    return _is_short(said) and not is_prose and any(_CARD.search(line) for line in said)


def _is_greeting(lines: list[str], first: int, end: int) -> bool:
    """Whether a greeting, which stands at `first`, is all that is said up to `end`."""
    return (
        not any(line.strip() for line in islice(lines, first + 1, end))
        and len(lines[first]) <= _LONGEST_GREETING
        and bool(_GREETING.match(lines[first]))
    )
