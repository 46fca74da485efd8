"""Commands: list enquiries that wait for an answer, reply to one."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.actions.enquiries.attachments import store_files
from app.actions.enquiries.replies import ReplyDraft, StaffAuthor, reply_to_enquiry
from app.domain.attachments import Upload
from app.domain.enquiries import Reply
from app.domain.errors import EnquiryClosedError, NotFoundError
from app.extensions import db
from app.jobs import delivery
from app.queries.enquiries.customer import get_by_number, list_open
from app.web.context import clock, local_now
from app.web.policies import file_rules
from app.web.uploads import attachment_storage, delete_stored, refusal_text


@click.command("enquiries")
@with_appcontext
def enquiries() -> None:
    """Обращения, которые ждут ответа, самые срочные первыми."""
    rows = list_open(db.session())
    today = clock().today()
    for row in rows:
        overdue = "  ПРОСРОЧЕНО" if row.answer_due_on < today else ""
        click.echo(
            f"{row.number}  {row.contract.number}  {row.topic.name}  "
            f"ответ до {row.answer_due_on:%d.%m.%Y}{overdue}"
        )
    click.echo(f"Ждут ответа: {len(rows)}")


@click.command("enquiry-reply")
@with_appcontext
@click.argument("number", metavar="НОМЕР")
@click.option("--text", default="", help="Слова потребителю; «-» — со стандартного ввода.")
@click.option(
    "--do",
    "reply",
    type=click.Choice([step.value for step in Reply]),
    default=Reply.ANSWER.value,
    help="answer ответ, ask запрос уточнений, reject отказ, take в работу, close закрыть.",
)
@click.option("--staff", default="Сотрудник", help="Кто отвечает, как прочтет потребитель.")
@click.option(
    "--file", "paths", multiple=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
def enquiry_reply(number: str, text: str, reply: str, staff: str, paths: tuple[Path, ...]) -> None:
    """Ответить на обращение, запросить уточнения, отклонить, взять в работу или закрыть."""
    step = Reply(reply)
    message = sys.stdin.read() if text == "-" else text
    if step.needs_text and not message.strip():
        raise click.ClickException("нужен текст: --text «…» или --text -")
    try:
        enquiry = get_by_number(db.session(), number)
        uploads = [Upload(path.name, path.read_bytes()) for path in paths]
        files, refused = store_files(
            enquiry.contract_id, uploads, attachment_storage(), file_rules(), local_now()
        )
        if refused:
            delete_stored([file.storage_key for file in files])
            raise click.ClickException(". ".join(refusal_text(error) for error in refused))
        draft = ReplyDraft(str(uuid.uuid4()), message.strip(), files)
        reply_to_enquiry(db.session(), enquiry, StaffAuthor(staff), step, draft, local_now())
    except NotFoundError:
        raise click.ClickException(f"обращения № {number} нет") from None
    except EnquiryClosedError:
        raise click.ClickException("обращение уже закрыто") from None
    delivery.commit()
    click.echo(f"Обращение № {number}: готово.")
