"""People who sign in, and the keys their programs carry."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower

from tracker.models.fields import public_id
from tracker.models.presence import Presence


class UserManager(BaseUserManager["User"]):
    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Kept small: whoever signs in need not remember which letters were capitals."""
        return super().normalize_email(email).lower()

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """Anyone who signs in, patient or staff, by e-mail. `is_staff` opens the admin site and nothing else."""

    id = public_id()
    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)

    presence: Presence | None = None
    """Of the request that this row was read for; None outside of requests."""

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def normalize_username(cls, username: str) -> str:
        return super().normalize_username(username).lower()


class Scope(models.TextChoices):
    """What a program may do in somebody's name, within what their role allows."""

    READ = "read", "Read records"
    RECORD = "record", "Enter check-ins, measurements and milestones"
    TREAT = "treat", "Work the worklist: alerts, facts, reviews, enrolment"
    SIGN = "sign", "Sign orders, clearances and releases"
    EXPORT = "export", "Export records"


def every_scope() -> list[str]:
    return [scope.value for scope in Scope]


class ApiToken(models.Model):
    """A bearer token for a program. Only its SHA-256 is kept, so a stolen table opens nothing."""

    id = public_id()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    clinic = models.ForeignKey("tracker.Clinic", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    """Where it acts for staff; null for a patient's token."""
    name = models.CharField(max_length=80)
    hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=every_scope)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    """Null only for the tokens of a demo."""
    last_used_on = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """The answer that a write got under a client's key, so that a repeat gets the same one. Kept 90 days."""

    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.UUIDField()
    route = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return str(self.key)
