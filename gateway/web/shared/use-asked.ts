/** Something that is asked of the API: at once, again when told to, and every so often for as long as it may change. */
import { useCallback, useEffect, useRef, useState } from 'react';

export interface Asked<Answer> {
  /** The last one; it stays while the next is asked for, and where that fails. */
  readonly answer?: Answer;
  /** Why there is no newer one. */
  readonly failure?: unknown;
  again(): void;
}

/** `every`: ms until it is asked again; undefined: it will not change by itself. It is told the last answer, and nothing where the last question failed. */
export function useAsked<Answer>(ask: () => Promise<Answer>, every: (answer: Answer | undefined) => number | undefined): Asked<Answer> {
  const [now, setNow] = useState<{ readonly answer?: Answer; readonly failure?: unknown }>({});
  const [round, setRound] = useState(0);
  const latest = useRef({ ask, every });
  latest.current = { ask, every };
  // An answer that is under way counts, also where it is asked again meanwhile: a slow gateway would never be heard otherwise.
  const questions = useRef({ asked: 0, answered: 0 });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is what asks again.
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let left = false;
    const look = async () => {
      let answer: Answer | undefined;
      questions.current.asked += 1;
      const number = questions.current.asked;
      try {
        answer = await latest.current.ask();
        if (number > questions.current.answered) setNow({ answer });
        questions.current.answered = Math.max(questions.current.answered, number);
      } catch (failure) {
        if (number > questions.current.answered) setNow((before) => ({ ...before, failure }));
      }
      if (left) return;
      const wait = latest.current.every(answer);
      if (wait !== undefined) timer = setTimeout(() => void look(), wait);
    };
    void look();
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [round]);
  const again = useCallback(() => setRound((before) => before + 1), []);
  return { ...now, again };
}
