"""``deploy/kabinet`` runs a command as the service does: its user, its settings, nothing shown."""

from __future__ import annotations

import ctypes
import importlib.machinery
import importlib.util
import json
import os
import pwd
import re
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from config import ROOT
from tests.conftest import need

COMMAND = ROOT / "deploy" / "kabinet"
SECRET = "s3cr3t $HOME `id` пароль «№ 1» " + "x" * 32
ME = pwd.getpwuid(os.geteuid())
USERS = [ME.pw_name, "nobody"] if ME.pw_uid == 0 else [ME.pw_name]
TELL = """
import json, os, sys
print(json.dumps({
    "uid": os.geteuid(), "gids": sorted({os.getegid(), *os.getgroups()}), "umask": os.umask(0),
    "environ": dict(os.environ), "arguments": sys.argv[1:], "stdin": sys.stdin.read(),
    "folder": os.getcwd(), "line": open("/proc/self/cmdline").read(),
}))
sys.exit(17)
"""


def load() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("kabinet_command", str(COMMAND))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writes
    return module


kabinet = load()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1\nB=2\n", {"A": "1", "B": "2"}),
        ("A=1", {"A": "1"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("# A=1\n; B=2\n  # C=3\nD=4", {"D": "4"}),
        ("A=8000   # port", {"A": "8000   # port"}),
        ("A=a#b;c", {"A": "a#b;c"}),
        ("  A  =  один два  \t\n", {"A": "один два"}),
        ("A=$HOME ${B} `id` $(id) %n *", {"A": "$HOME ${B} `id` $(id) %n *"}),
        ("A=\" a b \"\nB=' c '", {"A": " a b ", "B": " c "}),
        ("A=\"\"\nB=''\nC=", {"A": "", "B": "", "C": ""}),
        ("A=\"a\"'b'c", {"A": "abc"}),
        ('A="a"   "b"', {"A": "ab"}),
        ('A=a"b"', {"A": 'a"b"'}),
        ('A=\'"status": *"(\\d+)"\'', {"A": '"status": *"(\\d+)"'}),
        ("A=^ok;(\\d+)", {"A": "^ok;(d+)"}),
        ('A="\\" \\\\ \\$ \\` \\d \\\'"', {"A": "\" \\ $ ` \\d \\'"}),
        ("A=a\\\nb\nB=1", {"A": "ab", "B": "1"}),
        ('A="a\\\nb"', {"A": "ab"}),
        ('A="a\nb"', {"A": "a\nb"}),
        ("A=a\\ \nB=1", {"A": "a ", "B": "1"}),
        ('A="\nB=1', {"A": "\nB=1"}),
        ("A=1\nA=2", {"A": "2"}),
        ("A\nB=1\n=2", {"B": "1"}),
        ("export A=1\nБ=2\n1C=3\n\ufeffD=4\nE_1=5", {"E_1": "5"}),
        ('A={"to": "{phone}"}', {"A": '{"to": "{phone}"}'}),
    ],
)
def test_the_file_is_read_by_the_rules_of_systemd(text: str, expected: dict[str, str]) -> None:
    assert kabinet.read_environment_file(text.encode())[0] == expected
    assert by_systemd(text) == expected


@cache
def systemd_library() -> ctypes.CDLL | None:
    """The library that PID 1 itself reads the file with."""
    for folder in (Path("/usr/lib"), *Path("/usr/lib").glob("*-linux-gnu*")):
        for path in (folder / "systemd").glob("libsystemd-shared-*.so"):
            return ctypes.CDLL(str(path))
    return None


def by_systemd(text: str) -> dict[str, str]:
    """What systemd's own reader makes of the text."""
    library = systemd_library()
    need(library is not None, "systemd")
    assert library
    lines = ctypes.POINTER(ctypes.c_char_p)()
    with tempfile.NamedTemporaryFile() as file:
        file.write(text.encode())
        file.flush()
        assert library.load_env_file(None, file.name.encode(), ctypes.byref(lines)) == 0
    found, index = {}, 0
    while lines and (line := lines[index]) is not None:
        name, _, value = line.decode().partition("=")
        # As PID 1 does after reading: other names are ignored.
        if kabinet.NAME.fullmatch(name):
            found[name] = value
        index += 1
    return found


PIECES = ["A", "B", "=", "\nA=", "\nC=", "\n", "\r", " ", "\t", "\\", "'", '"', "#", ";", "$", "я"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=16).map("".join))
def test_any_file_is_read_as_systemd_itself_reads_it(text: str) -> None:
    try:
        found, _ = kabinet.read_environment_file(text.encode())
    except kabinet.EnvironmentFileError:
        event("refused: versions of systemd differ")
        return
    assert found == by_systemd(text)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"A=1\nB=\xff", "строка 2: нужна кодировка UTF-8"),
        (b"A=1\0", "нулевой байт"),
        (b"A=1\n# a \\\nB=1", "строка 2: примечание кончается на «\\»"),
    ],
)
def test_a_file_that_systemd_refuses_or_reads_either_way_is_refused(
    content: bytes, message: str
) -> None:
    with pytest.raises(kabinet.EnvironmentFileError, match=message.replace("\\", "\\\\")):
        kabinet.read_environment_file(content)


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    path = tmp_path / "kabinet.env"
    path.write_text(
        f"# settings\nSECRET_KEY='{SECRET}'\nBASE_URL=https://lk.example.ru\n"
        f"INSTANCE_DIR={tmp_path / 'data'}\nTRUSTED_PROXIES=2\nexport LOST=1\n",
        encoding="utf-8",
    )
    path.chmod(0o600)
    return path


