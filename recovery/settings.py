"""How this installation is wired, in reading order. Everything that differs between installations comes from the
environment; a secret may also be given as a file, `NAME_FILE=/run/secrets/name`.

RECOVERY_MODE is `demo` or `test` when manage.py was started with that subcommand, `production` otherwise.
"""

from __future__ import annotations

import importlib.util
import os
import re
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

env = environ.FileAwareEnv()


def text(name: str, default: str = "") -> str:
    """The variable or the content of its file, without the newline that editors leave; empty counts as not set."""
    return str(env.str(name, default="")).strip() or default


def required(name: str, example: str) -> str:
    value = text(name)
    if not value:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it in the environment, for example {name}={example}, "
            f"or put it in a file and set {name}_FILE. To only look around, run: python3 manage.py demo"
        )
    return value


# --- Which installation is this -------------------------------------------------------------------------------------

BASE_DIR = Path(__file__).resolve().parent.parent
MODE = text("RECOVERY_MODE", "production")
if MODE not in ("demo", "test", "production"):
    raise ImproperlyConfigured(f"RECOVERY_MODE is {MODE!r}; it must be demo, test or production.")
DEMO = MODE == "demo"
TEST = MODE == "test"
PRODUCTION = MODE == "production"
DATA_DIR = Path(text("RECOVERY_DATA", str(BASE_DIR / "var" / MODE))).resolve()
DEBUG = False

# --- Secrets and hosts ----------------------------------------------------------------------------------------------


def kept_key(file: Path) -> str:
    """The demo's own key: made once, so that logins and links outlive a restart."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with (
            suppress(FileExistsError),
            os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new,
        ):
            new.write(secrets.token_urlsafe(64))
        return file.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"The data directory {file.parent} cannot be used: {error.strerror}. Give --data another directory."
        ) from error


if PRODUCTION:
    SECRET_KEY = required("SECRET_KEY", "$(python3 -c 'import secrets; print(secrets.token_urlsafe(64))')")
    ALLOWED_HOSTS = [host.strip() for host in required("ALLOWED_HOSTS", "recovery.example.org").split(",")]
else:
    SECRET_KEY = kept_key(DATA_DIR / "secret_key") if DEMO else "a key that only tests use and that guards nothing"
    ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", "testserver"]
SECRET_KEY_FALLBACKS = [key for key in text("SECRET_KEY_FALLBACKS").split(",") if key]
SITE_URL = text("SITE_URL", f"https://{ALLOWED_HOSTS[0]}" if PRODUCTION else "http://127.0.0.1:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = [origin for origin in text("CSRF_TRUSTED_ORIGINS").split(",") if origin]

# --- What is installed ----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "tracker.apps.TrackerConfig",
    "recovery.admin_site.OurAdmin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "heroicons",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]
MIDDLEWARE = [
    "recovery.headers.EveryAnswer",
    "recovery.proxies.TrueAddress",
    "django.middleware.security.SecurityMiddleware",
    "recovery.headers.Policy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",  # pages carry a random-length filler against BREACH
    "recovery.middleware.KnownMethods",
    "recovery.middleware.BodyLimit",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "tracker.web.browsers.Remembering",
    "tracker.web.accounts.Frames",
    "tracker.web.consents.AskFirst",
    "tracker.web.presence.WhoIsThere",
    "tracker.web.row_security.Walls",
    "tracker.web.lock.Lock",
    "tracker.web.errors.ProblemPages",
]
ROOT_URLCONF = "recovery.urls"
WSGI_APPLICATION = "recovery.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tracker.web.shell.demo",
                "tracker.web.shell.person",
                "tracker.web.lock.frame",
            ],
        },
    },
]

# --- Database -------------------------------------------------------------------------------------------------------


def database(url: str) -> dict[str, Any]:
    """Django's entry for `url`, with what this product relies on switched on."""
    entry: dict[str, Any] = environ.Env.db_url_config(url)
    options = entry.setdefault("OPTIONS", {})
    if entry["ENGINE"].endswith("sqlite3"):
        # Writers queue instead of failing, and readers never wait for them.
        options["transaction_mode"] = "IMMEDIATE"
        options["timeout"] = 20
        pragmas = ["journal_mode=WAL", "busy_timeout=20000", "foreign_keys=ON"]
        pragmas.append("secure_delete=ON")  # what is erased is gone from the file, too
        pragmas.append("recursive_triggers=ON")  # else REPLACE would take a row away without asking the rule against it
        pragmas.append("synchronous=OFF" if TEST else "synchronous=FULL")
        options["init_command"] = ";".join(f"PRAGMA {pragma}" for pragma in pragmas)
    else:
        entry["CONN_MAX_AGE"] = None
        entry["CONN_HEALTH_CHECKS"] = True
        # Prepared statements: half of the server's work for a check-in was planning the same few statements anew.
        # A pooler that cannot keep them needs ?server_side_binding=false in the address.
        options["server_side_binding"] = str(options.get("server_side_binding", True)).lower() != "false"
        options.setdefault("prepare_threshold", 3)
        if seconds := text("STATEMENT_SECONDS"):  # web processes: recovery.serving
            options["options"] = f"{options.get('options', '')} -c statement_timeout={int(seconds)}s".strip()
    return entry


