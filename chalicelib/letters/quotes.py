"""How mail programs, in the languages that people use them in, begin the history below a reply. Data for new_words.py.

Patterns are asked of one line, or of a few joined ones, of bounded length; none of them can be slow on that.
"""

import re

from chalicelib.letters.signs import any_of

# "... wrote", at the end or nearly so.
_WROTE = any_of(
    r"""
    wrote|writes|said|schrieb(?:en)?|a [ée]crit|[ée]crit|escribi[óo]|ha scritto|scritto|schreef|geschreven|escreveu
    skrev|skrifar|kirjoitti|napisa[łl](?:\(a\)|a)?|napsal(?:\(a\)|a)?|nap[ií]sal|pisze|a scris|scrie|[ií]rta|yazd[ıi]
    написал(?:\(а\)|а|и)?|пишет|писал(?:а)?|пише|написа|pi[sš]e|έγραψε|כתב|كتب|đã viết|viết|menulis|เขียน(?:ว่า)?
    (?:さん)?(?:は|が)?(?:書きました|書いた|のメール)|写道|寫道|写到|的来信|작성|님이
    """
)
WROTE = re.compile(
    rf"""(?:^|[\s>)\]」、,*"'])(?:{_WROTE})\b|(?:写道|寫道|書きました|作成|のメール|작성)""", re.IGNORECASE
)

# How the line above quoted history begins: a date, a day of the week, a preposition and a date, or a name and address.
_DAYS = any_of(
    r"""
    mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|mo[.,]|di[.,]|mi[.,]|do[.,]|fr[.,]|sa[.,]|so[.,]
    ma[.,]?\s\d|ti[.,]?\s\d|ons|tors?|fre|l[øö]r|s[øö]n|pe[.,]?\s\d|ke[.,]?\s\d|to[.,]?\s\d|su[.,]?\s\d|la[.,]?\s\d
    пн|вт|ср|чт|пт|сб|вс|нд|pon|wt|śr|czw|pt|sob|niedz|thứ|cn|t[2-7]|seg|ter|qua|qui|sex|s[áa]b|dom|mi[ée]|jue|vie|gio
    """
)
_BEFORE_DATES = (
    r"On|Le|Am|El|Il|Op|Den|Em|W\sdniu|Dnia|Dne|Dňa|Vào|Ngày|Lúc|Pada|În|Na|Στις|В|Kl\.?|Til|At|Le\s\w{3,8}|Il\sgiorno"
)
_DATE_FIRST = rf"(?:{_BEFORE_DATES})\b.{{0,25}}?\d|\d{{1,4}}[\s./年-]|(?:{_DAYS})[^\s\d]{{0,12}}\s?.{{0,15}}?\d"
_NAME_FIRST = r"""[^<>\n]{0,80}[<(\[]\s*(?:mailto:)?[^\s<>@]{1,64}@|"[^"]{1,80}"\s"""
DATE_OPENING = re.compile(rf"^[\s*_>-]*(?:{_DATE_FIRST})", re.IGNORECASE)
OPENING = re.compile(rf"^[\s*_>-]*(?:{_DATE_FIRST}|{_NAME_FIRST})", re.IGNORECASE)
DATED = re.compile(
    r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\b\d{1,2}[:.hH]\d{2}\b|\b(?:19|20)\d\d\b|年\s?\d{1,2}\s?月|\d년"
    r"|\bthg\s?\d|\btháng\s?\d|\d{1,2}\.?\s(?:jan|feb|m[aä]r|apr|ma[iyj]|jun|jul|aug|sep|o[ck]t|nov|de[cz])",
    re.IGNORECASE,
)
ADDRESSED = re.compile(r"[<(\[]\s*(?:mailto:)?[^\s<>@()]{1,64}@[^\s<>@()]{1,255}", re.IGNORECASE)

