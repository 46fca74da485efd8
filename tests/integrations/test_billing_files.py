"""Packages on disk: honest ones are read as they are, hostile ones are refused in words."""

from __future__ import annotations

import io
import os
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.integrations import batch_archive
from app.integrations.batch_archive import PackageError
from app.integrations.billing_files import CsvFile, Package

LIMIT = 1 << 16
quick = settings(deadline=None, max_examples=60)


def archive(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return path


def flag_as_encrypted(path: Path) -> None:
    """Set the password bit of the first entry, in its local header and in the directory."""
    raw = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(signature) + offset] |= 1
    path.write_bytes(raw)


def read(
    raw: bytes, encoding: str = "utf-8", delimiter: str | None = None
) -> tuple[list[str], list[tuple[int, list[str]]], list[tuple[int, str]]]:
    """Header, records with their lines, and faults of a file."""
    faults: list[tuple[int, str]] = []
    file = CsvFile(io.BytesIO(raw), encoding, delimiter, lambda *fault: faults.append(fault))
    records = [
        (line, row) for lines, rows in file.chunks() for line, row in zip(lines, rows, strict=True)
    ]
    return file.header, records, faults


def test_a_folder_and_its_zip_have_the_same_files(tmp_path: Path) -> None:
    files = {"services.csv": b"service_code;name\nEE;x\n", "manifest.json": b"{}"}
    folder = tmp_path / "p"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "sub").mkdir()
    with Package(folder) as plain, Package(archive(tmp_path / "p.zip", files)) as packed:
        assert plain.sizes == packed.sizes
        assert plain.sha256("services.csv") == packed.sha256("services.csv")
        assert plain.read_manifest() == packed.read_manifest() == b"{}"


def test_a_package_without_a_manifest_has_none(tmp_path: Path) -> None:
    with Package(archive(tmp_path / "p.zip", {"services.csv": b"x"})) as package:
        assert package.read_manifest() is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("export/day/services.csv", "папок"),
        ("../services.csv", "папок"),
        ("export\\services.csv", "папок"),
        ("/etc/passwd", "папок"),
        ("export/services.csv", "в разных папках"),
    ],
)
def test_a_zip_with_folders_inside_is_refused(tmp_path: Path, name: str, message: str) -> None:
    path = archive(tmp_path / "p.zip", {name: b"x", "customers.csv": b"x"})
    with pytest.raises(PackageError, match=message):
        Package(path)


def test_the_one_folder_of_a_zip_is_its_root_and_what_systems_add_is_not_there(
    tmp_path: Path,
) -> None:
    files = {"d/services.csv": b"xy", "d/": b"", "__MACOSX/d/._services.csv": b"z"}
    path = archive(tmp_path / "p.zip", files | {"d/.DS_Store": b"z", "d/Manifest.JSON": b"{}"})
    with Package(path) as package:
        assert package.folder == "d/"
        assert package.sizes == {"services.csv": 2, "manifest.json": 2}
        assert package.renamed == {"Manifest.JSON": "manifest.json"}
        assert package.read_manifest() == b"{}"
        with package.open("services.csv") as stream:
            assert stream.read() == b"xy"


def test_a_bomb_is_refused_by_its_ratio_before_it_is_unpacked(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.zip", {"services.csv": bytes(20 << 20)})
    assert path.stat().st_size < 100_000
    with pytest.raises(PackageError, match="подозрительно"):
        Package(path)


def test_a_zip_too_large_in_all_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_archive, "MAX_UNPACKED_BYTES", 10)
    path = archive(tmp_path / "p.zip", {"a.csv": b"123456", "b.csv": b"123456"})
    with pytest.raises(PackageError, match="больше допустимого"):
        Package(path)


