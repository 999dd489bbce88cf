"""What machines write into mail, in the languages they write it in. Data for kinds.py; no rule stands here."""

import re


def any_of(phrases: str) -> str:
    """One pattern that finds any of the phrases: a line holds those of one language or one family, divided by bars."""
    return "|".join(line.strip() for line in phrases.strip().splitlines())


def _pattern(phrases: str, *, before: str = "", flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(f"{before}(?:{any_of(phrases)})", flags)


# ---- who sends

DAEMON = _pattern(
    r"""
    mailer-?_?daemon|mail-?_?daemon|maildaemon|mdaemon|mail\.?delivery|maildelivery|autoreply|delivery
    post-?master|poostmaster
    bounces?$|bounce[-+_.]|[^@]{1,64}-bounces?$
    """
)
SURE_DAEMON = _pattern(r"mailer-?_?daemon|mail\.?delivery|mdaemon$")
DAEMON_NAME = _pattern(
    r"""
    mail(?:er)?[ -]?(?:delivery|daemon)|delivery (?:sub)?system|system administrator|postmaster|mail administrator
    internet mail delivery|microsoft (?:outlook|exchange)$
    """
)
NO_REPLY = _pattern(
    r"""
    no-?_?\.?reply|do-?_?not-?_?reply|dont-?reply|donotrespond|unattended
    notifications?$|notify$|alerts?$|auto(?:mailer|matic|mated|-?confirm\w*|-?respond\w*|-?reply)
    keine-?antwort|nichtantworten|ne-?pas-?repondre|no-?responder|nao-?responda|non-?rispondere|khong-?tra-?loi
    """
)

# ---- bounces

BOUNCE_SUBJECT = _pattern(
    r"""
    delivery (?:status )?(?:notification|failure|failed|report|error|delayed)|delivery (?:has )?failed|delivery status
    undeliver(?:able|ed)|non[- ]?deliver\w*|not delivered|returned mail|returned to sender|return(?:ed|ing) message
    failure notice|failed mail|failure delivery|mail (?:system error|delivery|failed|could not|status|error|returned)
    message (?:delivery|status|could not|not delivered|undeliver|delayed|you sent)|could not (?:send|deliver)
    error sending|error in (?:mail|deliver)|warning: (?:message|could not send)|notice: mail delivery|bounce
    postmaster notify|auto(?:matic)? ?notify|permanent delivery|user unknown|unknown user|no such user
    e-?mail (?:could not|not delivered|delivery|undeliver)
    your (?:message|mail|e-?mail) (?:could not|was not|has not|cannot)|you \S{1,100} are not (?:a )?member
    [^(]{0,200}\((?:delivery failed|undeliverable|non remis|undelivered)\)$
    unzustellbar|nicht zustellbar|zustell(?:ung|fehler)|mail konnte nicht|fehler bei der zustellung
    non[- ]remis|non distribuable|échec|echec de (?:la )?(?:remise|distribution)|message non|courrier non|avis de non
    mensaje no|no se (?:pudo|puede)|correo devuelto|error de entrega|notificaci[oó]n de (?:error|estado|entrega)
    messaggio non|mancat[oa] (?:recapito|consegna)|impossibile recapitare|notifica di mancato
    niet (?:bezorg|afgeleverd)|onbestelbaar|kan niet worden
    n[aã]o entreg|falha (?:na|de) entrega|devolvid[oa]
    kunne ikke leveres|ikke levert|kunde inte levereras|går inte att leverera|toimitus epäonnistui
    niedostarcz|zwrot|nedoručiteln|nelze doručit|kézbesíthetetlen|iletilemedi|teslim edilemedi
    не доставлено|недоставлен\w*|сообщение не|ваше сообщение не|невозможно доставить
    配信(?:不能|エラー|失敗)|送信(?:エラー|失敗|できません)|配送(?:失敗|エラー)|メール(?:配信|が届|を送信できません)
    退信|系统退信|邮件(?:投递|发送)失败|投递失败|無法傳遞|無法遞送|未傳遞
    전송 ?(?:실패|오류)|배달(?:되지| 실패)|반송
    thư (?:không|bị trả|trả)|không (?:gửi|chuyển|phát) được|gửi (?:thư )?(?:thất bại|không thành công)
    thất bại khi gửi|(?:thông báo|thư) (?:lỗi|không gửi)
    """,
    before=r"^\W*",
)
BOUNCE_WORDS = _pattern(
    r"""
    (?:^|[\s(])[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}\b|\b(?:status|dsn):? ?[45]\.\d\.\d{1,3}
    ^\s{0,8}(?:(?:final|original)-recipient|diagnostic-code|reporting-mta):|^\s{0,8}action: *(?:failed|delayed|expired)
    \bsmtp error\b|remote (?:host|server) said|(?:transcript|session) (?:of|follows)|hop count|too many hops
    (?:could|can) ?not be (?:delivered|sent|completed)|could not deliver|unable to deliver|couldn't be delivered
    wasn't able to deliver|was not (?:able to|possible to|delivered)|not been (?:able to be )?delivered|is undeliverable
    did not reach|delivery (?:to the following|has failed|failed|was|attempts?|is|error)|undeliverable|giving up
    permanent (?:fatal )?error|fatal errors?
    (?:user|recipient|address|account|mailbox|host) (?:is )?(?:unknown|not found)
    (?:user|recipient|address|account|mailbox|host) (?:is )?(?:rejected|unavailable|disabled)|not a valid|doesn't have
    (?:unknown|no such|invalid|bad) (?:user|recipient|address|mailbox|host|domain|local)
    mailbox (?:is )?(?:full|exceeded)
    over(?:drawn|.?quota)|quota exceeded|does not (?:exist|have|accept)|returned (?:to (?:the )?sender|message|mail)
    original message (?:follows|header|was|is|text)
    (?:copy|text|header\w*) of (?:the |your )?(?:original )?(?:message|mail)
    message (?:headers? )?follows|no longer (?:valid|available|on|in use)|not listed in|has been delayed|has not reached
    relay(?:ing)? (?:denied|not)|the following address|failed (?:recipient|address|permanently)|not distributed
    error(?:s)? (?:occurred|while|transferring|message)|awaits moderator|delivery failed|not a member|are not member
    zugestellt werden|n'a pas pu|n'a pas été|no (?:se )?ha podido|no pudo|non (?:è|e) stato|kon niet|não foi possível
    не может быть доставлено|не доставлено|не удалось доставить
    配信できません|届けることが|送信できません|配送でき|無法投遞|无法(?:投递|送达|发送)
    không (?:thể )?(?:gửi|chuyển|phát)
    """,
    flags=re.IGNORECASE | re.MULTILINE,
)

# ---- automatic answers

AUTOMATIC_HEADERS = frozenset(
    "x-autoreply x-autorespond x-autoresponder x-autoresponse x-auto-reply x-auto-respond x-autoreply-from"
    " x-auto-response-from x-auto-reply-from x-autorespond-from x-mail-autoreply x-autogenerated x-autoresponse-from"
    " x-auto-generated x-auto-submitted x-vacation x-vacationmsg x-out-of-office x-automatic-reply x-autoreply-domain"
    " x-autoreply-subject x-amazon-auto-reply x-ms-exchange-generated-message-source x-ms-exchange-inbox-rules-loop"
    " x-zimbra-autoreply x-gm-autoreply x-cron-env x-boxtrapper x-spamarrest x-tmda-confirm x-facebook-notify"
    " x-jira-fingerprint x-github-reason x-freescout-mail-type x-helpscout-autoreply x-zendesk-autoreply x-nagios"
    " x-osticket-autoreply x-rt-loop-prevention x-otrs-loop x-qmail-autoreply x-yahoo-autoresponder"
    " x-spamverify x-challenge-response x-uol-confirm x-abuse-and-spam-autoresponder".split()
)
AUTOMATIC_MAILERS = _pattern(r"vacation|autorespond|auto-?reply|autoreplier|boxtrapper|active responder")
VACATION_SUBJECT = _pattern(
    r"""
    auto(?:matic|mated)?[ :_-]*(?:reply|response|respon[sd]e?r?|answer|antwor\w*|generated|notification)?\s*:
    auto(?:matic|mated)?[ _-]?(?:reply|response|respond\w*|generated|answer)|out of (?:the )?office|out-of-office|ooo\b
    (?:on |i'?m on )?(?:vacation|holiday|annual leave|maternity leave|parental leave|sick leave)
    vacation (?:reply|message|notice)|away from (?:my|the)|i am (?:away|out|on)
    (?:your|thank you for) (?:e-?mail|message|contacting|inquiry|enquiry|request)|we (?:have )?received your
    abwesen\w*|automatische (?:antwort|abwesenheit\w*|e-?mail)|autom\. antwort
    ich bin (?:nicht|im urlaub|abwesend)|urlaub
    eingangsbest\w+|r[eé]ponse automatique|absen(?:ce|t)\b|(?:message )?d'absence|en vacances|accus[ée] de r[ée]ception
    respuesta autom[aá]tica|fuera de (?:la )?oficina|ausencia|ausente|de vacaciones|autorespuesta
    risposta automatica|fuori (?:sede|ufficio)|assen[zt][ae]?|in ferie|risposta non al computer|conferma di ricezione
    automatisch (?:antwoord|bericht)|afwezig\w*|niet aanwezig|ontvangstbevestiging
    resposta autom[aá]tica|fora do escrit[oó]rio|aus[êe]ncia|f[ée]rias
    autosvar|automatisk svar|fr[åa]nvaro|frav[æe]r|ikke til stede|automaattinen vastaus|poissa
    automatyczna odpowied|poza biurem|nieobecno|automatick[áa] odpov|mimo kancel|nep[rř][ií]tomnost
    automatikus v[áa]lasz|h[áa]zon k[ií]v[üu]l|r[ăa]spuns automat|otomatik yan|ofis d[ıi][sş][ıi]nda|atva[ļl]in[āa]jum
    автоматический ответ|автоответ|нет на месте|в отпуске|автовідповід|автоматичен отговор
    αυτόματη απάντηση|εκτός γραφείου|מענה אוטומטי|תשובה אוטומטית|رد تلقائي|balasan otomatis|ตอบกลับอัตโนมัติ
    自動(?:返信|応答|回覆|回复|送信)|不在(?:通知|のお知らせ|メール)?|休暇|外出中
    自动(?:回复|答复|回覆|应答)|外出|休假|不在办公室|假期
    자동 ?(?:응답|회신|답장)|부재중|휴가
    (?:thư )?trả lời tự động|phản hồi tự động|tự động trả lời|vắng mặt|nghỉ phép|không có mặt|đang nghỉ
    """,
    before=r"^\W*",
)
# Mailboxes that shops and services write from. People write from some of them as well: no sign by itself.
SERVICE = _pattern(
    r"""
    (?:service|billing|orders?|receipts?|invoices?|newsletters?|news|updates?|marketing|offers|mailing|payments?)@
    """
)
NO_ANSWER_WANTED = _pattern(
    r"""
    (?:do not|don't) (?:reply|respond) to this (?:e-?mail|message)
    replies to this (?:e-?mail|message|address) (?:are|will|can)
    (?:sent to|to) this (?:e-?mail )?address (?:cannot|can not|will not) be (?:answered|read)
    (?:antworten|erwidern) sie (?:bitte )?nicht auf diese|bitte nicht auf diese (?:e-?mail|nachricht)
    (?:merci de )?ne pas r[ée]pondre [àa] ce|no responda a este|non rispondere a quest[ao]|n[ãa]o responda a este
    (?:niet|geen) (?:te )?(?:beantwoorden|antwoorden) op dit|このメール(?:に|へ)は?(?:ご)?返信(?:いただけ|でき|しない)
    请勿(?:直接)?回复(?:此|本)|請勿(?:直接)?回覆(?:此|本)
    (?:không|đừng) (?:trả lời|phản hồi) (?:thư|e-?mail) này
    """
)
CHALLENGE = _pattern(
    r"""
    (?:confirm|verify|validat)\w* (?:that you|your (?:e-?mail|message|address) (?:was|is|to|before))
    (?:confirm|verify|validat)\w* you(?:'re| are) (?:a )?(?:human|real|not)
    (?:message|e-?mail|mail) (?:is |has been )?(?:held|pending|waiting|quarantined)[^.]{0,60}(?:confirm|verif|approv)
    click (?:on )?(?:the|this) link[^.]{0,60}(?:prove|human|deliver)
    spam ?arrest|boxtrapper|challenge[- ]response|\btmda\b
    """
)

# ---- lists and bulk mail

LIST_HEADERS = frozenset(
    "list-id list-unsubscribe list-post list-unsubscribe-post list-subscribe list-archive x-mailing-list mailing-list"
    " x-mailman-version x-beenthere x-campaign x-campaign-id x-campaignid x-mailingid x-mailer-listid x-list-id"
    " x-listid x-mc-user x-csa-complaints x-report-abuse feedback-id x-newsletter"
    " x-mass-mailing x-bulk x-mailchimp-campaign-id x-ebs x-emv-campagneid x-list-unsubscribe".split()
)
BULK_MAILERS = _pattern(
    r"listmanager|mailchimp|phplist|sendy\b|campaign ?monitor|mailman|listserv|lyris|majordomo|aweber|mailpoet"
)
BULK_ENVELOPE = _pattern(r"bounces?[-+=]|[^@]{1,200}-bounces?(?:[-+=][^@]{1,200})?@")
VERP_ENVELOPE = re.compile(r"(?!srs[01][-+=]|[^@]{1,200}\+caf_)[^@]{1,200}=[^@=]{1,200}\.[a-z]{2,20}@", re.IGNORECASE)
UNSUBSCRIBE = _pattern(
    r"""
    unsubscribe|opt[ -]out|removed from (?:this|our|the) (?:mailing ?)?list
    (?:stop|no longer wish to) receiv(?:e|ing)|remove (?:you|yourself|me) from (?:this|our|the)
    manage (?:your )?(?:e-?mail )?(?:subscription|preferences)|abmelden|abbestellen|austragen|newsletter nicht mehr
    se d[ée]sabonner|d[ée]sinscri|darse de baja|cancelar (?:la |su )?suscripci[óo]n|cancellar(?:ti|si)|disiscri
    uitschrijven|afmelden|cancelar (?:a )?(?:inscri[çc][ãa]o|assinatura)|descadastr|avregistrera|afmeld
    meld (?:deg|dig) av
    wypisa[ćc]|odhl[áa]sit|leiratkoz|abonelikten|отписаться|відписатися|配信停止|購読解除|退订|取消订阅|取消訂閱
    수신 ?거부
    hủy đăng ký|ngừng nhận|từ chối nhận
    """
)
