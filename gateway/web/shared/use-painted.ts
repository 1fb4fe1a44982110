/** The proof that a screen drew something: it stood on a visible page, within what can be seen of it, and a frame was painted. */
import { type RefObject, useEffect } from 'react';

/** Half of it in sight counts: an edge that peeks out has been read by nobody. */
const enough = 0.5;

/** Told once per id. Undefined: there is nothing to show. */
export function usePainted(element: RefObject<HTMLElement | null>, id: string | undefined, painted: (id: string) => void): void {
  useEffect(() => {
    if (id === undefined || !element.current) return;
    let inSight = false;
    let frame = 0;
    const look = () => {
      cancelAnimationFrame(frame);
      if (!inSight || document.visibilityState !== 'visible') return;
      // The second callback runs after the frame that the first one was of. Neither runs on a hidden page.
      frame = requestAnimationFrame(() => {
        frame = requestAnimationFrame(() => {
          end();
          painted(id);
        });
      });
    };
    const observer = new IntersectionObserver(
      (entries) => {
        inSight = entries.at(-1)?.isIntersecting ?? inSight;
        look();
      },
      { threshold: enough },
    );
    const end = () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      document.removeEventListener('visibilitychange', look);
    };
    observer.observe(element.current);
    document.addEventListener('visibilitychange', look);
    return end;
  }, [element, id, painted]);
}
