"""A mail server's report of a failed delivery (RFC 3464), as Postfix writes it."""

from __future__ import annotations

REPORT = """\
Return-Path: <>
From: MAILER-DAEMON@mail.clinic.example (Mail Delivery System)
To: recovery@clinic.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="XYZ"

--XYZ
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--XYZ
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.clinic.example
Arrival-Date: Mon, 15 Jun 2026 09:00:00 +0000 (UTC)

Final-Recipient: rfc822; robin@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <robin@example.org>:
    Recipient address rejected: User unknown

--XYZ
{original}
--XYZ--
"""
WHOLE = """\
Content-Description: Undelivered Message
Content-Type: message/rfc822

From: recovery@clinic.example
Message-ID: {message_id}
Subject: Time for your check-in

Hello
"""
HEADERS = """\
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: recovery@clinic.example
Message-ID: {message_id}
"""


def report(message_id: str, *, action: str = "failed", status: str = "5.1.1", original: str = WHOLE) -> bytes:
    filled = REPORT.format(action=action, status=status, original=original.format(message_id=message_id))
    return filled.replace("\n", "\r\n").encode()
