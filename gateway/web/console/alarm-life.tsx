/** How an alarm stands, what may be done next, and what was done by whom. The gateway offers the steps; what it refuses is shown in its words. */
import { Alert, Button, Input, Select, Space, Tag, Timeline } from 'antd';
import { useState } from 'react';
import type { AlarmCause, LifeStep, StepName } from '../../domain/alarm-step.ts';
import type { AlarmView, LifeView } from '../../domain/api.ts';
import { problemText } from '../shared/problem-text.ts';
import { momentText } from '../shared/time-text.ts';
import type { PageProps } from './console.tsx';

const causes = ['true', 'user-error', 'equipment', 'test', 'drill', 'weather', 'duplicate', 'unknown'] as const satisfies readonly AlarmCause[];
const stateColour = {
  received: 'red',
  verifying: 'orange',
  acknowledged: 'blue',
  dispatched: 'geekblue',
  'on-scene': 'purple',
  resolved: 'green',
  closed: 'default',
} as const;

export function StateTag({ alarm, say }: { readonly alarm: AlarmView; readonly say: PageProps['say'] }) {
  return <Tag color={stateColour[alarm.state]}>{say(`state.${alarm.state}`)}</Tag>;
}

type AlarmLifeProps = Pick<PageProps, 'school' | 'say' | 'language' | 'may'> & { readonly alarm: AlarmView };

export function AlarmLife({ alarm, school, say, language, may }: AlarmLifeProps) {
  const allowed = may('POST /api/v1/alarms/:id/steps');
  const [asking, setAsking] = useState<StepName>();
  const [refusal, setRefusal] = useState<string>();
  const take = async (step: LifeStep) => {
    setRefusal(undefined);
    try {
      await school.take(alarm.id, step);
      setAsking(undefined);
    } catch (error) {
      setRefusal(problemText(error, say, language));
    }
  };
  const press = (name: StepName) => {
    setRefusal(undefined);
    if (name === 'dispatched' || name === 'resolved' || name === 'reopened') setAsking(name);
    else void take({ name });
  };
  return (
    <section aria-label={say('life')} data-testid="alarm-life">
      <h3>{say('life')}</h3>
      <StateTag alarm={alarm} say={say} />
      <p>
        <Space wrap>
          {(allowed ? alarm.steps : []).map((name, index) => (
            <Button key={name} type={index === alarm.steps.length - 1 && name !== 'reopened' ? 'primary' : 'default'} onClick={() => press(name)}>
              {say(`step.${name}`)}
            </Button>
          ))}
        </Space>
      </p>
      {allowed ? null : <p className="quiet">{say('stepsNotYours')}</p>}
      {alarm.state === 'resolved' && alarm.severity === 1 ? <p className="quiet">{say('secondPerson')}</p> : null}
      {asking !== undefined && alarm.steps.includes(asking) ? (
        <Question key={asking} asking={asking} say={say} answer={take} cancel={() => setAsking(undefined)} />
      ) : null}
      {refusal === undefined ? null : <Alert className="life-refusal" type="warning" showIcon title={refusal} />}
      {alarm.timeline.length === 0 ? <p className="quiet">{say('nothingDone')}</p> : null}
      <Timeline
        items={alarm.timeline.map((line) => ({
          key: `${line.at} ${'step' in line ? line.step.name : line.level}`,
          color: 'step' in line ? 'blue' : 'red',
          content: <Deed line={line} say={say} />,
        }))}
      />
    </section>
  );
}

interface QuestionProps {
  readonly asking: StepName;
  readonly say: PageProps['say'];
  answer(step: LifeStep): Promise<void>;
  cancel(): void;
}

function Question({ asking, say, answer, cancel }: QuestionProps) {
  const [text, setText] = useState('');
  const [cause, setCause] = useState<AlarmCause>();
  const said = text.trim();
  const step: LifeStep | undefined =
    asking === 'resolved'
      ? cause && { name: 'resolved', cause, ...(said === '' ? {} : { text: said }) }
      : said === ''
        ? undefined
        : asking === 'dispatched'
          ? { name: 'dispatched', unit: said }
          : { name: 'reopened', reason: said };
  const label = say(asking === 'resolved' ? 'note' : asking === 'dispatched' ? 'unit' : 'reopenReason');
  return (
    <form
      className="life-question"
      onSubmit={(event) => {
        event.preventDefault();
        if (step) void answer(step);
      }}
    >
      {asking === 'resolved' ? (
        <Select<AlarmCause>
          aria-label={say('cause')}
          placeholder={say('cause')}
          {...(cause === undefined ? {} : { value: cause })}
          onChange={setCause}
          options={causes.map((value) => ({ value, label: say(`cause.${value}`) }))}
        />
      ) : null}
      <Input
        aria-label={label}
        placeholder={label}
        maxLength={asking === 'dispatched' ? 80 : 500}
        value={text}
        onChange={(change) => setText(change.target.value)}
      />
      <Space>
        <Button type="primary" htmlType="submit" disabled={step === undefined}>
          {say('record')}
        </Button>
        <Button onClick={cancel}>{say('cancel')}</Button>
      </Space>
    </form>
  );
}

function Deed({ line, say }: { readonly line: LifeView; readonly say: PageProps['say'] }) {
  if (!('step' in line)) {
    return (
      <>
        {momentText(line.at)} <strong>{say('escalated', { level: line.level })}</strong> {say(`told.${line.to}`)}
      </>
    );
  }
  const { at, by, seat, step } = line;
  return (
    <>
      {momentText(at)} <strong>{say(`did.${step.name}`)}</strong> {by} <span className="quiet">{seat === undefined ? '' : say(`seat.${seat}`)}</span>
      <div>{detailOf(step, say)}</div>
    </>
  );
}

function detailOf(step: LifeStep, say: PageProps['say']): string {
  switch (step.name) {
    case 'dispatched':
      return step.unit;
    case 'resolved':
      return step.text === undefined ? say(`cause.${step.cause}`) : `${say(`cause.${step.cause}`)}: ${step.text}`;
    case 'reopened':
      return step.reason;
    case 'verifying':
    case 'acknowledged':
    case 'on-scene':
    case 'closed':
      return '';
  }
}
