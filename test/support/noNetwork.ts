/** Loaded before a program by `--import`: whatever would go over a network says so on standard error, and fails. */
import dgram from 'node:dgram';
import dns from 'node:dns';
import net from 'node:net';

function refuse(what: string): never {
  process.stderr.write(`network: ${what}\n`);
  throw new Error(`network: ${what}`);
}

// All of TCP, local sockets, TLS, HTTP and `fetch` goes through one of these.
net.Socket.prototype.connect = () => refuse('connect');
net.Server.prototype.listen = () => refuse('listen');
dgram.Socket.prototype.send = () => refuse('send');
dgram.Socket.prototype.bind = () => refuse('bind');
Object.assign(dns, { lookup: () => refuse('lookup'), resolve: () => refuse('resolve') });
Object.assign(dns.promises, { lookup: () => refuse('lookup'), resolve: () => refuse('resolve') });
