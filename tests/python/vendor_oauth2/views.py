"""Where the provider's endpoints are and how credentials reach the token endpoint."""

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.views import (
    OAuth2Adapter,
    OAuth2CallbackView,
    OAuth2LoginView,
)
from django.conf import settings


class VendorOAuth2Adapter(OAuth2Adapter):
    provider_id = "vendor_oauth2"
    authorize_url = settings.VENDOR_ISSUER + "/oauth/authorize"
    access_token_url = settings.VENDOR_ISSUER + "/oauth/token"
    profile_url = settings.VENDOR_ISSUER + "/oauth/userinfo"
    basic_auth = settings.VENDOR_TOKEN_AUTH_METHOD == "basic"

    def complete_login(self, request, app, token, **kwargs):
        with get_adapter().get_requests_session() as session:
            answer = session.get(
                self.profile_url, headers={"Authorization": f"Bearer {token.token}"}
            )
            answer.raise_for_status()
        return self.get_provider().sociallogin_from_response(request, answer.json())


oauth2_login = OAuth2LoginView.adapter_view(VendorOAuth2Adapter)
oauth2_callback = OAuth2CallbackView.adapter_view(VendorOAuth2Adapter)