def test_a_zip_with_a_password_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.zip", {"services.csv": b"x" * 100})
    flag_as_encrypted(path)
    with pytest.raises(PackageError, match="паролем"):
        Package(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_of_another_compression_is_refused(tmp_path: Path, method: int) -> None:
    path = archive(tmp_path / "p.zip", {"services.csv": b"x" * 100}, method)
    with pytest.raises(PackageError, match="Deflate"):
        Package(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_one_name_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w") as target:
        target.writestr("services.csv", b"x")
        target.writestr("services.csv", b"y")
    with pytest.raises(PackageError, match="повторяются"):
        Package(path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"service_code;name\n" * 50])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(content)
    with pytest.raises(PackageError, match="не читается как zip"):
        Package(path)


def test_a_zip_cut_short_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.zip", {"services.csv": random.Random(1).randbytes(5000)})
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(PackageError):
        Package(path)


def test_a_zip_with_any_byte_damaged_is_read_the_same_or_refused(tmp_path: Path) -> None:
    """Never another exception, and never other bytes: the checksum sees to that."""
    text = "".join(f"EE{n};услуга {n * n}\n" for n in range(60)).encode()
    path = archive(tmp_path / "p.zip", {"services.csv": text, "manifest.json": b'{"a": 1}'})
    whole = path.read_bytes()
    refusals: list[str] = []
    for place in range(len(whole)):
        raw = bytearray(whole)
        raw[place] ^= 0xFF
        path.write_bytes(raw)
        try:
            with Package(path) as package:
                for name in package.sizes:
                    package.sha256(name)
                    with package.open(name) as stream:
                        assert stream.read() in (text, b'{"a": 1}')
                package.read_manifest()
        except PackageError as error:
            refusals.append(str(error))
    assert len(refusals) > len(whole) / 2
    assert all(re.search("[а-я]{3}", message) for message in refusals)


def test_a_huge_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b" " * (1 << 21))
    with Package(tmp_path) as package, pytest.raises(PackageError, match="больше"):
        package.read_manifest()


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="нет такой папки"):
        Package(tmp_path / "nowhere")


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbfa;b\n1;2\n\n3;4",
        b"a;b\r\n1;2\r\n\r\n3;4\r\n",
        b'"a";"b"\n"1";2\n\n3;"4"\n',
    ],
)
def test_bom_line_ends_and_quotes_make_no_difference(raw: bytes) -> None:
    header, records, faults = read(raw)
    assert header == ["a", "b"]
    assert records == [(2, ["1", "2"]), (4, ["3", "4"])]
    assert faults == []


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_the_delimiter_is_found_in_the_header_alone(delimiter: str) -> None:
    raw = delimiter.join("abc") + "\n" + delimiter.join(["1,1,1,1", "2;2;2;2", "3"]) + "\n"
    quoted = raw.replace("1,1,1,1", '"1,1,1,1"').replace("2;2;2;2", '"2;2;2;2"')
    header, records, faults = read(quoted.encode())
    assert header == ["a", "b", "c"]
    assert records == [(2, ["1,1,1,1", "2;2;2;2", "3"])]
    assert faults == []


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    raw = b'a;b\n1;"x\ny"\n2;"x\r\ny\r\n"\n\n3;z\n'
    _, records, _ = read(raw)
    assert [line for line, _ in records] == [2, 4, 8]


def test_a_broken_record_is_reported_and_the_next_ones_are_read() -> None:
    _, records, faults = read(b'a;b\n1;2\n"3"x;4\n5;6\n')
    assert records == [(2, ["1", "2"]), (4, ["5", "6"])]
    assert [line for line, _ in faults] == [3]
    assert "RFC 4180" in faults[0][1]


@pytest.mark.parametrize("rest", [b"5;6\n", b"5;6\n" * 50_000])
def test_an_open_quote_is_reported_on_the_line_where_it_opens(rest: bytes) -> None:
    _, records, faults = read(b'a;b\n1;2\n3;"4\n' + rest)
    assert records[0] == (2, ["1", "2"])
    assert faults[0][0] == 3
    assert "кавычка" in faults[0][1]


