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

# -----Original Message----- and its kin.
_ORIGINAL = any_of(
    r"""
    (?:the )?original (?:message|e-?mail|text|appointment)|reply (?:message|separator)
    forwarded (?:message|by|e-?mail)|urspr[üu]ngliche (?:nachricht|mail|e-?mail)|original-?nachricht|antwort nachricht
    weitergeleitete nachricht|message transf[ée]r[ée]|message (?:d')?origin(?:al|e)
    mensaje (?:original|reenviado)|mensagem (?:original|encaminhada)|messaggio (?:originale|inoltrato)
    oorspronkelijk bericht|doorgestuurd bericht|oprindelig (?:meddelelse|besked|e-?mail)|opprinnelig melding
    ursprungligt meddelande|originalmeddelande|alkuper[äa]inen viesti|wiadomo[śs][ćc] oryginalna
    p[ůu]vodn[íi] (?:zpr[áa]va|e-?mail)|eredeti [üu]zenet|orijinal (?:mesaj|ileti)|mesaj original
    исходное сообщение|пересылаемое сообщение|оригинальное сообщение|пересланное сообщение|початкове повідомлення
    thư gốc|tin nhắn gốc|thư đã chuyển tiếp|thư được chuyển tiếp|pesan asli|ข้อความเดิม
    元のメッセージ|元のメール|転送(?:された)?メッセージ|转发邮件|转发的邮件|原始邮件|原邮件|原始郵件|轉寄郵件|转发信息
    원본 메시지|원본 메일|전달된 메일|보낸 메시지|الرسالة الأصلية
    """
)
_FORWARDED = any_of(
    r"""
    begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-?mail)|inizio messaggio inoltrato
    d[ée]but du message (?:r[ée]exp[ée]di[ée]|transf[ée]r[ée])|inicio del mensaje reenviado|begin doorgestuurd bericht
    início da mensagem reenviada|bắt đầu thư (?:được )?chuyển tiếp|начало переадресованного сообщения
    以下は転送されたメッセージです|开始转发的邮件
    """
)
SEPARATOR = re.compile(
    rf"^[\s>*]*[-_=*—–]{{2,}}\s?>?\s*(?:{_ORIGINAL})\b.{{0,40}}$|^[\s>*]*(?:{_FORWARDED})\s*[:：]?\s*$", re.IGNORECASE
)

# The names of headers as mail programs write them above quoted history.
_FROM = any_of(
    r"""
    from|von|de|da|van|fra|från|od|desde|lähettäjä|kimden|gönderen|felad[óo]|expéditeur|mittente|afzender|dari
    от|от кого|від|từ|người gửi|差出人|送信者|发件人|發件人|寄件者|寄件人|보낸 사람|보낸사람|έναρξη|από|מאת|من|จาก
    """
)
_OTHER = any_of(
    r"""
    sent|to|cc|bcc|subject|date|reply-?to|importance|attachments?|gesendet|an|kopie(?: \(cc\))?|betreff|datum
    antwort an|wichtigkeit|envoy[ée](?: le)?|[àa]|copie [àa]|objet|sujet|répondre à|enviad[oa](?: el| em)?|para|asunto
    assunto|fecha|data|inviato|oggetto|risposta|per|verzonden|aan|onderwerp|sendt|dato|til|emne|skickat|till|[äa]mne
    kopia|lähetetty|vastaanottaja|päivä(?:ys)?|aihe|kopio|wysłan[oy]|do|temat|dw|odesl[áa]no|komu|p[řr]edm[ěe]t
    kime|konu|tarih|gönderilme tarihi|elküldve|címzett|tárgy|trimis|către|subiect|kepada|tanggal|subjek
    отправлено|дата|кому|тема|копия|надіслано|ngày|gửi|đã gửi|gửi lúc|thời gian|đến|tới|người nhận|tiêu đề|chủ đề
    送信日時|日時|日付|宛先|件名|送信済み|发送时间|發送時間|日期|时间|收件人|抄送|主题|主題|寄件日期|傳送時間|收件者|副本|主旨
    보낸 날짜|날짜|받는 사람|받는사람|참조|제목|στάλθηκε|προς|θέμα|נשלח|אל|נושא|إلى|التاريخ|الموضوع|ถึง|วันที่|เรื่อง
    message du
    """
)
HEADER_LINE = re.compile(
    rf"^[\s>*_|]*(?:(?P<sender>{_FROM})|(?:{_OTHER}))\s?\*{{0,2}}\s?[:：](?!//)(?P<value>.*)$", re.IGNORECASE
)

SIGNATURE_LINE = re.compile(r"^\s*(?:--|—|__|[-_=*—–]{3,})\s*$")
_SENT_FROM = any_of(
    r"""
    (?:sent|posted)\s(?:from|via|with|using|by)\s(?!my\sdesk\b).{1,70}|get\s(?:outlook|bluemail)\b.{0,60}
    from\smy\s(?:iphone|ipad|android|samsung|phone|mobile|blackberry).{0,30}|someone\sfrom\smobile
    (?:diese\snachricht\swurde\s)?(?:von\smeinem|gesendet\s(?:von|mit|vom|über)|unterwegs).{1,70}
    envoy[ée]\s(?:de(?:puis)?|à\spartir|via|avec|par).{1,70}|t[ée]l[ée]charge[rz]\soutlook.{0,60}
    provenance\s:\scourrier.{0,60}|obt[ée]n(?:er)?\soutlook.{0,60}|obter\so\soutlook.{0,60}|ottieni\soutlook.{0,60}
    enviad[oa]\s(?:desde|do|de|via|por|con|a\spartir).{1,70}|inviato\s(?:da(?:l)?|con).{1,70}
    (?:verzonden|verstuurd)\s(?:vanaf|met|vanuit|via|door).{1,70}|outlook\svoor\s(?:ios|android)\s.{0,60}
    (?:skickat|skickades|sendt)\s(?:fr[åa]n?|med|via|fra).{1,70}|hent\soutlook.{0,60}|hämta\soutlook.{0,60}
    lähetetty\s.{1,60}|wys[łl]an[eo]\s(?:z|za).{1,60}|odesl[áa]no\sz.{1,60}|tr[ií]mis\s(?:de|din).{1,60}
    [a-z]*\s?iphone(?:umdan|'umdan|imdan)\sgönderildi.{0,20}|dikirim\sdari.{1,60}
    отправлено\s(?:с|из|от).{1,60}|надіслано\s(?:з|із).{1,60}
    (?:được\s)?(?:đã\s)?gửi\s(?:từ|bằng|qua)\s.{1,60}|tải\soutlook.{0,60}
    (?:私の)?.{0,20}(?:iphone|ipad|android|スマートフォン|outlook).{0,10}から送信.{0,10}
    从我的.{1,30}发(?:送|出)|发自我的.{1,30}|發自我的.{1,30}|傳送自.{1,30}|從我的.{1,30}傳送|来自.{1,20}的邮件
    .{1,30}에서\s보냄
    """
)
MOBILE_LINE = re.compile(rf"^[\s>*_(\[]*(?:{_SENT_FROM})\s*$", re.IGNORECASE)
