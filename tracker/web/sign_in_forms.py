"""allauth's forms in our words. They do what they do there, but for codes by mail, which staff are never sent."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as library
from allauth.account.models import EmailAddress
from allauth.account.utils import filter_users_by_email
from allauth.core import context
from allauth.mfa.base import forms as second
from django import forms
from django.http import HttpRequest

from tracker.selectors import staff
from tracker.services import addresses
from tracker.web import tries

ABOUT_PASSWORDS = (
    "At least 12 characters; at least 15 if you have no passkey and no code app. Four or five words that do not belong "
    "together are easy to keep in mind. Any sign is allowed, and you may paste it from a password manager."
)


class Plain(forms.Form):
    """Labels instead of placeholders, and a remedy in each error."""

    says: dict[str, tuple[str, str]] = {}
    """By field: its label, and what to do when it was left empty."""
    helps: dict[str, str] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.help_text = self.helps.get(name, "")
            if name in self.says:
                field.label, field.error_messages["required"] = self.says[name]
            if isinstance(field, forms.EmailField):
                field.widget.attrs |= {"inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
                field.error_messages["invalid"] = "This is no e-mail address. It looks like name@example.org."


EMAIL = ("E-mail", "Enter your e-mail address.")
PASSWORD = ("Password", "Enter your password.")
NEW_PASSWORDS = {
    "password1": ("New password", "Enter the new password."),
    "password2": ("The new password once more", "Enter the new password a second time."),
}


class SignIn(Plain, library.LoginForm):
    says = {"login": EMAIL, "password": PASSWORD}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class AskForCode(Plain, library.RequestLoginCodeForm):
    says = {"email": EMAIL}

    def clean_email(self) -> str:
        """Whoever may not have a code looks the same as nobody: e-mail is no way in for staff."""
        email: str = self.cleaned_data["email"]
        tries.take_code(context.request, email)
        found = filter_users_by_email(email, is_active=True, prefer_verified=True)
        self._user = found[0] if found and not staff.works(found[0]) else None
        return email


class TypeCode(Plain, library.ConfirmLoginCodeForm):
    says = {"code": ("The code from the e-mail", "Enter the code from the e-mail.")}
    helps = {"code": "Eight letters. Capitals and the dash do not matter."}


class SecondCode(second.AuthenticateForm):
    """A code of the app, or a recovery code, as the second thing that somebody shows."""

    def clean_code(self) -> str:
        taken = tries.take_second_code(context.request, self.user.email)
        code: str = super().clean_code()
        taken.rollback()
        return code


class ConfirmByCode(SecondCode, second.ReauthenticateForm):
    """The same from somebody who is signed in."""


class Confirm(Plain, library.ReauthenticateForm):
    says = {"password": PASSWORD}


class ChangePassword(Plain, library.ChangePasswordForm):
    says = {"oldpassword": ("Password as it is now", "Enter your password as it is now."), **NEW_PASSWORDS}
    helps = {"password1": ABOUT_PASSWORDS}


class SetPassword(Plain, library.SetPasswordForm):
    says = NEW_PASSWORDS
    helps = {"password1": ABOUT_PASSWORDS}


class AskForReset(Plain, library.ResetPasswordForm):
    says = {"email": EMAIL}


class ResetPassword(Plain, library.ResetPasswordKeyForm):
    says = NEW_PASSWORDS
    helps = {"password1": ABOUT_PASSWORDS}


class ChangeEmail(Plain, library.AddEmailForm):
    says = {"email": ("New e-mail address", "Enter the new e-mail address.")}
    helps = {"email": "We send a link there. The new address counts once you have pressed it."}

    def save(self, request: HttpRequest) -> EmailAddress:
        addresses.hold(self.user)
        return super().save(request)
