"""A custom OAuth 2.0 provider of django-allauth, shaped as Unomed's document describes theirs."""
