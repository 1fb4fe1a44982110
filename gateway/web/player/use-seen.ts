/** Whether anybody can see an element, and how large it is shown. */
import { type RefObject, useEffect, useState } from 'react';

/** A glance at another window, or a scroll past, costs no picture. */
const unseenLimit = 5_000;

/** False once the element has been off the screen, or its page hidden, for 5 s. */
export function useSeen(element: RefObject<HTMLElement | null>, always: boolean): boolean {
  const [seen, setSeen] = useState(true);
  useEffect(() => {
    if (always || !element.current) {
      setSeen(true);
      return;
    }
    let onScreen = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = () => {
      clearTimeout(timer);
      if (onScreen && document.visibilityState === 'visible') setSeen(true);
      else timer = setTimeout(() => setSeen(false), unseenLimit);
    };
    const observer = new IntersectionObserver((entries) => {
      onScreen = entries.at(-1)?.isIntersecting ?? onScreen;
      look();
    });
    observer.observe(element.current);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      document.removeEventListener('visibilitychange', look);
    };
  }, [element, always]);
  return seen;
}

/** Whether the element is shown wider than `limit` CSS pixels; it does not waver at the limit. */
export function useWiderThan(element: RefObject<HTMLElement | null>, limit: number): boolean {
  const [wider, setWider] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver((entries) => {
      const width = entries.at(-1)?.contentRect.width ?? 0;
      setWider((before) => width > (before ? 0.9 * limit : limit));
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, limit]);
  return wider;
}