# The writer's own words tell of a letter as well: "on 2 November I wrote to you:" begins no history.
FIRST_PERSON = re.compile(
    r"""
    \b(?:i|we)\s(?:have\s|had\s|already\s|also\s){0,2}(?:wrote|write|written|said)\b
    |\bschrieb(?:en)?\s(?:ich|wir)\b|\b(?:ich|wir)\s(?:\w{1,12}\s){0,2}(?:schrieb(?:en)?|geschrieben)\b
    |\bj['’]ai\s(?:\w{1,12}\s)?[ée]crit\b|\b(?:je|nous)\s(?:\w{1,12}\s){0,3}[ée]crit\b
    |\b(?:ho|abbiamo)\sscritto\b|\bschreef\sik\b|\bik\s(?:\w{1,12}\s){0,2}(?:schreef|geschreven)\b
    |\bskrev\s(?:jag|jeg|vi)\b|\b(?:jag|jeg|vi)\s(?:har\s)?skrev\w{0,3}\b|\bkirjoitin\b
    |\b(?:я|мы)\s(?:\w{1,12}\s){0,2}(?:на)?писала?и?\b
    |\b(?:tôi|em|mình|chúng\stôi|con|cháu)\s(?:đã\s|có\s|từng\s){0,2}viết\b
    |私(?:は|が)|我(?:们|們)?(?:曾|已)?(?:写|寫)
    """,
    re.IGNORECASE | re.VERBOSE,
)
DAY = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
TIMED = re.compile(r"\b\d{1,2}[:.hH]\d{2}\b|\d[时時点點시]|\d\s?(?:Uhr|giờ|AM|PM)\b", re.IGNORECASE)

# -----Original Message----- and its kin.
_ORIGINAL = any_of(
    r"""
    (?:the )?original (?:message|e-?mail|text|appointment)|reply (?:message|separator)
    urspr[üu]ngliche (?:nachricht|mail|e-?mail)|original-?nachricht|antwort nachricht|message (?:d')?origin(?:al|e)
    mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht
    oprindelig (?:meddelelse|besked|e-?mail)|opprinnelig melding
    ursprungligt meddelande|originalmeddelande|alkuper[äa]inen viesti|wiadomo[śs][ćc] oryginalna
    oryginalna wiadomo[śs][ćc]
    p[ůu]vodn[íi] (?:zpr[áa]va|e-?mail)|eredeti [üu]zenet|orijinal (?:mesaj|ileti)|mesaj original
    исходное сообщение|оригинальное сообщение|початкове повідомлення|thư gốc|tin nhắn gốc|pesan asli|ข้อความเดิม
    元のメッセージ|元のメール|原始邮件|原邮件|原始郵件|原始訊息|원본 메시지|원본 메일|보낸 메시지|الرسالة الأصلية
    """
)
# ----- Forwarded message -----: whoever sends this on wants it to be read.
_FORWARDED = any_of(
    r"""
    forwarded (?:message|by|e-?mail)|weitergeleitete (?:nachricht|e-?mail|mail)|message transf[ée]r[ée]
    mensaje reenviado|mensagem (?:encaminhada|reencaminhada)|messaggio inoltrato|doorgestuurd bericht
    videresend?t (?:meddelelse|besked|melding|e-?post)|vidarebefordrat (?:meddelande|mejl)|v[äa]litetty viesti
    wiadomo[śs][ćc] przekazana|przekazana wiadomo[śs][ćc]|p[řr]eposlan[áa] zpr[áa]va|tov[áa]bb[íi]tott [üu]zenet
    iletilen (?:mesaj|ileti)|mesaj redirec[țt]ionat|пересылаемое сообщение|пересланное сообщение
    переслане повідомлення|thư (?:đã |được )?chuyển tiếp|tin nhắn (?:đã |được )?chuyển tiếp|pesan (?:yang )?diteruskan
    転送(?:された)?(?:メッセージ|メール)|转发邮件|转发的邮件|转发信息|轉寄郵件|已轉寄郵件|전달된 메[일시]지?
    """
)
_BEGIN_FORWARDED = any_of(
    r"""
    begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)|inizio messaggio inoltrato
    d[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])|inicio del mensaje reenviado|begin doorgestuurd bericht
    início da mensagem (?:reenviada|encaminhada)|bắt đầu thư (?:được )?chuyển tiếp|начало переадресованного сообщения
    以下は転送されたメッセージです|开始转发的邮件|vidarebefordrat brev|start på videresendt melding|videresendt besked
    """
)
ORIGINAL = re.compile(rf"^[\s>*]*[-_=*—–]{{2,}}\s?>?\s*(?:{_ORIGINAL})\b.{{0,40}}$", re.IGNORECASE)
FORWARDED = re.compile(
    rf"^[\s>*]*[-_=*—–]{{2,}}\s?>?\s*(?:{_FORWARDED})\b.{{0,40}}$|^[\s>*]*(?:{_BEGIN_FORWARDED})\s*[:：]?\s*$",
    re.IGNORECASE,
)
_FORWARDS = r"fwd?|wg|tr|rv|enc|i|doorst|vs|vb|vl|pd|пересл|chuyển tiếp|転送|转发|轉寄|전달"
FORWARDING_SUBJECT = re.compile(rf"\s*(?:{_FORWARDS})\s?[:：]", re.IGNORECASE)
ANSWERING_SUBJECT = re.compile(
    rf"\s*(?:{_FORWARDS}|re|aw|sv|antw?|r|ref|res|odp|vá|ynt|trả lời|отв|回复|回覆|答复|返信|답장|회신)"
    r"\s?(?:\[\d{1,3}\])?\s?[:：]",
    re.IGNORECASE,
)

