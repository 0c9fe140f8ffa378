"""Sends real packets through a router namespace and says what came out where. Standard input: one JSON object, standard output: another.

In:  {"router": namespace, "ports": UDP ports that are open there, "wait": seconds, "ends": [{"dev", "end", "router_mac", "end_mac"}], "packets": [{"dev", "src", "dst", "protocol", "sport", "dport"}]}
Out: for each packet what the request, its answer and the request sent once more became: {"dev", "src", "dst", "sport", "dport"}, where `dev` is the
router's device that it left by, or "own" when the router took it itself, or null when it is gone.
It runs in the namespace of the ends. A packet is known again by its identification (IPv4) or flow label (IPv6), which no router changes.
"""
import ctypes
import json
import os
import select
import socket
import struct
import sys

PROTOCOLS = {4: {"icmp": 1, "tcp": 6, "udp": 17}, 6: {"icmp": 58, "tcp": 6, "udp": 17}}
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
ETHERTYPES = {4: 0x0800, 6: 0x86DD}
ECHOES = {4: (8, 0), 6: (128, 129)}
CLONE_NEWNET = 0x40000000
# include/uapi/linux/in6.h
IPV6_FLOWINFO = 11
IPV6_FREEBIND = 78
# include/uapi/asm-generic/socket.h
SO_BINDTOIFINDEX = 62
LIBC = ctypes.CDLL(None, use_errno=True)


def enter(path):
    """Further sockets of this process are in that namespace; those that there are stay where they are."""
    fd = os.open(path, os.O_RDONLY)
    if LIBC.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def version_of(header):
    return 6 if ":" in header["dst"] else 4


def ip_packet(header, ident, is_answer):
    """The IP packet; the ports of ICMP are its identifier."""
    version = version_of(header)
    number = PROTOCOLS[version][header["protocol"]]
    sport, dport = header["sport"], header["dport"]
    src, dst = (socket.inet_pton(FAMILIES[version], header[end]) for end in ("src", "dst"))
    data = b"dvrscope"
    if header["protocol"] == "icmp":
        body = struct.pack("!BBHHH", ECHOES[version][is_answer], 0, 0, dport if is_answer else sport, 1) + data
        at = 2
    elif number == 6:
        flags, seq, ack = (0x12, 5000, 1001) if is_answer else (0x02, 1000, 0)
        body = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 8192, 0, 0)
        at = 16
    else:
        body = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
        at = 6
    pseudo = b"" if number == 1 else src + dst + struct.pack("!II", len(body), number)
    value = checksum(pseudo + body)
    body = body[:at] + struct.pack("!H", value or (0xFFFF if number != 1 else 0)) + body[at + 2:]
    if version == 6:
        return struct.pack("!IHBB", 6 << 28 | ident, len(body), number, 64) + src + dst + body
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), ident, 0, 64, number, 0, src, dst)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def read_packet(packet, dev):
    """What an IP packet says, with its identification, or None for what is no packet of ours."""
    version = packet[0] >> 4 if len(packet) >= 28 else 0
    if version == 4:
        start = (packet[0] & 15) * 4
        ident, number, at, size = struct.unpack("!H", packet[4:6])[0], packet[9], 12, 4
    elif version == 6 and len(packet) >= 48:
        start = 40
        ident, number, at, size = struct.unpack("!I", packet[:4])[0] & 0xFFFFF, packet[6], 8, 16
    else:
        return None
    ends = [socket.inet_ntop(FAMILIES[version], packet[at + i * size:at + (i + 1) * size]) for i in (0, 1)]
    return read_body(version, number, packet[start:], ident, {"dev": dev, "src": ends[0], "dst": ends[1]})


def read_body(version, number, body, ident, seen):
    if number == PROTOCOLS[version]["icmp"]:
        if body[0] not in ECHOES[version]:
            return None
        seen["sport"] = seen["dport"] = struct.unpack("!H", body[4:6])[0]
    elif number in (6, 17):
        seen["sport"], seen["dport"] = struct.unpack("!HH", body[:4])
        seen["reset"] = number == 6 and bool(body[13] & 4)
    else:
        return None
    return ident, seen


