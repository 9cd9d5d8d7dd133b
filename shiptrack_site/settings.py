"""All settings. What differs between installations comes from the environment; the README lists those names."""

import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from shiptrack_site import environment
from shiptrack_site.unfold import UNFOLD  # noqa: F401 (read by the admin theme)

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

# --- Which installation this is -------------------------------------------------------------------------------------
environment.load_local_file(VAR_DIR / "local.env")
MODE = environment.one_of("MODE", "production", ("local", "production"))
LOCAL = MODE == "local"
DEBUG = environment.switch("DEBUG", False)
SECRET_KEY = environment.required("SECRET_KEY", "a long random text; it signs sessions and queued work")
FIELD_KEYS = environment.field_keys()
PORT = environment.number("PORT", 8000, low=1, high=65535)
SANDBOX_PORT = environment.number("SANDBOX_PORT", PORT + 1 if PORT < 65535 else PORT - 1, low=1, high=65535)
SHIPTRACK_DEMO = environment.switch("SHIPTRACK_DEMO", True) and LOCAL

# --- Who may reach it, and what it may reach ------------------------------------------------------------------------
ALLOWED_HOSTS = environment.items("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"] if LOCAL else [])
if not (ALLOWED_HOSTS or LOCAL):
    raise ImproperlyConfigured("the setting ALLOWED_HOSTS is missing. It must be the host names of this site.")
_SITE = f"http://127.0.0.1:{PORT}" if LOCAL else f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
PUBLIC_URL = environment.text("PUBLIC_URL", _SITE).rstrip("/")
CSRF_TRUSTED_ORIGINS = environment.items("CSRF_TRUSTED_ORIGINS", [] if LOCAL else [PUBLIC_URL])
TRUSTED_PROXIES = environment.number("TRUSTED_PROXIES", 0 if LOCAL else 1, low=0, high=10)
OUTGOING_ALLOW = environment.items("OUTGOING_ALLOW")
DRAIN_LANES = environment.number("DRAIN_LANES", 1, low=1, high=16)

# --- Parts ----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_q",
    "django_filters",
    "rest_framework",
    "axes",
    "tracking",
    "notifications",
    "shiptrack_site",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shiptrack_site.content_security.ContentSecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "shiptrack_site.urls"
WSGI_APPLICATION = "shiptrack_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database: PostgreSQL always; an embedded one if none is named --------------------------------------------------
DATABASE_URL = environment.text("DATABASE_URL", "")
EMBEDDED_POSTGRES_DATA = Path(environment.text("SHIPTRACK_PGDATA", str(VAR_DIR / "postgres"))).resolve()
EMBEDDED_POSTGRES_THROWAWAY = {"0": "no", "1": "fast", "durable": "durable"}[
    environment.one_of("SHIPTRACK_THROWAWAY", "0", ("0", "1", "durable"))
]
_KEPT_OPEN = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}  # no pool: its threads do not survive the workers' fork
if DATABASE_URL:
    try:
        _NAMED = dict(dj_database_url.parse(DATABASE_URL))
    except ValueError as error:
        raise ImproperlyConfigured(
            "the setting DATABASE_URL must look like postgresql://user:password@host/name."
        ) from error
    if _NAMED["ENGINE"] != "django.db.backends.postgresql":
        raise ImproperlyConfigured(
            "the setting DATABASE_URL must name a PostgreSQL: postgresql://user:password@host/name."
        )
    DATABASES = {"default": {**_NAMED, **_KEPT_OPEN}}
else:
    os.environ.pop("PGSERVICE", None)  # libpq would fail on a service that only the user's own tools know
    DATABASES = {"default": {"ENGINE": "shiptrack_site.embedded_postgres", "NAME": "shiptrack", **_KEPT_OPEN}}

