"""A reverse proxy's address: which forms are accepted, and that each rejected one gets a message."""

from __future__ import annotations

import pytest

from backchannel_lib import CaseError
from backchannel_lib.cli.present import check_address
from backchannel_lib.cli.project import CommandError
from backchannel_lib.workshop.public_address import read_public_address


@pytest.mark.parametrize(
    ("written", "url", "host"),
    [
        ("https://hub.example", "https://hub.example/", "hub.example"),
        (" http://HUB.example:80/a/b ", "http://hub.example/a/b/", "hub.example"),
        ("http://hub.example:8080/~ana/", "http://hub.example:8080/~ana/", "hub.example"),
        ("https://192.0.2.7/x", "https://192.0.2.7/x/", "192.0.2.7"),
        ("https://[2001:db8::1]:8443/x", "https://[2001:db8::1]:8443/x/", "[2001:db8::1]"),
    ],
)
def test_a_slash_at_the_end_and_the_schemes_own_port_make_no_difference(written: str, url: str, host: str) -> None:
    read = read_public_address(written)
    assert (read.url, read.host) == (url, host)
    assert read_public_address(read.url) == read


@pytest.mark.parametrize(
    "written",
    [
        "",
        "hub.example",
        "ftp://hub.example/",
        "https:///x",
        "https://a b/",
        "https://u:p@hub.example/",
        "https://hub.example/?x",
        "https://hub.example/#x",
        "https://hub.example:99999/",
        "https://hub.example//x",
        "https://[::1/",
    ],
)
def test_anything_else_is_rejected_with_the_option_and_an_example(written: str) -> None:
    with pytest.raises(CaseError):
        read_public_address(written)
    if written:
        with pytest.raises(CommandError, match=r"^--base-url must be a web address .* such as https://"):
            check_address("--base-url", written)