class Wires:
    def __init__(self, job):
        self.wait = job["wait"]
        self.ends = {}
        # Socket → how what it receives is read.
        self.sockets = {}
        for end in job["ends"]:
            macs = bytes.fromhex((end["router_mac"] + end["end_mac"]).replace(":", ""))
            for version, ethertype in ETHERTYPES.items():
                sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ethertype))
                sock.bind((end["end"], ethertype))
                self.ends[end["dev"], version] = (sock, macs + struct.pack("!H", ethertype))
                self.sockets[sock] = lambda own, dev=end["dev"]: self.from_wire(own, dev)
        enter("/run/netns/" + job["router"])
        for number in PROTOCOLS[4].values():
            self.sockets[socket.socket(socket.AF_INET, socket.SOCK_RAW, number)] = self.from_own
        for number in PROTOCOLS[6].values():
            sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, number)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FLOWINFO, 1)
            self.sockets[sock] = lambda own, number=number: self.from_own6(own, number)
        # Somebody listens: else the kernel would send errors, which are packets of the same connections.
        self.listeners = []
        for port in job["ports"]:
            for family in FAMILIES.values():
                sock = socket.socket(family, socket.SOCK_DGRAM)
                if family == socket.AF_INET6:
                    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                sock.bind(("", port))
                self.listeners.append(sock)
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def from_wire(self, sock, dev):
        data, address = sock.recvfrom(2048)
        # An end sees what it sends itself, too.
        return None if address[2] == socket.PACKET_OUTGOING else read_packet(data[14:], dev)

    def from_own(self, sock):
        return read_packet(sock.recv(2048), "own")

    def from_own6(self, sock, number):
        """A raw socket of IPv6 gives no header: what stood in it comes beside."""
        data, ancillary, _, address = sock.recvmsg(2048, 512)
        said = {kind: value for _, kind, value in ancillary}
        label = struct.unpack("!I", said.get(IPV6_FLOWINFO, bytes(4)))[0] & 0xFFFFF
        dst = socket.inet_ntop(socket.AF_INET6, said[socket.IPV6_PKTINFO][:16])
        return read_body(6, number, data, label, {"dev": "own", "src": address[0].split("%")[0], "dst": dst})

    def send(self, dev, packet, scope):
        version = packet[0] >> 4
        if dev != "own":
            sock, frame = self.ends[dev, version]
            sock.send(frame + packet)
            return
        # The kernel chooses the route by the socket's source, not by the header's.
        try:
            if version == 4:
                self.raw.bind((socket.inet_ntoa(packet[12:16]), 0))
                self.raw.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))
            else:
                self.send_own6(packet, scope)
        except OSError:
            pass

    def send_own6(self, packet, scope):
        """A link-local address is one of a device: that by which the request came."""
        src, dst = (socket.inet_ntop(socket.AF_INET6, packet[at:at + 16]) for at in (8, 24))
        device = socket.if_nametoindex(scope)
        with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            sock.bind((src, 0, 0, device if src.startswith("fe80") else 0))
            # It is to be sent by no device but the one that the route names, as a server's answer is.
            sock.setsockopt(socket.SOL_SOCKET, SO_BINDTOIFINDEX, 0)
            sock.sendto(packet, (dst, 0, 0, device if dst.startswith("fe80") else 0))

    def arrival(self, ident):
        """The packet with this identification, and a reset of the router's own when there was one."""
        found, reset = None, None
        while True:
            ready, _, _ = select.select(list(self.sockets), [], [], 0 if found else self.wait)
            if not ready:
                return found, reset
            for sock in ready:
                told = self.sockets[sock](sock)
                if told and told[1].pop("reset", False):
                    reset = told[1]
                elif told and told[0] == ident:
                    found = told[1]


def main():
    job = json.load(sys.stdin)
    os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
    wires = Wires(job)
    results = []
    ident = 1
    for header in job["packets"]:
        result = []
        wires.send(header["dev"], ip_packet(header, ident, False), header["dev"])
        there, reset = wires.arrival(ident)
        result.append(there)
        ident = ident % 60000 + 1
        if there:
            if there["dev"] == "own" and header["protocol"] == "tcp":
                result.append(reset)
            else:
                back = {"src": there["dst"], "dst": there["src"], "sport": there["dport"], "dport": there["sport"], "protocol": header["protocol"]}
                wires.send(there["dev"], ip_packet(back, ident, True), header["dev"])
                result.append(wires.arrival(ident)[0])
                ident = ident % 60000 + 1
                wires.send(header["dev"], ip_packet(header, ident, False), header["dev"])
                result.append(wires.arrival(ident)[0])
                ident = ident % 60000 + 1
        results.append(result)
    json.dump(results, sys.stdout)


main()