# The names of headers as mail programs write them above quoted history.
_FROM = any_of(
    r"""
    from|von|de|da|van|fra|från|od|desde|lähettäjä|kimden|gönderen|felad[óo]|expéditeur|mittente|afzender|dari
    от|от кого|від|từ|người gửi|差出人|送信者|发件人|發件人|寄件者|寄件人|보낸 사람|보낸사람|έναρξη|από|מאת|من|จาก
    """
)
# When an older letter was sent, and its subject: nobody's own list of things has these.
_OF_LETTERS = any_of(
    r"""
    subject|betreff|objet|sujet|asunto|assunto|oggetto|onderwerp|emne|[äa]mne|aihe|temat|p[řr]edm[ěe]t|konu|tárgy|subiect
    subjek|тема|tiêu đề|chủ đề|件名|主题|主題|主旨|제목|θέμα|נושא|الموضوع|เรื่อง
    sent|gesendet|envoy[ée](?: le)?|enviad[oa](?: el| em)?|inviato|verzonden|sendt|skickat|lähetetty|wysłan[oy]
    odesl[áa]no|gönderilme tarihi|elküldve|trimis|отправлено|надіслано|đã gửi|gửi lúc|送信日時|送信済み|发送时间
    發送時間|寄件日期|傳送時間|보낸 날짜|στάλθηκε|נשלח
    """
)
_OTHER = any_of(
    r"""
    to|cc|bcc|date|reply-?to|importance|attachments?|an|kopie(?: \(cc\))?|datum|antwort an|wichtigkeit|[àa]|copie [àa]
    répondre à|para|fecha|data|risposta|per|aan|dato|til|till|kopia|vastaanottaja|päivä(?:ys)?|kopio|do|dw|komu
    kime|tarih|címzett|către|kepada|tanggal|дата|кому|копия|ngày|gửi|thời gian|đến|tới|người nhận
    日時|日付|宛先|日期|时间|收件人|抄送|收件者|副本|날짜|받는 사람|받는사람|참조|προς|אל|إلى|التاريخ|ถึง|วันที่
    message du
    """
)
HEADER_LINE = re.compile(
    rf"^[\s>*_|]*(?:(?P<sender>{_FROM})|(?P<of_letters>{_OF_LETTERS})|(?:{_OTHER}))"
    r"\s?\*{0,2}\s?[:：](?!//)(?P<value>.*)$",
    re.IGNORECASE,
)
