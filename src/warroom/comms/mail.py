"""Mail over SMTP: one thread an incident, text only, no header from foreign text."""

import hashlib
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

from warroom.comms.channel import Channel, Undelivered, secret_of
from warroom.core.post import Parcel
from warroom.core.text import clean_line

TIMEOUT = 15.0


def mail(channel: Channel, parcel: Parcel) -> str:
    """Send through `smtp://host:port` (STARTTLS where offered) or `smtps://host:port`.

    Returns the message id of the first mail of the incident: answers refer to it.
    """
    message, first = compose(channel, parcel)
    place = urlsplit(channel.url or "smtp://localhost:25")
    host = place.hostname or "localhost"
    port = place.port or (465 if place.scheme == "smtps" else 25)
    try:
        if place.scheme == "smtps":
            context = ssl.create_default_context()
            with smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context) as server:
                _hand_over(server, channel, message)
        else:
            with smtplib.SMTP(host, port, timeout=TIMEOUT) as server:
                server.ehlo()
                if server.has_extn("starttls"):
                    server.starttls(context=ssl.create_default_context())
                    server.ehlo()
                _hand_over(server, channel, message)
    except smtplib.SMTPResponseException as error:
        said = clean_line(error.smtp_error, 160)
        again = 400 <= error.smtp_code < 500
        raise Undelivered(f"{host} says {error.smtp_code} {said}", again=again) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        again = all(400 <= code < 500 for code in codes)
        raise Undelivered(f"{host} refuses every recipient", again=again) from None
    except (smtplib.SMTPException, OSError) as error:
        raise Undelivered(f"{host}: {clean_line(str(error), 160)}", again=True) from None
    return first


def compose(channel: Channel, parcel: Parcel) -> tuple[EmailMessage, str]:
    """Return the mail, and the id that the whole thread hangs on."""
    domain = channel.user.rpartition("@")[2] or "warroom.invalid"
    own = f"<{hashlib.sha256(parcel.key.encode()).hexdigest()[:32]}@{domain}>"
    message = EmailMessage()
    message["Subject"] = clean_line(parcel.subject, 200)
    message["From"] = channel.user
    message["To"] = clean_line(parcel.to or channel.to, 500)
    message["Date"] = format_datetime(parcel.created_at)
    message["Message-ID"] = own
    message["Auto-Submitted"] = "auto-generated"  # so that absence replies do not come back
    if parcel.reference:
        message["In-Reply-To"] = parcel.reference
        message["References"] = parcel.reference
    message.set_content(parcel.text)
    return message, parcel.reference or own


def _hand_over(server: smtplib.SMTP, channel: Channel, message: EmailMessage) -> None:
    if channel.secret:
        server.login(channel.user, secret_of(channel))
    server.send_message(message)