def run(
    env_file: Path, *arguments: str, user: str = ME.pw_name, stdin: str = "", **more: object
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, COMMAND, "--user", user, "--env-file", env_file, *arguments]
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        **more,  # type: ignore[call-overload]
    )


@pytest.mark.parametrize("user", USERS)
def test_a_command_gets_user_settings_arguments_and_input(
    env_file: Path, tmp_path: Path, user: str
) -> None:
    arguments = ["два слова", 'кавычки "и"', "$HOME", "--user", "", "--env-file=x"]
    shown = run(
        env_file,
        "--exec",
        "/usr/bin/python3",
        "-c",
        TELL,
        *arguments,
        user=user,
        stdin="пароль\n",
        cwd=tmp_path,
        env={"DATABASE_URL": "sqlite://", "PYTHONPATH": "/nowhere", "TERM": "vt100"},
    )
    assert shown.returncode == 17, shown.stderr
    told = json.loads(shown.stdout)
    entry = pwd.getpwnam(user)
    assert told["uid"] == entry.pw_uid
    assert told["gids"] == sorted(set(os.getgrouplist(user, entry.pw_gid)))
    assert told["umask"] == 0o027
    assert (told["arguments"], told["stdin"]) == (arguments, "пароль\n")
    assert told["folder"] == str(tmp_path)
    environ = told["environ"]
    assert environ["SECRET_KEY"] == SECRET
    assert (environ["PRODUCTION"], environ["TRUSTED_PROXIES"]) == ("1", "2")
    assert (environ["HOME"], environ["TERM"]) == (entry.pw_dir, "vt100")
    assert not {"DATABASE_URL", "PYTHONPATH", "LOST"} & set(environ)
    assert SECRET not in told["line"]
    assert "«export LOST»" in shown.stderr


def test_no_argument_list_of_any_process_shows_a_setting(env_file: Path) -> None:
    waiting = subprocess.Popen(
        [COMMAND, "--user", ME.pw_name, "--env-file", env_file, "--exec", "cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert waiting.stdin
    assert waiting.stdout
    waiting.stdin.write(b"ready\n")
    waiting.stdin.flush()
    assert waiting.stdout.readline() == b"ready\n"
    lists = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lists.append(path.read_bytes())
        except OSError:  # gone meanwhile
            continue
    waiting.communicate()
    assert waiting.returncode == 0
    assert any(line.endswith(b"/cat\0") for line in lists)
    assert not [line for line in lists if b"s3cr3t $HOME" in line]


def test_flask_commands_run_from_any_folder(env_file: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SUPPLIER_TIMEZONE=Марс/Олимп\n", encoding="utf-8")
    made = run(env_file, "db", "upgrade", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "data" / "kabinet.sqlite3").exists()
    (tmp_path / "пакет").symlink_to(ROOT / "docs" / "billing-exchange-sample")
    loaded = run(env_file, "billing-import", "./пакет", cwd=tmp_path)
    assert (loaded.returncode, "Загружено." in loaded.stdout) == (0, True), loaded.stderr
    created = run(
        env_file,
        "staff-create",
        "ivanova",
        "--name",
        "Иванова Анна",
        "--role",
        "admin",
        "--password-stdin",
        stdin="пароль на один вход\n",
        cwd=tmp_path,
    )
    assert created.returncode == 0, created.stderr
    assert "https://lk.example.ru" in created.stdout


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (["--user", "no-such-user"], os.EX_CONFIG, "нет пользователя no-such-user"),
        (["--env-file", "/nowhere/kabinet.env"], os.EX_CONFIG, "/nowhere/kabinet.env: No such"),
        (["--exec", "/nowhere/program"], os.EX_UNAVAILABLE, "/nowhere/program: No such"),
        ([], os.EX_USAGE, "usage"),
    ],
)
def test_what_cannot_be_run_is_said_with_a_code_of_its_own(
    env_file: Path, more: list[str], code: int, message: str
) -> None:
    command = ["registrations"] if more and "--exec" not in more else []
    refused = run(env_file, *more, *command)
    assert (refused.returncode, message in refused.stderr) == (code, True), refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.skipif(ME.pw_uid != 0, reason="only root can become somebody else")
def test_a_stranger_is_told_to_use_sudo(env_file: Path) -> None:
    refused = subprocess.run(
        [
            "setpriv",
            "--reuid",
            "nobody",
            "--clear-groups",
            "/usr/bin/python3",
            COMMAND,
            "--user",
            "root",
            "--env-file",
            env_file,
            "registrations",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == os.EX_NOPERM, refused.stderr
    assert "нужен root" in refused.stderr


def test_the_docs_run_commands_by_the_wrapper_only() -> None:
    shipped = (path for path in (ROOT / "deploy").rglob("*") if path.is_file())
    for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *shipped):
        text = path.read_text(encoding="utf-8")
        assert "$(cat" not in text, path
        assert not re.findall(r"(?<![/\w])flask [a-z]+-[a-z]+", text), path
