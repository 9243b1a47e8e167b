"""Every Python that finds this file at its start has no network but its own machine."""

import ipaddress
import socket

connect, look_up = socket.socket.connect, socket.getaddrinfo


def local(host: str | bytes | None) -> bool:
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost", socket.gethostname()):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def guarded_connect(self, address):
    if isinstance(address, tuple) and not local(address[0]):
        raise OSError(f"the network is off: something wanted to reach {address[0]}")
    return connect(self, address)


def guarded_look_up(host, *arguments, **options):
    if not local(host):
        raise OSError(f"the network is off: something looked up {host}")
    return look_up(host, *arguments, **options)


socket.socket.connect = guarded_connect
socket.getaddrinfo = guarded_look_up
