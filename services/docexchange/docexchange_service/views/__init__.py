"""What agencies see of the log: one question a file."""

from docexchange_service.views.counts import COUNTS
from docexchange_service.views.inbox import INBOX
from docexchange_service.views.outbox import OUTBOX
from docexchange_service.views.thread import LINKS, THREAD
from docexchange_service.views.trace import TRACE

VIEWS = (INBOX, OUTBOX, TRACE, THREAD, LINKS, COUNTS)