# --- Background work: django-q2 only rings; what is due stands in our own tables ------------------------------------
Q_CLUSTER: dict[str, Any] = {
    "name": "core",  # also signs the queue's rows, for both clusters
    "label": "Background work",
    "orm": "default",
    "workers": 4,
    "queue_limit": 4,  # more would be taken from the table early and run twice after `retry`
    "bulk": 1,
    "timeout": 60,
    "retry": 300,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,
    "poll": 0.05,
    "recycle": 500,
    "compress": False,
    "ALT_CLUSTERS": {"net": {"poll": 0.1}},
}

# --- Messages out: one mail provider; every call ends below ten seconds -----------------------------------------------
EMAIL_PROVIDER = environment.one_of(
    "EMAIL_PROVIDER",
    "sandbox" if LOCAL else "none",
    ("none", "sandbox", "smtp", "resend", "postmark", "sendgrid", "mailgun", "brevo"),
)
_EMAIL_API_KEY = environment.text("EMAIL_API_KEY", "re_sandbox" if EMAIL_PROVIDER == "sandbox" else "")
_SMTP_URL = environment.text("SMTP_URL", "")
EMAIL_WEBHOOK_SECRET = environment.text("EMAIL_WEBHOOK_SECRET", "sandbox:sandbox" if LOCAL else "")
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", "shiptrack@localhost")
EMAIL_BACKEND = {
    "none": "",
    "sandbox": "notifications.channels.resend.EmailBackend",
    "resend": "notifications.channels.resend.EmailBackend",
    "smtp": "django.core.mail.backends.smtp.EmailBackend",
}.get(EMAIL_PROVIDER, f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend")
EMAIL_TIMEOUT = 8
ANYMAIL: dict[str, Any] = {"REQUESTS_TIMEOUT": (3, 5), "WEBHOOK_SECRET": EMAIL_WEBHOOK_SECRET}
if EMAIL_PROVIDER == "sandbox":
    ANYMAIL |= {"RESEND_API_KEY": _EMAIL_API_KEY, "RESEND_API_URL": f"http://127.0.0.1:{SANDBOX_PORT}/resend/"}
elif EMAIL_PROVIDER == "smtp":
    EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, EMAIL_HOST_PASSWORD, *_SAFE = environment.mail_server(_SMTP_URL)
    EMAIL_USE_TLS, EMAIL_USE_SSL = _SAFE
elif EMAIL_PROVIDER == "postmark":
    ANYMAIL["POSTMARK_SERVER_TOKEN"] = _EMAIL_API_KEY
elif EMAIL_PROVIDER != "none":
    ANYMAIL[f"{EMAIL_PROVIDER.upper()}_API_KEY"] = _EMAIL_API_KEY
if EMAIL_PROVIDER == "mailgun":
    ANYMAIL["MAILGUN_SENDER_DOMAIN"] = DEFAULT_FROM_EMAIL.rpartition("@")[2]

# --- People ---------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "shiptrack_site.client_address.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
}

# --- Language and time ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files of the pages ---------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = VAR_DIR / "media"

# --- Safety ---------------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not LOCAL
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes come over plain HTTP from the same machine
SECURE_HSTS_SECONDS = 0 if LOCAL else 365 * 24 * 3600
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # other hosts of the domain are not ours to bind to HTTPS

# --- Log ------------------------------------------------------------------------------------------------------------
LOG_LEVEL = environment.one_of("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{levelname} {name}: {message}", "style": "{"},
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "{asctime}{levelname}{name}{message}",
            "style": "{",
            "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
        },
    },
    "filters": {
        # A probe gets its answer; that the site is not ready yet is no error of a request.
        "no_probes": {"()": "django.utils.log.CallbackFilter", "callback": lambda record: "/readyz" not in record.args},
    },
    "handlers": {"standard": {"class": "logging.StreamHandler", "formatter": "plain" if LOCAL else "json"}},
    "root": {"handlers": ["standard"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.request": {"filters": ["no_probes"], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django-q": {"handlers": [], "level": "WARNING", "propagate": True},  # else one line for every ring
    },
}
