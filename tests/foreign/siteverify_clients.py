"""Libraries that verify reCAPTCHA, hCaptcha and Turnstile, as they come out of the box, with another address.

Usage: python siteverify_clients.py BASE_URL SECRET ID...    exit 0: all of it worked
ID: nine challenges that were answered right, three for each library.
"""

import sys
from unittest import mock

base, secret, *ids = sys.argv[1:]
assert len(ids) == 9
WRONG = "a-private-id-that-no-site-has-and-that-is-as-long-as-those-that-some-have"


def flask_wtf(key, response):
    from flask import Flask
    from flask_wtf import FlaskForm, RecaptchaField

    app = Flask("shop")
    app.config.update(
        SECRET_KEY="of-the-session",
        WTF_CSRF_ENABLED=False,
        RECAPTCHA_PUBLIC_KEY="shop",
        RECAPTCHA_PRIVATE_KEY=key,
        RECAPTCHA_VERIFY_SERVER=f"{base}/recaptcha/api/siteverify",
    )

    class Form(FlaskForm):
        recaptcha = RecaptchaField()

    with app.test_request_context("/", method="POST", data={"g-recaptcha-response": response}):
        form = Form()
        return form.validate(), form.errors.get("recaptcha")


def django_field(module, field, key, response):
    from django.core.exceptions import ValidationError

    with mock.patch.object(module, "SECRET", key):
        try:
            return field.clean(response), None
        except ValidationError as error:
            return False, error.code


def django_hcaptcha(key, response):
    import hcaptcha.fields as module

    return django_field(module, module.hCaptchaField(), key, response)


def django_turnstile(key, response):
    import turnstile.fields as module

    return django_field(module, module.TurnstileField(remote_ip="192.0.2.7"), key, response)


def configure_django():
    import django
    from django.conf import settings

    settings.configure(
        USE_I18N=False,
        HCAPTCHA_VERIFY_URL=f"{base}/siteverify",
        TURNSTILE_VERIFY_URL=f"{base}/turnstile/v0/siteverify",
    )
    django.setup()


configure_django()
INVALID = {
    flask_wtf: ["The response parameter is missing."],
    django_hcaptcha: "invalid_hcaptcha",
    django_turnstile: "invalid_turnstile",
}
for number, (library, invalid) in enumerate(INVALID.items()):
    first, second, _ = ids[3 * number : 3 * number + 3]
    name = library.__name__
    taken, _ = library(secret, first)
    assert taken, f"{name} refuses a valid challenge"
    taken, error = library(secret, first)
    assert not taken and error == invalid, f"{name}: a challenge twice: {taken} {error}"
    taken, error = library(WRONG, second)
    assert not taken, f"{name} takes a wrong secret"
    if library is flask_wtf:
        assert error == ["The secret parameter is invalid or malformed."], error
    taken, _ = library(secret, second)
    assert taken, f"{name}: a wrong secret spent the challenge"
    for nothing in ["c.AAAA", "nonsense"]:
        taken, error = library(secret, nothing)
        assert not taken, f"{name} takes {nothing}"
        if library is flask_wtf:
            assert error == ["The response parameter is invalid or malformed."], error
# Whatever one library was told, another shape does not tell it again.
for library, third in zip(INVALID, ids[2::3]):
    others = [other for other in INVALID if other is not library]
    assert library(secret, third)[0]
    assert not any(other(secret, third)[0] for other in others)
print("Flask-WTF, django-hCaptcha, django-turnstile: verified by another address")