def test_a_line_of_64_kib_is_read_and_a_longer_one_refused() -> None:
    fitting = b"1;" + b"x" * (LIMIT - 2)
    _, records, faults = read(b"a;b\n" + fitting + b"\n2;y\n")
    assert [line for line, _ in records] == [2, 3]
    assert faults == []
    _, records, faults = read(b"a;b\n0;z\n" + fitting + b"x\n2;y\n")
    assert records == [(2, ["0", "z"])]
    assert faults == [(3, f"строка длиннее {LIMIT} байт")]


@pytest.mark.parametrize("raw", [b"x" * (LIMIT + 1), b'"a\n' + b"x" * (LIMIT + 1)])
def test_a_header_without_end_is_refused(raw: bytes) -> None:
    header, records, faults = read(raw)
    assert (header, records) == ([], [])
    assert [message for _, message in faults] == [f"строка длиннее {LIMIT} байт"]


def test_a_file_that_is_one_endless_line_does_not_fill_the_memory() -> None:
    class Endless(io.RawIOBase):
        """Bytes without end, and a count of those accepted."""

        accepted = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
            self.accepted += len(buffer)
            buffer[:] = b"x" * len(buffer)
            return len(buffer)

    endless = Endless()
    faults: list[tuple[int, str]] = []
    stream = io.BufferedReader(endless)
    CsvFile(stream, "utf-8", None, lambda *fault: faults.append(fault))
    assert faults
    assert endless.accepted < 4 * LIMIT


def test_bytes_of_another_encoding_stay_recognisable() -> None:
    _, records, faults = read("a;b\n1;имя\n".encode("cp1251"))
    assert faults == []
    assert any("\ud800" <= character <= "\udfff" for character in records[0][1][1])


TEXTS = st.text(st.sampled_from('ab;,\t"\r\n Яё'), max_size=8)


@quick
@given(st.lists(st.lists(TEXTS, min_size=2, max_size=2), max_size=12))
def test_what_is_quoted_by_the_rules_is_read_back(rows: list[list[str]]) -> None:
    def quote(value: str) -> str:
        return '"' + value.replace('"', '""') + '"'

    text = "a;b\r\n" + "".join(";".join(map(quote, row)) + "\r\n" for row in rows)
    _, records, faults = read(text.encode())
    found = dict(records)
    assert faults == []
    begins = 2
    for row in rows:
        # A row of nothing but spaces and separators holds no data.
        is_blank = not any(field.strip() for field in row)
        assert found.pop(begins, None) == (None if is_blank else row)
        begins += 1 + len(re.findall("\r\n|\r|\n", "\0".join(row)))
    assert found == {}


@quick
@given(st.binary(max_size=300), st.sampled_from(["utf-8", "cp1251"]))
def test_any_bytes_are_records_or_faults(raw: bytes, encoding: str) -> None:
    _, records, faults = read(raw, encoding)
    assert all(line >= 2 for line, _ in records)
    assert all(message for _, message in faults)


def test_the_position_moves_on_while_a_file_is_read() -> None:
    raw = b"a;b\n" + b"1;2\n" * 20_000
    places: list[int] = []
    note: Callable[[int, str], None] = lambda line, message: None  # noqa: E731
    file = CsvFile(io.BytesIO(raw), "utf-8", ";", note)
    for _ in file.chunks():
        places.append(file.position)
    assert places == sorted(places)
    assert places[-1] == len(raw)


@pytest.mark.parametrize("place", ["folder", "folder/file.zip", "folder/inner"])
def test_what_the_service_user_may_not_read_is_said_so(tmp_path: Path, place: str) -> None:
    closed = tmp_path / "folder"
    (closed / "inner").mkdir(parents=True)
    (closed / "file.zip").write_bytes(b"PK")
    closed.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        with pytest.raises(PackageError, match="должен быть доступен пользователю службы"):
            Package(tmp_path / place)
    finally:
        if is_root:
            os.seteuid(0)
        closed.chmod(0o700)
