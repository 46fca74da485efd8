"""Forms of the first entry and of the registration, with their error texts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, StringField
from wtforms.validators import DataRequired, Length, ValidationError

from app.actions.registration.details import RegistrationDetails
from app.domain.company_ids import is_inn
from app.domain.contacts import normalise_email, normalise_phone, show_email, show_phone
from app.domain.contract_number import normalise_contract_number
from app.domain.errors import (
    CodeError,
    ConsentMissingError,
    ContactError,
    ContractNumberError,
    DomainError,
    PasswordError,
    SignInRefusedError,
    SmsNotAllowedError,
    TooManyAttemptsError,
    TooSoonError,
)
from app.domain.passwords import check_password
from app.domain.registration import Channel
from app.models import Registration
from app.web.account_fields import NewPasswordForm, check_email_field
from app.web.contact_errors import contact_error_text
from app.web.field_errors import field_error
from app.web.forms import PASSWORD_ERRORS, printable, too_many_attempts
from app.web.registration_cookie import is_registering_browser, mark_registering_browser

FORM_ERRORS = (
    CodeError,
    ConsentMissingError,
    SmsNotAllowedError,
    TooManyAttemptsError,
    TooSoonError,
)
"""Errors that are shown beside a field; the others end the registration."""
CODE_ERRORS = {
    "wrong": "код не подходит. Проверьте цифры в смс",
    "expired": "код устарел или уже использован. Запросите новый",
}
NO_CODE = "Подтвердите номер: нажмите «Отправить смс» и введите код"
NO_SMS = "на этот номер смс не отправляются. Укажите мобильный номер +7 9…"
NO_CHANNEL = "Выберите, как подтвердить регистрацию"
LONG = "Слишком длинный текст: проверьте, то ли попало в это поле"
NO_CONSENT = "Без согласия на обработку персональных данных регистрация невозможна"


class FirstEntryForm(FlaskForm):
    """Contract number and ИНН; both are checked before anything is looked up."""

    number = StringField(
        "Номер договора", filters=[printable], validators=[Length(max=200, message=LONG)]
    )
    inn = StringField("ИНН", filters=[printable], validators=[Length(max=60, message=LONG)])

    def validate_number(self, field: StringField) -> None:
        try:
            normalise_contract_number(field.data or "")
        except ContractNumberError:
            raise ValidationError(field_error(field, "введите номер, например 00000-ЭС")) from None

    def validate_inn(self, field: StringField) -> None:
        if not re.fullmatch(r"[0-9]{10}(?:[0-9]{2})?", self.plain_inn):
            raise ValidationError(
                field_error(field, "нужно 10 цифр (организация) или 12 цифр (ИП)")
            )
        if not is_inn(self.plain_inn):
            raise ValidationError(
                field_error(field, "в номере опечатка, контрольные цифры не сходятся")
            )

    @property
    def plain_inn(self) -> str:
        return re.sub(r"\s", "", unicodedata.normalize("NFKC", self.inn.data or ""))


class RegistrationForm(NewPasswordForm):
    """The manual's registration form. An accepted password need not be typed again."""

    email = StringField("Адрес e-mail", filters=[printable, show_email])
    phone = StringField("Номер телефона", filters=[printable])
    channel = RadioField(
        "Подтвердить регистрацию",
        choices={Channel.MAIL.value: "через электронную почту", Channel.SMS.value: "через СМС"},
        invalid_choice_message=NO_CHANNEL,
        default=Channel.MAIL.value,
        validators=[DataRequired(NO_CHANNEL)],
    )
    consent = BooleanField("Подтверждаю свое согласие на обработку персональных данных")
    code = StringField("Код подтверждения", filters=[printable])

    def __init__(self, registration: Registration) -> None:
        super().__init__(
            email=show_email(registration.email),
            phone=show_phone(registration.phone) if registration.phone else None,
            channel=registration.channel or Channel.MAIL.value,
        )
        self.registration = registration
        self.hash_before = registration.password_hash
        self.is_step = False
        """A step towards the code: fields may still be empty."""

    def validate_step(self) -> bool:
        """Check what the code needs, and what else has been typed."""
        self.is_step = True
        self.validate()
        return not self.phone.errors and not self.consent.errors and not self.channel.errors

    def validate_password(self, field: PasswordField) -> None:
        typed = field.data or ""
        if not typed and (self.has_password or self.is_step):
            return
        if not typed:
            raise ValidationError(field_error(field, "придумайте пароль"))
        contract = self.registration.contract
        customer = contract.customer
        facts = (
            contract.number,
            customer.inn,
            customer.full_name,
            customer.short_name,
            self.email.data,
            self.plain_phone,
        )
        try:
            check_password(typed, facts)
        except PasswordError as error:
            raise ValidationError(field_error(field, PASSWORD_ERRORS[error.code])) from None

    def validate_email(self, field: StringField) -> None:
        if self.is_step and not field.data:
            return
        check_email_field(field, "нужен адрес вида name@example.ru")

    def validate_phone(self, field: StringField) -> None:
        try:
            normalise_phone(field.data or "")
        except ContactError as error:
            text = contact_error_text(error, "нужен номер с кодом, например +7 912 345-67-89")
            raise ValidationError(field_error(field, text)) from None

    def validate_consent(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(NO_CONSENT)

    @property
    def has_password(self) -> bool:
        """Whether a password was typed here before; one typed elsewhere may be a stranger's."""
        return is_registering_browser(self.registration)

    def mark_browser(self) -> None:
        """Mark this browser by a cookie if the password that was just typed has been stored."""
        if self.registration.password_hash not in (None, self.hash_before):
            mark_registering_browser(self.registration)

    @property
    def plain_phone(self) -> str | None:
        return self._contact(normalise_phone, self.phone)

    def details(self) -> RegistrationDetails:
        """Collect what may be stored; call after validation."""
        is_password = self.password.data and not (
            self.password.errors or self.password_again.errors
        )
        return RegistrationDetails(
            email=self._contact(normalise_email, self.email),
            phone=self.plain_phone or "",
            password=self.password.data if is_password else None,
            channel=Channel(self.channel.data),
            has_consented=bool(self.consent.data),
            code=re.sub(r"\s", "", self.code.data or "")[:20],
        )

    def show_error(self, error: DomainError) -> int:
        """Show an error beside its field; the status of the answer."""
        match error:
            case ConsentMissingError():
                self.consent.errors = [NO_CONSENT]
            case SmsNotAllowedError():
                self.phone.errors = [field_error(self.phone, NO_SMS)]
            case CodeError(code=code):
                text = field_error(self.code, CODE_ERRORS[code]) if code in CODE_ERRORS else NO_CODE
                self.code.errors = [text]
            case TooSoonError(retry_after=seconds):
                self.code.errors = [f"Код уже отправлен. Новый — через {seconds} с"]
                return 429
            case TooManyAttemptsError():
                text = too_many_attempts(error)
                (self.code if self.channel.data == Channel.SMS else self.email).errors = [text]
                return 429
        return 422

    def _contact(self, normalise: Callable[[str], str], field: StringField) -> str | None:
        try:
            return normalise(field.data or "")
        except ContactError:
            return None


class ConfirmForm(FlaskForm):
    """The password of the registration; asked for in a browser that has not typed it."""

    password = PasswordField("Пароль, заданный при регистрации")

    def refuse(self, error: DomainError | None = None) -> int:
        """Show beside the field why the password is refused; the status of the answer."""
        text = field_error(self.password, "введите пароль")
        if isinstance(error, SignInRefusedError):
            refused = "пароль не подходит. Ссылка продолжает действовать"
            text = field_error(self.password, refused)
        if isinstance(error, TooManyAttemptsError):
            text = too_many_attempts(error)
        self.password.errors = [text]
        return 429 if isinstance(error, TooManyAttemptsError) else 422


class ProofForm(ConfirmForm):
    """The total of a document."""

    amount = StringField(
        "Сумма документа, ₽", filters=[printable], validators=[Length(max=60, message=LONG)]
    )
