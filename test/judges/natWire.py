"""Sends real packets through a router namespace and says what came out where. Standard input: one JSON object, standard output: another.

In:  {"router": namespace, "ports": UDP ports that are open there, "wait": seconds, "ends": [{"dev", "end", "router_mac", "end_mac"}], "packets": [{"dev", "src", "dst", "protocol", "sport", "dport"}]}
Out: for each packet what the request, its answer and the request sent once more became: {"dev", "src", "dst", "sport", "dport"}, where `dev` is the
router's device that it left by, or "own" when the router took it itself, or null when it is gone.
It runs in the namespace of the ends.
"""
import ctypes
import json
import os
import select
import socket
import struct
import sys

PROTOCOLS = {"icmp": 1, "tcp": 6, "udp": 17}
CLONE_NEWNET = 0x40000000
ETH_P_IP = 0x0800
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


def ip_packet(header, ident, is_answer):
    """The IP packet; the ports of ICMP are its identifier."""
    number = PROTOCOLS[header["protocol"]]
    sport, dport = header["sport"], header["dport"]
    src, dst = socket.inet_aton(header["src"]), socket.inet_aton(header["dst"])
    data = b"dvrscope"
    if number == 1:
        body = struct.pack("!BBHHH", 0 if is_answer else 8, 0, 0, dport if is_answer else sport, 1) + data
        body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    else:
        if number == 6:
            flags, seq, ack = (0x12, 5000, 1001) if is_answer else (0x02, 1000, 0)
            body = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags, 8192, 0, 0)
            at = 16
        else:
            body = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
            at = 6
        value = checksum(src + dst + struct.pack("!BBH", 0, number, len(body)) + body) or 0xFFFF
        body = body[:at] + struct.pack("!H", value) + body[at + 2:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), ident, 0, 64, number, 0, src, dst)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def read(packet, dev):
    """What an IP packet says, with its identification, or None for what is no packet of ours."""
    if len(packet) < 28 or packet[0] >> 4 != 4:
        return None
    start = (packet[0] & 15) * 4
    ident, number = struct.unpack("!H", packet[4:6])[0], packet[9]
    body = packet[start:]
    seen = {"dev": dev, "src": socket.inet_ntoa(packet[12:16]), "dst": socket.inet_ntoa(packet[16:20])}
    if number == 1:
        if body[0] not in (0, 8):
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
        self.sockets = {}
        for end in job["ends"]:
            sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP))
            sock.bind((end["end"], ETH_P_IP))
            frame = bytes.fromhex((end["router_mac"] + end["end_mac"]).replace(":", "")) + struct.pack("!H", ETH_P_IP)
            self.ends[end["dev"]] = (sock, frame)
            self.sockets[sock] = end["dev"]
        enter("/run/netns/" + job["router"])
        for number in PROTOCOLS.values():
            sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, number)
            self.sockets[sock] = "own"
        # Somebody listens: else the kernel would send errors, which are packets of the same connections.
        self.listeners = []
        for port in job["ports"]:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("0.0.0.0", port))
            self.listeners.append(sock)
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, dev, packet):
        if dev == "own":
            try:
                # The kernel chooses the route by the socket's source, not by the header's.
                self.raw.bind((socket.inet_ntoa(packet[12:16]), 0))
                self.raw.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))
            except OSError:
                pass
        else:
            sock, frame = self.ends[dev]
            sock.send(frame + packet)

    def arrival(self, ident):
        """The packet with this identification, and a reset of the router's own when there was one."""
        found, reset = None, None
        while True:
            ready, _, _ = select.select(list(self.sockets), [], [], 0 if found else self.wait)
            if not ready:
                return found, reset
            for sock in ready:
                data, address = sock.recvfrom(2048)
                dev = self.sockets[sock]
                # An end sees what it sends itself, too.
                if dev != "own" and address[2] == socket.PACKET_OUTGOING:
                    continue
                told = read(data if dev == "own" else data[14:], dev)
                if told and told[1].pop("reset", False):
                    if dev != "own":
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
        wires.send(header["dev"], ip_packet(header, ident, False))
        there, reset = wires.arrival(ident)
        result.append(there)
        ident = ident % 60000 + 1
        if there:
            if there["dev"] == "own" and header["protocol"] == "tcp":
                result.append(reset)
            else:
                back = {"src": there["dst"], "dst": there["src"], "sport": there["dport"], "dport": there["sport"], "protocol": header["protocol"]}
                wires.send(there["dev"], ip_packet(back, ident, True))
                result.append(wires.arrival(ident)[0])
                ident = ident % 60000 + 1
                wires.send(header["dev"], ip_packet(header, ident, False))
                result.append(wires.arrival(ident)[0])
                ident = ident % 60000 + 1
        results.append(result)
    json.dump(results, sys.stdout)


main()
