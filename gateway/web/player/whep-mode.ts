/** WebRTC by WHEP (RFC 9725): one offer to the gateway, one answer, no server in between. Quickest, where it is offered. */
import type { MediaLink } from './media-link.ts';
import type { Connection, Mode, Over } from './mode.ts';

/** Host candidates are there at once or not at all. */
const gatheredWithin = 1_000;
const statsEvery = 1_000;

export function whepMode(link: MediaLink): Mode {
  return {
    name: 'webrtc',
    connect(video, wish, events): Connection {
      const life = new AbortController();
      let peer: RTCPeerConnection | undefined;
      let session: string | undefined;
      let flowing = false;

      const close = () => {
        if (life.signal.aborted) return;
        life.abort();
        removeEventListener('pagehide', close);
        clearInterval(counting);
        video.pause();
        peer?.close();
        if (session !== undefined) void fetch(session, { method: 'DELETE', keepalive: true }).catch(() => undefined); // it times out by itself
      };
      addEventListener('pagehide', close); // a page that goes says so: its place is free for the next one
      const over = (why: Over) => {
        if (life.signal.aborted) return;
        close();
        events.over(why);
      };

      const open = async () => {
        if (!('RTCPeerConnection' in globalThis)) return over({ kind: 'absent' });
        peer = new RTCPeerConnection();
        const media = new MediaStream();
        peer.addTransceiver('video', { direction: 'recvonly' });
        if (wish.audio) peer.addTransceiver('audio', { direction: 'recvonly' });
        peer.ontrack = ({ track }) => {
          media.addTrack(track);
          if (track.kind === 'video') video.srcObject = media;
          else video.muted = false;
          video.play().catch(() => {
            if (!video.muted) events.silent('blocked'); // a page that nobody has clicked stays silent: better a picture than neither
            video.muted = true;
            void video.play().catch(() => undefined);
          });
        };
        peer.onconnectionstatechange = () => {
          if (peer?.connectionState === 'failed' || peer?.connectionState === 'closed') over({ kind: 'lost' });
        };
        await peer.setLocalDescription(await peer.createOffer());
        await gathered(peer);
        const path = `/media/v1/channels/${encodeURIComponent(wish.channel)}/whep?profile=${wish.profile}&purpose=${wish.purpose}`;
        const response = await fetch(path, {
          method: 'POST',
          headers: { 'content-type': 'application/sdp' },
          body: peer.localDescription?.sdp ?? '',
          signal: life.signal,
        });
        if (!response.ok) return over({ kind: 'absent' });
        session = response.headers.get('location') ?? undefined;
        const sdp = await response.text();
        if (life.signal.aborted) return;
        // AAC comes by the page's socket alone; where there is no sound at all, that one says so.
        if (wish.audio && !sends(sdp, 'audio')) return over({ kind: 'absent' });
        await peer.setRemoteDescription({ type: 'answer', sdp });
      };
      open().catch(() => over({ kind: 'absent' })); // refused, unreachable, or an answer that means nothing to this browser

      let bytes = 0;
      let told = false;
      const count = async () => {
        let received = 0;
        for (const report of (await peer?.getStats())?.values() ?? []) {
          if (report.type === 'inbound-rtp' && report.kind === 'video') received = report.bytesReceived ?? 0;
          if (report.type !== 'codec' || told || !String(report.mimeType).startsWith('video/')) continue;
          told = true;
          events.facts({ codecs: String(report.mimeType).slice('video/'.length) });
        }
        flowing = received > bytes;
        bytes = received;
      };
      const counting = setInterval(() => void count().catch(() => undefined), statsEvery);

      return {
        // The browser tells it by this computer's clock, as far as the sender's reports let it know.
        capturedAt: ({ captureTime, receiveTime }) => {
          const at = captureTime ?? receiveTime;
          const now = Date.now();
          return at === undefined ? undefined : (link.gatewayNow ?? now) - now + performance.timeOrigin + at;
        },
        get flowing() {
          return flowing;
        },
        close,
      };
    },
  };
}

function gathered(peer: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (peer.iceGatheringState === 'complete') resolve();
    };
    peer.addEventListener('icegatheringstatechange', look);
    setTimeout(resolve, gatheredWithin);
    look();
  });
}

/** Whether an answer brings this kind of media: its port is not 0, and it is not inactive (RFC 9429 §5.3.1). */
function sends(sdp: string, kind: string): boolean {
  const section = sdp.split(/\r?\n(?=m=)/).find((part) => part.startsWith(`m=${kind} `));
  return section !== undefined && !section.startsWith(`m=${kind} 0 `) && !/^a=inactive/m.test(section);
}
