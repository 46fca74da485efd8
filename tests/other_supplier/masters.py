"""Master files: the supplier, its directories, customers, contracts, points, meters."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.other_supplier import identifiers as ids
from tests.other_supplier import texts
from tests.other_supplier.layout import Format, Row, fields
from tests.other_supplier.months import Month

SUPPLIER_INN = ids.inn10(15_000_42)
_TOPICS = (
    "Расчеты и начисления",
    "Акт сверки",
    "Дубликаты документов",
    "Показания",
    "Приборы учета: замена, поверка, допуск",
    "Договор",
    "Изменение реквизитов",
    "Ценовая категория",
    "Переход на ЭДО",
    "Максимальная мощность",
    "Ограничение и возобновление",
    "Качество электроэнергии",
    "Претензия",
    "Личный кабинет",
    "Иное",
)
_SERVICES = {
    "EE": ("кВт·ч", "Электрическая энергия"),
    "LOSS": ("кВт·ч", "Потери электрической энергии"),
    "CAP": ("кВт", "Мощность"),
    "CORR": ("кВт·ч", "Корректировка прошлых периодов"),
    "PEN": ("", "Пени за просрочку оплаты"),
    "ОГР/01": ("шт", "Введение ограничения; возобновление подачи"),
}
# registers per contract: zones of each meter, 2.5 registers on average
_SHAPES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (("T1", "T2"), ("T0",)),
    (("T0",),),
    (("T0",), ("T0",)),
    (("T1", "T2"), ("T1", "T2")),
    (("T1", "T2", "T3"),),
    (("T0",), ("T0",)),
    (("T0",), ("T0",), ("T0",)),
    (("T1", "T2"), ("T0",)),
)
_LEVELS = ("NN", "SN2", "SN1", "VN", "")


@dataclass(slots=True)
class Register:
    """One register; `value` and `usage` (mean month) are in units of 10^-`decimals`."""

    meter_id: str
    point_id: str
    zone: str
    decimals: int
    modulo: int
    ratio: int
    value: int
    usage: int
    loss: int
    """Percent × 100; 0 = no losses line."""


@dataclass(slots=True)
class Plan:
    """A contract as the ledger needs it; money in kopecks, `start`/`stop` are month indices."""

    index: int
    code: int
    no: str
    signed: str
    customer_inn: str
    bic: str
    account: str
    registers: list[Register] = field(default_factory=list)
    has_advance: bool = True
    silent: bool = False
    start: int = 0
    stop: int = 1_000_000
    opening: int = 0
    askue: bool = False
    mkd: bool = False
    discipline: float = 0.95
    """Share of invoices paid."""
    share: float = 1.0
    """Share of an invoice paid when it is."""
    capacity: int = 0
    """kW × 1000; 0 = no capacity line."""
    edo: str = "none"


class Masters:
    """Writes the master rows; buffers are lists by file name."""

    def __init__(
        self,
        fmt: Format,
        months: list[Month],
        seed: int,
        buffers: dict[str, list[Row]],
        *,
        odd: bool,
    ) -> None:
        """`odd` = hostile texts; `months` gives dates of starts and ends."""
        self._fmt, self._months, self._seed, self._buffers = fmt, months, seed, buffers
        self._odd = odd

    def _add(self, file: str, /, **values: str) -> None:
        text = self._fmt.text
        self._buffers[file].append(fields(file, {k: text(v) for k, v in values.items()}))

    def _odd_text(self, index: int, ordinary: str, *, when: bool) -> str:
        return texts.hostile(index, on=self._odd and when, ordinary=ordinary)

    def directories(self) -> None:
        """Supplier, departments, topics and services."""
        self._supplier()
        self._departments()
        for n, name in enumerate(_TOPICS):
            self._add(
                "enquiry_topics.csv",
                topic_id=f"{n + 1:03d}",
                name=name,
                active="1",
                department_id=("01", "1", "ОТД/3", "")[n % 4],
            )
        for code, (unit, name) in _SERVICES.items():
            self._add("services.csv", service_code=code, unit=unit, name=name)

    def _supplier(self) -> None:
        bic = ids.bic9(3)
        self._add(
            "supplier.csv",
            supplier_id="ГП-0074",
            name="АО «Южноуральский Энергосбыт (пример)»",
            short_name="АО «ЮЭС»",
            inn=SUPPLIER_INN,
            kpp="741501001",
            ogrn=ids.ogrn13(420_042),
            address="456300, г. Миасс, пр-т Примерный, д. 1",
            bic=bic,
            bank_name="ПРИМЕР-БАНК (АО) г. Челябинск",
            corr_account=ids.corr_account(bic),
            account=ids.account20("40702", 7_400_042, bic),
            phone="+7 (3513) 00-00-00",
            email="office@energo.example",
        )

    def _departments(self) -> None:
        # "1" and "01" are two different ids
        for n, key in enumerate(("01", "1", "ОТД/3", "dep-4._x")):
            name = ("Миасское отделение", "Чебаркульское отделение", "Златоуст", "Карабаш")[n]
            self._add(
                "departments.csv",
                department_id=key,
                name=self._odd_text(4, name, when=n == 2),
                address=texts.address(n),
                phone=texts.phone(n),
                email=f"otd{n}@energo.example",
                work_hours="пн–чт 8:00–17:00; пт до 16:00",
                active="0" if n == 3 else "1",
            )

    def contract(self, index: int, rng: Random) -> Plan:
        """Rows of contract `index` (and of its customer, if this is the first one)."""
        code = ids.contract_number(index, self._seed)
        # every sixth contract is the second one of the customer before it
        owner = index - 1 if index % 6 == 5 else index
        customer_id, inn, bic, account = self._customer(owner, write=owner == index)
        plan = Plan(
            index,
            code,
            f"{code:05d}-ЭС",
            f"20{5 + code % 17:02d}-{code % 12 + 1:02d}-01",
            inn,
            bic,
            account,
        )
        self._behaviour(plan, rng)
        self._contract_row(plan, customer_id)
        self._points(plan, rng)
        return plan

    def _customer(self, n: int, *, write: bool) -> tuple[str, str, str, str]:
        """Customer id, ИНН, БИК and account; a customer may share the ИНН of its head office."""
        code = ids.scatter(n, self._seed)
        branch = n % 90 == 82
        kind = "ul" if n % 10 < 7 else "ip" if n % 10 < 9 else "fl"
        source = ids.scatter(n - 80, self._seed) if branch else code
        inn = ids.inn10(source) if kind == "ul" else ids.inn12(source)
        bic = ids.bic9(code)
        prefix = {"ul": "40702", "ip": "40802", "fl": "40817"}[kind]
        account = ids.account20(prefix, code, bic)
        customer_id = ids.styled_id("КА", code)
        if not write:
            return customer_id, inn, bic, account
        ordinary = texts.company(n) if kind == "ul" else texts.person(n)
        short = texts.company_short(n) if kind == "ul" else texts.person(n)
        bank = n % 8 != 6
        self._add(
            "customers.csv",
            customer_id=customer_id,
            kind=kind,
            inn=inn,
            full_name=self._odd_text(n // 2, ordinary, when=n % 2 == 1),
            short_name=self._odd_text(n // 3 + 7, short, when=n % 3 == 1),
            kpp=("745601001" if branch else "741501001") if kind == "ul" else "",
            ogrn={"ul": ids.ogrn13(source), "ip": ids.ogrnip15(source), "fl": ""}[kind],
            legal_address=self._odd_text(n // 3, texts.address(n), when=n % 3 == 2),
            postal_address="" if n % 4 == 2 else texts.address(n + 1),
            email=texts.email(n),
            phone=texts.phone(n),
            bank_name=self._odd_text(n, "ПРИМЕР-БАНК (АО)", when=n % 50 == 9) if bank else "",
            bic=bic if bank else "",
            account=account if bank else "",
            corr_account=ids.corr_account(bic) if bank else "",
        )
        return customer_id, inn, bic, account

    def _behaviour(self, plan: Plan, rng: Random) -> None:
        """Draw how the contract lives; contract 0 is ordinary (broken.py damages its rows)."""
        r = rng.random
        advance, silent, life, purse, opening = r(), r(), r(), r(), r()
        amount = int(r() * 40_000_000) + 1
        plan.capacity = int(r() * 900_000) + 5_000 if r() < 0.35 else 0
        plan.mkd = r() < 0.1
        plan.askue = not plan.mkd and r() < 0.15
        plan.edo = ("none", "none", "signed", "signed", "sent", "rejected")[int(r() * 6)]
        if plan.index == 0:
            plan.opening = 1_234_567
            plan.mkd = plan.askue = False
            return
        plan.has_advance = advance < 0.75
        plan.silent = silent < 0.03
        if life < 0.04:
            plan.stop = 1 + int(life * 500)
        elif life < 0.09 and int(life * 60) < len(self._months):
            plan.start = int(life * 60)
        if purse < 0.08:
            plan.discipline, plan.share = 0.45, 0.8
        elif purse < 0.14:
            plan.share = 1.07
        elif purse < 0.16:
            plan.discipline = 0.0
        if opening < 0.4 and not plan.start:
            plan.opening = amount if opening < 0.25 else -amount // 3

    def _contract_row(self, plan: Plan, customer_id: str) -> None:
        n, months = plan.index, self._months
        ended = plan.stop < len(months)
        status = "terminated" if ended else "suspended" if n % 40 == 39 else "active"
        started = months[plan.start].days[0] if plan.start else plan.signed
        self._add(
            "contracts.csv",
            contract_no=plan.no,
            customer_id=customer_id,
            status=status,
            contract_id=ids.styled_id("ЛС", plan.code),
            department_id=("01", "1", "ОТД/3", "dep-4._x", "")[n % 5],
            signed_on=min(plan.signed, started),
            valid_from=started,
            valid_to=months[plan.stop].last if ended else "",
            subject=self._odd_text(n // 2, "Договор энергоснабжения", when=n % 2 == 1),
            price_category=str(n % 6 + 1) if n % 11 else "",
            has_advance="1" if plan.has_advance else "0",
            edo_operator="" if plan.edo == "none" else "Пример-ЭДО",
            manager=self._odd_text(n, texts.person(n), when=n % 25 == 8),
            updated_at=f"{months[-1].last}T{n % 24:02d}:{n % 60:02d}:00+05:00",
            Комментарий=self._odd_text(n, "", when=n % 3 == 1),
        )

    def _points(self, plan: Plan, rng: Random) -> None:
        n, code, r = plan.index, plan.code, rng.random
        shape = _SHAPES[0] if n == 0 else _SHAPES[int(r() * len(_SHAPES))]
        for k, zones in enumerate(shape):
            point = ids.styled_id("ТУ", code, k)
            meter = ids.styled_id("ПУ", code + 1, k)
            loss = int(r() * 600) + 50 if r() < 0.14 else 0
            ct, vt = ((1, 1), (1, 1), (20, 1), (40, 1), (60, 100))[int(r() * 5)]
            self._add(
                "supply_points.csv",
                point_id=point,
                contract_no=plan.no,
                name=self._odd_text(n + k, f"Ввод {k + 1}", when=n % 10 == 4),
                address=self._odd_text(n // 2 + k, texts.address(n + k), when=n % 2 == 1),
                max_power_kw=self._fmt_raw(ct * vt * 15_500, 3) if n % 3 else str(ct * vt * 15),
                voltage_level=_LEVELS[n % 5],
                loss_percent=self._fmt_raw(loss, 2) if loss else "",
                askue=("1" if plan.askue else "0") if n % 7 else "1" if plan.askue else "",
                reading_regime="mkd" if plan.mkd else "month_end" if n % 2 else "",
                valid_from=plan.signed,
            )
            self._meter(plan, meter, point, (ct, vt), "", n + k)
            decimals = (2, 2, 0, 1, 3, 4)[int(r() * 6)] if n else 2
            digits = 5 + int(r() * 2)
            modulo = 10 ** (digits + decimals)
            top = 0.985 if n and r() < 0.03 else r() * 0.3  # some roll over within the range
            for zone in zones:
                self._register(meter, zone, digits, decimals)
                usage = int((30 + r() * 700) * 10**decimals)
                start = int(top * modulo)
                plan.registers.append(
                    Register(meter, point, zone, decimals, modulo, ct * vt, start, usage, loss)
                )
        if n % 45 == 11:
            self._replaced_meter(plan)

    def _register(self, meter: str, zone: str, digits: int, decimals: int) -> None:
        self._add(
            "registers.csv",
            meter_id=meter,
            zone=zone,
            direction="A+",
            unit="кВт·ч",
            digits=str(digits),
            decimals=str(decimals),
        )

    def _fmt_raw(self, value: int, places: int) -> str:
        """A scaled number; `_add` quotes it if need be."""
        digits = f"{value:0{places + 1}d}"
        return f"{digits[:-places]}{self._fmt.decimal}{digits[-places:]}"

    def _meter(
        self, plan: Plan, meter: str, point: str, ratio: tuple[int, int], removed: str, n: int
    ) -> None:
        year = int(self._months[-1].ym[:4])
        self._add(
            "meters.csv",
            meter_id=meter,
            point_id=point,
            serial_no=f"0{plan.code * 37 + n:011d}",
            model=self._odd_text(n, "Меркурий 230 AR-03 R", when=n % 60 == 6),
            installed_on=f"{year - 9}-03-15",
            removed_on=removed,
            ct=str(ratio[0]),
            vt=str(ratio[1]),
            transformer_ratio=str(ratio[0] * ratio[1]),
            verified_on=f"{year - 9}-02-01",
            next_verification_on=f"{year - 1 + n % 8}-02-01" if n % 9 else "",
        )

    def _replaced_meter(self, plan: Plan) -> None:
        """An old meter on the first point, removed before the range, with its last reading."""
        register = plan.registers[0]
        old = register.meter_id + "-old"
        removed = self._months[0].previous_last
        self._meter(plan, old, register.point_id, (1, 1), removed, plan.index + 3)
        self._add(
            "registers.csv",
            meter_id=old,
            zone="T0",
            direction="A+",
            unit="кВт·ч",
            digits="5",
            decimals="1",
        )
        self._add(
            "readings.csv",
            reading_id=f"СН-{plan.code}",
            meter_id=old,
            zone="T0",
            taken_on=removed,
            period=removed[:7],
            value=self._fmt_raw(987_654, 1),
            kind="final",
            source="act",
            status="accepted",
        )
