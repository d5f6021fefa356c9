"""/accounts/vendor_oauth2/login/ and …/login/callback/, as allauth names them."""

from allauth.socialaccount.providers.oauth2.urls import default_urlpatterns

from vendor_oauth2.provider import VendorOAuth2Provider

urlpatterns = default_urlpatterns(VendorOAuth2Provider)
