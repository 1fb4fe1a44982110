/** Keeps a live picture near its newest media: far behind it jumps, a little behind it hurries. */

/** Seconds. */
const jumpAfter = 3;
/** Right after the start: what the group of pictures brought is history. */
const settleAfter = 0.8;
const margin = 0.3;
const runFrom = 1.2;
const hurryFrom = 0.6;
const dawdleBelow = 0.1;

/** To be called several times a second with where the newest run of media lies. */
export function openSteering(video: HTMLVideoElement): (newest: { readonly start: number; readonly end: number } | undefined) => void {
  let settled = false;
  return (newest) => {
    if (!newest || video.seeking) return;
    const { start, end } = newest;
    const ahead = end - video.currentTime;
    if (video.currentTime < start || ahead > (settled ? jumpAfter : settleAfter)) {
      video.currentTime = Math.max(start, end - margin);
      video.playbackRate = 1;
    } else video.playbackRate = ahead > runFrom ? 1.1 : ahead > hurryFrom ? 1.04 : ahead < dawdleBelow ? 0.97 : 1;
    settled ||= video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
    if (video.paused) void video.play().catch(() => undefined); // muted playback is allowed; a hidden page may refuse for now
  };
}
