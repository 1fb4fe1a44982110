/** The test camera's side of RTP over UDP. */
import { createSocket, type Socket } from 'node:dgram';

export interface DatagramLine {
  readonly port: number;
  /** The RTP port of whoever plays. */
  readonly target: number;
  send(packets: readonly Buffer[], report: Buffer | undefined): void;
  close(): void;
}

/** Sends to 127.0.0.1:`target` and the port above it. */
export async function openDatagramLine(target: number, heard: Buffer[]): Promise<DatagramLine> {
  const bind = (port: number) =>
    new Promise<Socket>((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('error', reject);
      socket.bind(port, '127.0.0.1', () => resolve(socket));
    });
  for (let tries = 0; ; tries += 1) {
    const rtp = await bind(0);
    const { port } = rtp.address();
    const rtcp = await bind(port + 1).catch(() => undefined);
    if (!rtcp) {
      rtp.close();
      if (tries > 20) throw new Error('No two ports in a row are free.');
      continue;
    }
    rtcp.on('message', (packet) => heard.push(packet));
    return {
      port,
      target,
      send: (packets, report) => {
        if (report) rtcp.send(report, target + 1, '127.0.0.1');
        for (const packet of packets) rtp.send(packet, target, '127.0.0.1');
      },
      close: () => {
        rtp.close();
        rtcp.close();
      },
    };
  }
}
