"""What the provider asks for and how it reads a person from userinfo."""

from allauth.account.models import EmailAddress
from allauth.socialaccount.providers.base import ProviderAccount
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider

from vendor_oauth2.views import VendorOAuth2Adapter


class VendorOAuth2Provider(OAuth2Provider):
    id = "vendor_oauth2"
    name = "Vendor"
    account_class = ProviderAccount
    oauth2_adapter_class = VendorOAuth2Adapter

    def get_default_scope(self):
        return ["openid", "email", "profile"]

    def extract_uid(self, data):
        return str(data.get("sub") or data["id"])

    def extract_common_fields(self, data):
        return {
            "email": data.get("email"),
            "username": data.get("preferred_username"),
            "first_name": data.get("given_name") or data.get("first_name"),
            "last_name": data.get("family_name") or data.get("last_name"),
        }

    def extract_email_addresses(self, data):
        verified = data.get("email_verified") is True
        return [EmailAddress(email=data["email"], verified=verified, primary=True)]


provider_classes = [VendorOAuth2Provider]