# The demo never looks at DATABASE_URL: made-up patients must not reach a clinic's database.
OWN_DATABASE = f"sqlite:///{DATA_DIR / 'recovery.sqlite3'}"
DATABASES = {"default": database(OWN_DATABASE if DEMO else text("DATABASE_URL", OWN_DATABASE))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- People ---------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "tracker.User"
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "tracker.web.adapters.Accounts"
MFA_ADAPTER = "tracker.web.second_factors.SecondFactors"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]  # nobody signs up: see the adapter
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invite proves the address
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of every change of a password, a passkey or an authenticator
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_MAIL_IN_BACKGROUND = not TEST  # so that the time of an answer tells nobody which addresses are known
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 - writes nothing
PASSWORD_RESET_TIMEOUT = 30 * 60
ACCOUNT_FORMS = {
    "login": "tracker.web.sign_in_forms.SignIn",
    "request_login_code": "tracker.web.sign_in_forms.AskForCode",
    "confirm_login_code": "tracker.web.sign_in_forms.TypeCode",
    "reauthenticate": "tracker.web.sign_in_forms.Confirm",
    "change_password": "tracker.web.sign_in_forms.ChangePassword",
    "set_password": "tracker.web.sign_in_forms.SetPassword",
    "reset_password": "tracker.web.sign_in_forms.AskForReset",
    "reset_password_from_key": "tracker.web.sign_in_forms.ResetPassword",
    "add_email": "tracker.web.sign_in_forms.ChangeEmail",
}
# In allauth's words: `5/15m/key` is five in fifteen minutes for one account, `ip` counts by address. A wrong password
# counts for both, unless the browser has signed in to that account before: tracker/web/tries.py.
ACCOUNT_RATE_LIMITS = {
    "wrong_password": "5/15m/key",
    "wrong_password_of_address": "20/h/ip",
    "wrong_second_code": "5/15m/key,20/d/key",
    "login_failed": None,  # allauth's own count of passwords, codes and passkeys together, which would lock people out
    "login": "120/m/ip",
    "request_login_code": "60/h/ip,3/5m/key,10/h/key",
    "confirm_code": "3/5m/user,10/h/user",
    "reset_password": "60/h/ip,5/h/key",
}
BROWSER_COOKIE_NAME = "__Host-browser" if PRODUCTION else "browser"
MESSAGE_TAGS = {25: "ok", 30: "warn", 40: "danger"}  # success, warning and error, as app.css calls them
MESSAGE_STORAGE = (
    "django.contrib.messages.storage.session.SessionStorage"  # a message may name a patient; a cookie must not
)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION  # localhost without TLS
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_FORMS = {
    "authenticate": "tracker.web.sign_in_forms.SecondCode",
    "reauthenticate": "tracker.web.sign_in_forms.ConfirmByCode",
    "add_webauthn": "tracker.web.second_factors.PasskeyForm",
}
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}  # a passkey cannot be guessed, and a clinic may share an address
MFA_TOTP_ISSUER = "Recovery"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TEST:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # speed; no test password guards anything

