"""Forms of invitations and of a person's access."""

from __future__ import annotations

from datetime import date

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    PasswordField,
    RadioField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.domain.access import INVITED, Role
from app.domain.contacts import show_email
from app.domain.errors import PeopleError
from app.domain.person_names import MAX_NAME, is_person_name
from app.queries.contracts import VisibleContract
from app.queries.people import Person
from app.queries.people_points import Point
from app.sections.people.labels import ERRORS, ROLES
from app.web.account_fields import NewPasswordForm, check_email_field
from app.web.field_errors import MaxLength, Required, field_error
from app.web.forms import trimmed

OF_LAST_DAY = ("past", "longer")
"""Errors that the last day is to blame for."""
OF_POINTS = ("limited", "points")
"""Errors that the chosen supply points are to blame for."""
NO_CONSENT = "Без согласия на обработку персональных данных доступ открыть нельзя"


def _role_field() -> RadioField:
    return RadioField(
        "Роль",
        choices={str(role): ROLES[role] for role in INVITED},
        default=str(Role.ACCOUNTANT),
        invalid_choice_message="Выберите роль",
    )


def _until_field() -> DateField:
    return DateField("Доступ до", validators=[Optional()])


def _note_field() -> StringField:
    return StringField(
        "Заметка", filters=[trimmed], validators=[MaxLength(200, "нужно до 200 знаков")]
    )


def _points_field() -> SelectMultipleField:
    return SelectMultipleField(
        "Точки поставки",
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


def _chosen_points(field: SelectMultipleField | None) -> frozenset[int] | None:
    """None: nothing is ticked, which is the whole contract."""
    return frozenset(field.data) if field and field.data else None


def _set_points(field: SelectMultipleField, points: list[Point]) -> None:
    field.choices = [(point.id, point.name) for point in points]


class InvitationForm(FlaskForm):
    """Whom to invite, in which role, to which contracts, until when."""

    person_name = StringField(
        "Имя и фамилия",
        filters=[trimmed],
        validators=[
            Required("введите имя"),
            MaxLength(MAX_NAME, f"нужно до {MAX_NAME} знаков"),
        ],
    )
    email = StringField(
        "Адрес e-mail",
        filters=[trimmed, show_email],
        validators=[Required("введите адрес, например buh@example.ru")],
    )
    role = _role_field()
    contracts = SelectMultipleField(
        "Договоры",
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    points = _points_field()
    access_until = _until_field()
    note = _note_field()

    def __init__(
        self, contract: VisibleContract, offered: list[VisibleContract], points: list[Point]
    ) -> None:
        super().__init__(contracts=[contract.id])
        self._contract_id = contract.id
        _set_points(self.points, points)
        self.contracts.choices = [(one.id, f"№\u00a0{one.number}") for one in offered]

    def validate_person_name(self, field: StringField) -> None:
        if not is_person_name(field.data):
            advice = "нужны только имя и фамилия, буквами. Например Ирина Белова или Белова И. И."
            raise ValidationError(field_error(field, advice))

    def validate_email(self, field: StringField) -> None:
        check_email_field(field)

    def validate_contracts(self, field: SelectMultipleField) -> None:
        if not field.data:
            raise ValidationError("Отметьте хотя бы один договор")

    def validate_points(self, field: SelectMultipleField) -> None:
        if field.data and self.contracts.data != [self._contract_id]:
            raise ValidationError(field_error(field, ERRORS["several"]))

    @property
    def chosen_points(self) -> frozenset[int] | None:
        return _chosen_points(self.points)

    def show_error(self, error: PeopleError) -> None:
        """Show beside its field why nobody was invited."""
        field = self.access_until if error.code in OF_LAST_DAY else self.email
        field = self.points if error.code in OF_POINTS else field
        field.errors = [field_error(field, ERRORS[error.code])]


class AccessForm(FlaskForm):
    """Role, supply points, term and note of a person."""

    role = _role_field()
    points = _points_field()
    access_until = _until_field()
    note = _note_field()

    def __init__(self, person: Person, points: list[Point], *, is_self: bool) -> None:
        super().__init__(
            role=person.role,
            points=sorted(person.point_ids or ()),
            access_until=person.access_until,
            note=person.note or "",
        )
        self._person = person
        _set_points(self.points, points)
        if person.role == Role.OWNER or is_self:
            del self.role
            del self.access_until
            del self.points

    @property
    def chosen_points(self) -> frozenset[int] | None:
        return _chosen_points(self.points) if self.points else self._person.point_ids

    @property
    def chosen_role(self) -> Role:
        return Role(self.role.data if self.role else self._person.role)

    @property
    def chosen_until(self) -> date | None:
        until: date | None = (
            self.access_until.data if self.access_until else self._person.access_until
        )
        return until

    def show_error(self, error: PeopleError) -> None:
        """Show beside its field why nothing was changed."""
        field = self.access_until if error.code in OF_LAST_DAY else self.role
        field = (self.points if error.code in OF_POINTS else field) or self.note
        field.errors = [field_error(field, ERRORS[error.code])]


class SecondFactorForm(FlaskForm):
    """Roles whose people must have a second factor."""

    roles = SelectMultipleField(
        "Роли",
        choices={str(role): ROLES[role] for role in (Role.OWNER, *INVITED)},
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class AcceptanceForm(NewPasswordForm):
    """A password and consent of somebody who was invited."""

    consent = BooleanField("Подтверждаю свое согласие на обработку персональных данных")

    def validate_consent(self, field: BooleanField) -> None:
        if not field.data:
            raise ValidationError(NO_CONSENT)


class KnownForm(FlaskForm):
    """The password of the account that signs in with the address already."""

    password = PasswordField("Пароль", validators=[Required("введите пароль, с которым входите")])

    def refuse_password(self) -> None:
        """Show beside the field that the password is wrong."""
        self.password.errors = [field_error(self.password, "пароль не подходит")]
