/** Other people's programs that prove us right. Missing ones are skipped loudly; with REQUIRE_PEERS=1 they are a failure. */
import { spawnSync } from 'node:child_process';

/** The program's name if it can be run, else undefined. */
export function peer(name: string): string | undefined {
  const found = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' });
  return found.status === 0 ? name : missingPeer(name);
}

/** The distribution's Python if it has the modules of GStreamer's RTSP server, else undefined. Another Python on the path has none of them. */
export function pythonWithGstRtspServer(): string | undefined {
  const probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer";
  const python = ['python3', '/usr/bin/python3'].find((name) => spawnSync(name, ['-c', probe]).status === 0);
  return python ?? missingPeer('gir1.2-gst-rtsp-server-1.0 for Python');
}

/** Something that is not a program. */
export function missingPeer(what: string): undefined {
  if (process.env.REQUIRE_PEERS === '1') throw new Error(`The tests need ${what}, and REQUIRE_PEERS=1 is set.`);
  console.warn(`SKIPPED: ${what} is not installed; the tests against it do not run.`);
  return undefined;
}