# How long a browser stays signed in. A shared computer in a clinic locks; a patient's own telephone is left alone. [est]
LOCK_AFTER = timedelta(minutes=15)  # staff: without anybody doing anything
LOCK_WARNING = timedelta(minutes=13)
STAFF_SESSION = timedelta(hours=12)  # from signing in, whatever happens
PATIENT_IDLE = timedelta(days=30)
PATIENT_SESSION = timedelta(days=90)
SESSION_COOKIE_AGE = int(PATIENT_SESSION.total_seconds())  # the longest of them; tracker.web.lock ends each in its time
SUSPENDED_FORM = timedelta(minutes=15)  # for so long what was typed waits for somebody to confirm that it is them

BREACHED_PASSWORDS = text("BREACHED_PASSWORDS")  # a file of stolen passwords' sums, see tracker/web/passwords.py
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "tracker.web.passwords.Long"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
    {"NAME": "tracker.web.passwords.Uncommon"},
    {"NAME": "tracker.web.passwords.Unbreached"},
]

# --- What the browser may do ----------------------------------------------------------------------------------------

REPORTS, REPORTS_PATH = "policy", "/reports/csp/"
ADMIN_PATH, WORKER_PATH = "/admin/", "/worker.js"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
        # Text never becomes a script or markup, but for the address of the one worker: static/tracker/push.js.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["recovery-worker"],
        "report-uri": [REPORTS_PATH],
        "report-to": [REPORTS],
    },
}

# Without TLS (demo, tests) a browser would refuse the __Host- prefix.
SESSION_COOKIE_NAME = "__Host-session" if PRODUCTION else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if PRODUCTION else "csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # scripts read the token from the page's form
# Not Strict, for staff either: the link in a message must open the page that it names, for somebody who is signed in.
# Nothing changes by following a link: every change is a POST with a token, to which a Lax cookie does not come along.
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"

SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # asked from inside the container, without TLS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
# Only behind a proxy that always sets or strips this header: PROXY_TLS_HEADER=X-Forwarded-Proto
PROXY_TLS_HEADER = text("PROXY_TLS_HEADER")
if PROXY_TLS_HEADER:
    SECURE_PROXY_SSL_HEADER = (f"HTTP_{PROXY_TLS_HEADER.upper().replace('-', '_')}", "https")
# How many proxies stand in front, each of which adds to X-Forwarded-For whom it was asked by; and where they may stand.
# From anywhere else such headers count for nothing: recovery.proxies.
PROXIES = int(text("PROXIES", "0"))
PROXY_ADDRESSES = text("PROXY_ADDRESSES", "127.0.0.0/8,::1,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7").split(",")

# What one request may carry. The longest honest one is a check-in with a note.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 300
FILE_UPLOAD_HANDLERS = ["recovery.uploads.NoFiles"]  # there is no page that takes one

# --- Static files: under hashed names; `collectstatic` when the image is built, recovery.static.collect() in the demo -----

