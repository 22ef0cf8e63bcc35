"""Where a webhook may not go: a corpus of hostile URLs and of addresses that names may resolve to."""

import pytest

from services.notify.channels.address import AddressRefused, Rules, is_public, pinned, target_of

RULES, DEVELOPMENT = Rules(), Rules(own_machine=True)

HOSTILE_URLS = [
    # not https, or not a URL
    *("", " ", "/", "https://", "https:///x", "https:jail.example.com/", "//jail.example.com/", "jail.example.com"),
    *("http://jail.example.com/", "ftp://jail.example.com/", "file:///etc/passwd", "gopher://jail.example.com/"),
    *("HTTPS://jail.example.com/", "https://JAIL.example.com/", "javascript:alert(1)", "data:text/html,x"),
    # the machine itself and local names
    *("https://localhost/", "https://localhost.localdomain/", "https://a.localhost/", "https://printer.local/"),
    *("https://metadata.google.internal/", "https://router.lan/", "https://10.in-addr.arpa/", "https://jail/"),
    *("https://abc.onion/", "https://intranet/", "https://db.intranet/"),
    # addresses, plain and in disguise
    *("https://127.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://0/"),
    *("https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.1/"),
    *("https://127.0.0.0x1/", "https://1.1.1.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1]/"),
    *("https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[::]/", "https://[fe80::1%25eth0]/"),
    *("https://127.0.0.1.:443/", "https://127。0。0。1/", "https://①②⑦.⓪.⓪.①/", "https://1.2.3/"),
    # authorities that parsers read differently
    *("https://user@jail.example.com/", "https://user:pw@jail.example.com/", "https://jail.example.com@10.0.0.1/"),
    *("https://10.0.0.1#@jail.example.com/", "https://jail.example.com\\@10.0.0.1/", "https://jail.example.com\\/x"),
    *("https://jail.example.com:443@10.0.0.1/", "https://jail.example.com%2f@10.0.0.1/", "https://jail.example.com%00/"),
    *("https://jail.example.com./", "https://jail..example.com/", "https://-jail.example.com/", "https://.example.com/"),
    *("https://jail_1.example.com/", "https://jäil.example.com/", "https://jail.example.com:/"),
    *("https:\\\\jail.example.com/", "https:/jail.example.com/", "https:///jail.example.com/"),
    # ports
    *("https://jail.example.com:22/", "https://jail.example.com:80/", "https://jail.example.com:0/"),
    *("https://jail.example.com:65536/", "https://jail.example.com:99999/", "https://jail.example.com:0443/"),
    *("https://jail.example.com:+443/", "https://jail.example.com:443:22/", "https://jail.example.com:5432/"),
    # what would be smuggled through the path
    *("https://jail.example.com/#fragment", "https://jail.example.com/a b", "https://jail.example.com/\r\nHost: x"),
    *("https://jail.example.com/%0d%0aHost:%20x", "https://jail.example.com/%00", "https://jail.example.com/%7f"),
    *("https://jail.example.com/%zz", "https://jail.example.com/ü", "https://jail.example.com/<x>", "\nhttps://a.example/"),
    *("https://jail.example.com/\n", "https://jail.example.com/\t", "https://jail.example.com/\x00", "https://a.example/{x}"),
    *("https://jail.example.com/" + "x" * 1000, f"https://{'a' * 64}.example.com/", f"https://{'a.' * 130}com/"),
]  # fmt: skip

HOSTILE_ADDRESSES = [
    *("0.0.0.1", "10.1.2.3", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.255.255.254", "169.254.169.254"),
    *("172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1"),
    *("198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1"),
    *("2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254"),
    *("fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1", "ff02::1", "", "localhost", "127.1", "0x7f.0.0.1"),
]


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_a_hostile_url_is_refused(url: str) -> None:
    """Before any name is looked up; there is one spelling for what is allowed, and all else is not it."""
    with pytest.raises(AddressRefused):
        target_of(url, RULES)


def test_the_corpus_is_large_enough() -> None:
    """Sixty hostile URLs at least, none twice."""
    assert len(set(HOSTILE_URLS)) == len(HOSTILE_URLS) >= 60


@pytest.mark.parametrize(
    ("url", "host", "port", "path", "authority"),
    [
        ("https://jail.example.com", "jail.example.com", 443, "/", "jail.example.com"),
        ("https://jail.example.com?k=1", "jail.example.com", 443, "/?k=1", "jail.example.com"),
        ("https://a.example:8443/in/box?k=a%20b&x=/?", "a.example", 8443, "/in/box?k=a%20b&x=/?", "a.example:8443"),
        ("https://xn--jil-qla.example/", "xn--jil-qla.example", 443, "/", "xn--jil-qla.example"),
        ("https://1-2.example:443//x", "1-2.example", 443, "//x", "1-2.example"),
    ],
)  # fmt: skip
def test_a_plain_https_url_is_taken_apart(url: str, host: str, port: int, path: str, authority: str) -> None:
    """Host, port and path as they are dialled and asked for."""
    target = target_of(url, RULES)
    assert (target.scheme, target.host, target.port, target.path) == ("https", host, port, path)
    assert target.authority == authority


@pytest.mark.parametrize("address", HOSTILE_ADDRESSES)
def test_an_address_that_is_not_on_the_internet_is_refused(address: str) -> None:
    """Private, loopback, link-local, shared, mapped, translated, tunnelled, reserved: alone or beside a good one."""
    assert not is_public(address)
    for answered in ([address], ["93.184.216.34", address], [address, "2606:4700::1"]):
        with pytest.raises(AddressRefused):
            pinned(answered, RULES)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1", "2a00::1"]
)
def test_an_address_of_the_internet_is_dialled(address: str) -> None:
    """The first that the name has is the one."""
    assert pinned([address, "1.1.1.1"], RULES) == address


def test_a_name_without_an_address_is_refused() -> None:
    """Nothing to dial."""
    with pytest.raises(AddressRefused):
        pinned([], RULES)


def test_the_own_machine_is_reached_in_development_alone() -> None:
    """HTTP with or without TLS to loopback, on any port; private networks stay closed even then."""
    for scheme in ("http", "https"):
        url = f"{scheme}://127.0.0.1:40123/hook"
        target = target_of(url, DEVELOPMENT)
        assert (target.scheme, target.authority, target.path) == (scheme, "127.0.0.1:40123", "/hook")
        with pytest.raises(AddressRefused):
            target_of(url, RULES)
    assert pinned(["127.0.0.1"], DEVELOPMENT) == "127.0.0.1"
    for text in ("http://10.0.0.1:80/", "http://jail.example.com:80/", "http://127.0.0.2:80/", "http://[::1]:80/"):
        with pytest.raises(AddressRefused):
            target_of(text, DEVELOPMENT)
    for address in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"):
        with pytest.raises(AddressRefused):
            pinned([address], DEVELOPMENT)
