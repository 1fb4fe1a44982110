/** The picture that all cameras of the bench play: made once. */
import { spawnSync } from 'node:child_process';
import { findFfmpeg } from '../../gateway/runtime/ffmpeg-path.ts';
import { cached } from './native-programs.ts';

/** 1080p at 25 pictures a second, 2 Mbps at a constant rate, a keyframe every 50 pictures; 20 s. The noise gives it the weight of a real scene. */
const source = ['-f', 'lavfi', '-i', 'testsrc2=size=1920x1080:rate=25', '-t', '20', '-vf', 'noise=alls=12:allf=t', '-pix_fmt', 'yuv420p'];
const encoder = ['-c:v', 'libx264', '-preset', 'superfast', '-profile:v', 'main', '-threads', '2'];
const groups = ['-bf', '0', '-g', '50', '-keyint_min', '50', '-sc_threshold', '0'];
const rate = ['-b:v', '2M', '-minrate', '2M', '-maxrate', '2M', '-bufsize', '500k'];
const making = [...source, ...encoder, ...groups, ...rate, '-f', 'h264'];

/** Path of an H.264 elementary stream. */
export async function cameraClip(): Promise<string> {
  const { path: ffmpeg } = await findFfmpeg();
  return cached('clip.h264', making.join('\0'), (path) => {
    const { status, error, stderr } = spawnSync(ffmpeg, ['-v', 'error', '-y', ...making, path], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${ffmpeg} cannot make the clip that the cameras play (it needs libx264): ${error?.message ?? stderr}`);
  });
}