STATIC_URL = "static/"
STATIC_ROOT = Path(text("STATIC_ROOT", str(DATA_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if TEST else "recovery.static.Static"
    },
}
WHITENOISE_ALLOW_ALL_ORIGINS = False  # there is no font here that another site may borrow
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = TEST

# --- Cache: counts of who did what how often, which all processes share; worked-out pictures, which they need not --------

LIMITS_TABLE = "tracker_limits"


def cache(url: str) -> dict[str, Any]:
    """Django's entry for `url`; without one, a table of the database, or this process's memory where it is alone."""
    if PRODUCTION and url and not url.startswith(("redis://", "rediss://")):
        raise ImproperlyConfigured(
            "CACHE_URL must be redis://... or rediss://..., since every process has to see the same counts of tries. "
            "Leave it out to keep them in the database."
        )
    if url or not PRODUCTION:
        return environ.Env.cache_url_config(url or "locmemcache://")  # type: ignore[no-any-return]
    table = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": LIMITS_TABLE}
    return {**table, "OPTIONS": {"MAX_ENTRIES": 10_000}}


CACHES = {"default": cache(text("CACHE_URL")), "pictures": environ.Env.cache_url_config("locmemcache://pictures")}

# How often one person (user), one address (ip) or one thing (key) may do something: services/limits.py. A clinic and
# its patients may share an address, so an address may do what many people may. LIMIT_CHECK_IN=... says otherwise.
LIMITS = {
    name: text(f"LIMIT_{name.upper().replace('-', '_')}", usual)
    for name, usual in {
        "check-in": "1200/h/user,6000/m/ip",  # phones that were offline send forty at once, a hospital's program more
        "invite": "20/d/user,200/d/ip",
        "invite-open": "10/h/key,300/h/ip",
        "export": "10/h/user,200/h/ip",
        "emergency-access": "10/h/user,100/h/ip",
        "csp-report": "60/m/ip",
    }.items()
}
PULSE_SECONDS = 0 if TEST else 10  # for so long a process believes what it last read about the reminder engine

# --- Time and language: instants in UTC; each clinic and patient has its own zone -----------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "tracker" / "locale"]

# --- API ------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "tracker.api.authentication.BearerToken",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "tracker.api.paging.Pages",
    "DEFAULT_METADATA_CLASS": None,  # the schema describes the API, OPTIONS does not
    "EXCEPTION_HANDLER": "tracker.api.problems.handler",
    "STRICT_JSON": True,  # NaN and Infinity are not numbers
    "COERCE_DECIMAL_TO_STRING": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Recovery",
    "DESCRIPTION": "Recovery after knee osteotomy: orders, check-ins, measurements, milestones and who needs attention.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "EndingEnum": "tracker.api.schema.ENDINGS",
        "EpisodeStateEnum": "tracker.api.schema.EPISODE_STATES",
        "FactKindEnum": "tracker.api.schema.FACT_KINDS",
        "MeasurementKindEnum": "tracker.api.schema.MEASUREMENT_KINDS",
        "OutcomeEnum": "tracker.api.schema.OUTCOMES",
        "ProcedureEnum": "tracker.api.schema.PROCEDURES",
        "RoleEnum": "tracker.api.schema.ROLES",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- Background work: the database is the queue of record, Celery carries wake-ups -----------------------------------

CELERY_BROKER_URL = "memory://localhost/" if DEMO else text("CELERY_BROKER_URL", "memory://localhost/")
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_DEFAULT_QUEUE = "recovery"
CELERY_TIMEZONE = "UTC"
CELERY_TASK_IGNORE_RESULT = True
# Acknowledged as they begin: a lost wake-up is harmless, but a worker whose broker goes away before it could acknowledge
# a job that it has done gives up its connection without noticing, and never asks for another.
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_TIME_LIMIT = 300
# Once and at once: enough for beat to connect anew after the broker was away. Pages never wait for it (services/wakeups.py).
CELERY_TASK_PUBLISH_RETRY = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_TIMEOUT = 2
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker as long as it takes
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # keeps no file: every job is a sweep that may run again
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"max_retries": 1, "interval_start": 0, "interval_step": 0}
if CELERY_BROKER_URL.startswith("memory:"):
    CELERY_BROKER_TRANSPORT_OPTIONS |= {"polling_interval": 0.05}
elif CELERY_BROKER_URL.startswith("redis"):
    CELERY_BROKER_TRANSPORT_OPTIONS |= {"visibility_timeout": 600, "socket_connect_timeout": 2, "socket_timeout": 10}
elif CELERY_BROKER_URL.startswith("amqp"):
    CELERY_BROKER_TRANSPORT_OPTIONS |= {"confirm_publish": True}
    CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
    CELERY_TASK_DEFAULT_EXCHANGE_TYPE = "topic"

# --- Mail: files under the data directory in the demo, EMAIL_URL or MAIL_PROVIDER elsewhere -------------------------

MAIL_DIR = DATA_DIR / "mail"
ERASURES = DATA_DIR / "erasures.jsonl"  # whose records were erased, beside the database: must outlive a restore
SENDING_SEEN = DATA_DIR / "sending_seen" if PRODUCTION else None  # tells a restored database; must outlive a restore
EMAIL_TIMEOUT = 10
EMAIL_SUBJECT_PREFIX = ""
DEFAULT_FROM_EMAIL = SERVER_EMAIL = text("DEFAULT_FROM_EMAIL", "Recovery <recovery@localhost>")
MAIL_PROVIDER_KEYS = {
    "brevo": "BREVO_API_KEY",
    "mailgun": "MAILGUN_API_KEY",
    "mailtrap": "MAILTRAP_API_TOKEN",
    "postmark": "POSTMARK_SERVER_TOKEN",
    "resend": "RESEND_API_KEY",
    "sparkpost": "SPARKPOST_API_KEY",
}
"""The providers whose own interface may be used instead of SMTP, and what anymail calls their key."""
MAIL_PROVIDER = "" if DEMO else text("MAIL_PROVIDER").lower()


