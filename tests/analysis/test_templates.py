"""Route templates: values become placeholders, endpoints never become one."""

from collections import Counter

import pytest
from incidents.routes import asked, score

from warroom.logs.analysis.templates import Routes, segment_class


@pytest.mark.parametrize(
    ("segment", "wanted"),
    [
        ("8812", "{id}"),
        ("2f9d3c1e-1111-4222-8333-444455556666", "{uuid}"),
        ("deadbeef01", "{hash}"),
        ("a1b2c3d", "{hash}"),
        ("2026-11-20", "{date}"),
        ("ana%40example.org", "{mail}"),
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6", "{token}"),
        ("app.cc623b43.js", "app.{hash}.js"),
        ("INV-2041.pdf", "INV-{n}.pdf"),
        ("v1", "v1"),
        ("oauth2", "oauth2"),
        ("checkout", "checkout"),
        ("deadbeef", "deadbeef"),
        ("internationalisation-of-strings", "internationalisation-of-strings"),
    ],
)
def test_segments(segment, wanted):
    assert segment_class(segment) == wanted


@pytest.mark.parametrize("seed", [1, 2])
def test_an_adversarial_site_is_learnt_and_no_two_endpoints_are_merged(seed):
    pairs = asked(seed)
    counts = Counter(path for path, _ in pairs)
    routes = Routes(counts.items())
    right, merged = score(pairs, {path: routes(path)[0] for path in counts})
    assert merged == 0
    assert right >= 0.92


def test_tenants_with_a_tree_of_their_own_become_a_value():
    tenants = ["acme", "globex", "initech", "umbrella", "stark", "wayne", "hooli"]
    paths = [(f"/t/{t}/{page}", 10) for t in tenants for page in ("cart", "members", "reports")]
    assert Routes(paths)("/t/acme/cart") == ("/t/{*}/cart", {"/t/{*}": "acme"})


def test_resources_of_an_api_stay_apart():
    names = ["users", "orders", "items", "carts", "stock", "prices", "media"]
    routes = Routes([(f"/api/{n}{rest}", 50) for n in names for rest in ("", "/17", "/search")])
    assert len({routes(f"/api/{n}/99")[0] for n in names}) == len(names)


def test_what_was_never_seen_is_one_route():
    routes = Routes([("/", 10), ("/shop", 10)])
    assert routes("/wp-login.php")[0] == "/…"
    assert routes("/shop/x")[0] == "/shop/…"
