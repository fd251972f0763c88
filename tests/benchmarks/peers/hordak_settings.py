"""Django's settings for django-hordak: a database on the benchmark's server, and nothing else."""

import os

SECRET_KEY = "a benchmark keeps no secrets"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ["HORDAK_HOST"],
        "NAME": os.environ["HORDAK_NAME"],
        "USER": "postgres",
    }
}
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "mptt", "hordak"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DEFAULT_CURRENCY = "EUR"
CURRENCIES = ["EUR"]