def with_extra(name: str, module: str, package: str, because: str) -> None:
    """Refuses to start where a setting needs a package that is not installed."""
    if importlib.util.find_spec(module) is None:
        raise ImproperlyConfigured(
            f"{because} is set, which needs the extra `{name}`: the package {package} is not installed. "
            "In the program's directory, run: pip install --require-hashes -r requirements-server.txt"
        )


def mail_provider(name: str) -> dict[str, Any]:
    """The settings of anymail for a provider; MAIL_PROVIDER_URL is for one that has an address for each region."""
    if name not in MAIL_PROVIDER_KEYS:
        raise ImproperlyConfigured(
            f"MAIL_PROVIDER is {name!r}; it must be one of: {', '.join(MAIL_PROVIDER_KEYS)}. "
            "Any other provider takes mail by SMTP: set EMAIL_URL instead."
        )
    with_extra("mail", "anymail", "django-anymail", "MAIL_PROVIDER")
    url = text("MAIL_PROVIDER_URL")
    return {
        MAIL_PROVIDER_KEYS[name]: required("MAIL_PROVIDER_KEY", "the key that your provider shows you"),
        **({f"{name.upper()}_API_URL": url} if url else {}),
        "WEBHOOK_SECRET": text("WEBHOOK_SECRET"),
        "REQUESTS_TIMEOUT": (5, 15),
    }


if DEMO:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = MAIL_DIR
elif MAIL_PROVIDER:
    ANYMAIL = mail_provider(MAIL_PROVIDER)
    EMAIL_BACKEND = f"anymail.backends.{MAIL_PROVIDER}.EmailBackend"
    INSTALLED_APPS.append("anymail")
else:
    vars().update(
        environ.Env.email_url_config(text("EMAIL_URL", "smtp://localhost:25" if PRODUCTION else "memorymail://"))
    )

# --- Text messages and notifications in browsers: only where they are set up ------------------------------------------

SMS_URL = "files://" if DEMO else text("SMS_URL")
VAPID_PRIVATE_KEY, VAPID_PUBLIC_KEY = ("", "") if DEMO else (text("VAPID_PRIVATE_KEY"), text("VAPID_PUBLIC_KEY"))
VAPID_CONTACT = text("VAPID_CONTACT")
if SMS_URL and not DEMO:
    if not re.fullmatch(r"twilio://[^:@/]+:[^:@/]+@/.+", SMS_URL):
        raise ImproperlyConfigured(
            "SMS_URL must be twilio://SID:TOKEN@/SENDER, with a number of yours such as +447700900123 as the sender."
        )
    with_extra("sms", "twilio", "twilio", "SMS_URL")
if VAPID_PRIVATE_KEY:
    with_extra("push", "cryptography", "cryptography", "VAPID_PRIVATE_KEY")
    if not (VAPID_PUBLIC_KEY and VAPID_CONTACT.startswith(("mailto:", "https:"))):
        raise ImproperlyConfigured(
            "VAPID_PRIVATE_KEY needs VAPID_PUBLIC_KEY beside it, and VAPID_CONTACT, for example "
            "mailto:it@clinic.example. To make all three, run: python3 manage.py make_push_keys"
        )

# --- Logs: to stdout, nothing in them but what recovery/logs.py lets through -------------------------------------------------------------

LOG_LEVEL = text("LOG_LEVEL", "WARNING" if TEST else "INFO")
LOGGING_CONFIG = "recovery.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "stdout": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "plain",
        },
    },
    "root": {"handlers": ["stdout"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "NOTSET", "propagate": True},
        "tracker.services.seals": {"level": "WARNING" if DEMO else "NOTSET"},  # heads, for whoever keeps them
        "django.server": {"handlers": [], "level": "WARNING" if DEMO else "NOTSET", "propagate": True},
        "django.request": {"handlers": [], "level": "ERROR" if DEMO else "NOTSET", "propagate": True},
        "celery": {"level": "WARNING" if DEMO else "NOTSET"},
        "kombu": {"level": "WARNING"},
    },
}
