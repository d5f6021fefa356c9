"""A Django site that signs one user in with the provider under test, then says what it learnt.

Usage: relying_party.py < job.json

The job: library ("authlib", "allauth_oauth2" or "allauth_oidc"), issuer, site (scheme and host of
the relying party), client_id, client_secret, email, password; optionally deny (the user refuses),
token_auth_method ("post" or "basic") and pkce. One JSON object is printed. The site is called in
process; only its own requests to the provider, and those of the user's browser, use the network.
"""

import json
import sys
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings

JOB = json.load(sys.stdin)
SITE = urlsplit(JOB["site"])
SECURE = SITE.scheme == "https"
METHOD = JOB.get("token_auth_method", "post")
APP = {"client_id": JOB["client_id"], "secret": JOB["client_secret"]}

settings.configure(
    SECRET_KEY="of this one process",
    ALLOWED_HOSTS=[SITE.hostname],
    ROOT_URLCONF="site_urls",
    SITE_ID=1,
    USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.sites",
        "allauth",
        "allauth.account",
        "allauth.socialaccount",
        "allauth.socialaccount.providers.openid_connect",
        "vendor_oauth2",
    ],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    LOGIN_REDIRECT_URL="/signed-in/",
    ACCOUNT_DEFAULT_HTTP_PROTOCOL=SITE.scheme,
    ACCOUNT_EMAIL_VERIFICATION="mandatory",
    SOCIALACCOUNT_LOGIN_ON_GET=True,
    SOCIALACCOUNT_EMAIL_AUTHENTICATION=True,
    SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT=True,
    SOCIALACCOUNT_QUERY_EMAIL=True,
    SOCIALACCOUNT_PROVIDERS={
        "vendor_oauth2": {"APPS": [APP], "OAUTH_PKCE_ENABLED": JOB.get("pkce", False)},
        "openid_connect": {
            "APPS": [
                APP
                | {
                    "provider_id": "vestibule",
                    "name": "Vestibule",
                    "settings": {
                        "server_url": JOB["issuer"],
                        "oauth_pkce_enabled": JOB.get("pkce", False),
                        "token_auth_method": f"client_secret_{METHOD}",
                    },
                }
            ]
        },
    },
    VENDOR_ISSUER=JOB["issuer"],
    VENDOR_TOKEN_AUTH_METHOD=METHOD,
    AUTHLIB_OAUTH_CLIENTS={
        "vestibule": {
            "client_id": JOB["client_id"],
            "client_secret": JOB["client_secret"],
            "server_metadata_url": JOB["issuer"] + "/.well-known/openid-configuration",
            "client_kwargs": {
                "scope": "openid profile email",
                "token_endpoint_auth_method": f"client_secret_{METHOD}",
            }
            | ({"code_challenge_method": "S256"} if JOB.get("pkce") else {}),
        }
    },
)
django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from allauth.socialaccount.models import SocialAccount  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402

from browser import Browser  # noqa: E402

STARTS = {
    "authlib": "/authlib/login/",
    "allauth_oauth2": "/accounts/vendor_oauth2/login/",
    "allauth_oidc": "/accounts/oidc/vestibule/login/",
}


def walk(site):
    """The user clicks "Sign in with…", goes through the provider and comes back."""
    start = site.get(STARTS[JOB["library"]], secure=SECURE)
    assert start.status_code == 302, (start.status_code, start.content)
    request = start["Location"]
    redirect_uri = parse_qs(urlsplit(request).query)["redirect_uri"][0]
    person = Browser(JOB["email"], JOB["password"], deny=JOB.get("deny", False))
    answer = urlsplit(person.walk(request, redirect_uri))
    back = site.get(f"{answer.path}?{answer.query}", secure=SECURE)
    return {
        "authorization_request": request,
        "authorization_response": answer.query,
        "redirect_uri": redirect_uri,
        "pages": person.seen,
        "callback_status": back.status_code,
        "callback_location": back.get("Location"),
        "callback_body": back.content.decode(errors="replace")[:4000],
    }


def allauth(site):
    """An account that already has this verified address must be the one that is signed in."""
    existing = User.objects.create_user("existing", JOB["email"])
    EmailAddress.objects.create(user=existing, email=JOB["email"], verified=True, primary=True)
    result = walk(site)
    signed_in = site.session.get("_auth_user_id")
    account = SocialAccount.objects.filter(user=existing).first()
    return result | {
        "signed_in": signed_in is not None,
        "linked_to_existing_account": signed_in == str(existing.pk),
        "uid": account.uid if account else None,
        "data": account.extra_data if account else None,
    }


def authlib(site):
    result = walk(site)
    learnt = json.loads(result["callback_body"]) if result["callback_status"] == 200 else {}
    return result | {"signed_in": "id_token_claims" in learnt} | learnt


call_command("migrate", verbosity=0)
client = Client(SERVER_NAME=SITE.netloc)
json.dump(authlib(client) if JOB["library"] == "authlib" else allauth(client), sys.stdout)
