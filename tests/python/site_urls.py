"""The routes of the relying party: allauth's own, and two views over Authlib's Django client."""

from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.django_client import OAuth
from django.http import JsonResponse
from django.urls import include, path

oauth = OAuth()
oauth.register("vestibule")


def login(request):
    return oauth.vestibule.authorize_redirect(
        request, request.build_absolute_uri("/authlib/callback/")
    )


def callback(request):
    try:
        token = oauth.vestibule.authorize_access_token(request)
    except OAuthError as error:
        return JsonResponse({"error": error.error, "description": error.description}, status=400)
    claims = token.pop("userinfo")
    return JsonResponse(
        {
            "token_response": token,
            "id_token_claims": claims,
            "userinfo": oauth.vestibule.userinfo(token=token),
        }
    )


def signed_in(request):
    return JsonResponse({"user": request.user.get_username()})


urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("authlib/login/", login),
    path("authlib/callback/", callback),
    path("signed-in/", signed_in),
]
