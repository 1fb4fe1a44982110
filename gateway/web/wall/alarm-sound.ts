/** Alarm sounds. Browsers keep a page silent until it was clicked: arming is that click, and plays a short proof. */
import { useEffect, useRef, useState } from 'react';

export interface AlarmSound {
  readonly armed: boolean;
  arm(): void;
}

function tone(context: AudioContext, frequency: number, from: number, length: number): void {
  const oscillator = context.createOscillator();
  const gain = context.createGain();
  oscillator.frequency.value = frequency;
  gain.gain.value = 0.25;
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(context.currentTime + from);
  oscillator.stop(context.currentTime + from + length);
}

/** `panic`: two tones without end; `open`: three pulses every five seconds. */
export function useAlarmSound(panic: boolean, open: boolean): AlarmSound {
  const context = useRef<AudioContext>(undefined);
  const [armed, setArmed] = useState(false);

  useEffect(() => {
    if (!armed || !open) return;
    const sound = () => {
      const out = context.current;
      if (!out) return;
      if (panic) for (const step of [0, 1, 2, 3]) tone(out, step % 2 === 0 ? 880 : 660, step * 0.25, 0.25);
      else for (const step of [0, 1, 2]) tone(out, 780, step * 0.3, 0.15);
    };
    sound();
    const again = setInterval(sound, panic ? 1_000 : 5_000);
    return () => clearInterval(again);
  }, [armed, panic, open]);

  return {
    armed,
    arm() {
      context.current ??= new AudioContext();
      void context.current.resume().then(() => {
        const out = context.current;
        if (!out) return;
        tone(out, 660, 0, 0.12);
        setArmed(out.state === 'running');
      });
    },
  };
}
