/** While something is asked for: a skeleton; where it cannot be had: why, and a button that asks again. */
import { Alert, Button, Skeleton } from 'antd';
import { problemText } from '../shared/problem-text.ts';
import type { Language, Say } from '../shared/texts.ts';
import type { Asked } from '../shared/use-asked.ts';

interface AskedStateProps {
  readonly asked: Asked<unknown>;
  readonly say: Say;
  readonly language: Language;
}

/** Nothing, once there is an answer and the last question did not fail. */
export function AskedState({ asked: { answer, failure, again }, say, language }: AskedStateProps) {
  if (failure !== undefined) {
    return (
      <Alert
        type="warning"
        showIcon
        title={answer === undefined ? problemText(failure, say, language) : say('askedOld', { why: problemText(failure, say, language) })}
        action={<Button onClick={again}>{say('retry')}</Button>}
      />
    );
  }
  return answer === undefined ? <Skeleton active paragraph={{ rows: 2 }} title={false} /> : null;
}
