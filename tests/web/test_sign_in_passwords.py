"""Which passwords are taken."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.conf import LazySettings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from recovery import settings as product
from tests import scenes
from tests.scenes import Staff
from tracker.models import Episode, User

pytestmark = pytest.mark.django_db

GOOD = (
    "copper lantern sings quietly",
    "blåbærgrød på søndag",
    "    twelve and spaces    ",
    "x7#Kq!pz9Lw2mR4",
    "鲸鱼在屋顶上慢慢地喝着温热的红茶",
)


def why_not(password: str, user: User | None = None) -> str:
    try:
        validate_password(password, user)
    except ValidationError as refusal:
        return " ".join(refusal.messages)
    return ""


@pytest.mark.parametrize("password", GOOD)
def test_anything_long_and_uncommon_is_taken_whatever_is_in_it(password: str) -> None:
    assert why_not(password) == ""


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword", "password123456", "Password2026!!", "aaaaaaaaaaaaaaaa", "123456789012345", "qwertyuiopasdfgh",
        "abcabcabcabcabc", "iloveyou2026!!!!", "recovery123456!", "987654321098765", "letmein!letmein!", "!!!!!!!!!!!!!!!!",
        "kneeosteotomy2026", "chocolate1234567",
    ],
)  # fmt: skip
def test_what_others_guess_first_is_refused_with_a_remedy(password: str) -> None:
    assert "Take four or five words" in why_not(password)


def test_ones_own_name_or_address_is_no_password(db: None) -> None:
    user = User(email="bernadette.oconnor@example.org", name="Bernadette O'Connor")
    assert why_not("bernadette.oconnor@example", user)
    assert why_not("bernadette oconnor", user)


def test_a_patient_without_a_passkey_needs_fifteen_and_with_one_twelve(knee: Episode) -> None:
    robin = scenes.patient(knee).user
    assert why_not("9Kz!tq4Lp#vW", robin) == "Use at least 15 characters. This has 12."
    assert why_not("9Kz!tq4Lp#vWx8m", robin) == ""
    Authenticator.objects.create(user=robin, type=Authenticator.Type.WEBAUTHN, data={})
    assert why_not("9Kz!tq4Lp#vW", robin) == ""
    assert why_not("9Kz!tq4Lp#v", robin) == "Use at least 12 characters. This has 11."


def test_staff_always_show_a_second_thing_and_need_twelve(riverside: Staff) -> None:
    assert why_not("9Kz!tq4Lp#vW", riverside.surgeon.user) == ""


def test_a_stolen_password_is_found_in_a_file_on_this_machine(settings: LazySettings, tmp_path: Path) -> None:
    stolen = [f"stolen password number {number}" for number in range(200)]
    sums = sorted(hashlib.sha1(each.encode()).hexdigest().upper() for each in stolen)
    file = tmp_path / "stolen.txt"
    file.write_text("".join(f"{each}:{number}\r\n" for number, each in enumerate(sums)))
    settings.BREACHED_PASSWORDS = str(file)
    assert all("stolen from another site" in why_not(each) for each in stolen)
    assert all(why_not(each) == "" for each in GOOD)


def test_passwords_are_kept_by_argon2_outside_the_tests(
    settings: LazySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(product.__file__).read_text()
    first = source.split("PASSWORD_HASHERS = [")[1].split(",")[0].strip().strip('"')
    settings.PASSWORD_HASHERS = [first]
    assert make_password("copper lantern").startswith("argon2$argon2id$")
