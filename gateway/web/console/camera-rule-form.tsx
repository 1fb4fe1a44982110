/** One rule for the events of a camera: which, what alarm it becomes, when it counts, and who looks. */
import { Alert, Form, Input, Select } from 'antd';
import { titleOf } from '../../domain/alarm-types.ts';
import type { CameraEventsView, ChannelView } from '../../domain/api.ts';
import { type CameraEventKind, type CameraEventRule, cameraEventKinds, cameraEventRows, isLifeRule } from '../../domain/camera-events.ts';
import { channelId } from '../../domain/ids.ts';
import { type WeekWindow, weekOf, windowText } from '../shared/week-text.ts';
import { AlarmTypeField } from './alarm-type-field.tsx';
import type { PageProps } from './console.tsx';
import { RuleModal } from './rule-modal.tsx';
import { ScheduleField } from './schedule-field.tsx';

interface Answers {
  readonly kind?: CameraEventKind;
  readonly source?: string;
  readonly topic?: string;
  readonly name?: string;
  readonly type?: string;
  readonly schedule?: readonly WeekWindow[];
  readonly channels?: readonly string[];
}

const said = {
  kind: 'field.kind',
  source: 'field.source',
  topic: 'field.topic',
  name: 'field.name',
  type: 'field.type',
  schedule: 'field.schedule',
  channels: 'field.channels',
} as const;

interface CameraRuleFormProps extends Pick<PageProps, 'say' | 'language'> {
  readonly events: CameraEventsView | undefined;
  readonly channels: readonly ChannelView[];
  /** Undefined: a new one. */
  readonly rule: CameraEventRule | undefined;
  readonly open: boolean;
  close(): void;
  /** Rejects with what the gateway refuses. */
  save(rule: CameraEventRule): Promise<void>;
}

export function CameraRuleForm({ events, channels, rule, open, say, language, close, save }: CameraRuleFormProps) {
  const [form] = Form.useForm<Answers>();
  const kind = Form.useWatch('kind', form);
  const type = Form.useWatch('type', form);
  const forLife = kind !== undefined && isLifeRule({ kind, ...(type ? { type } : {}) });
  const offered = (one: CameraEventKind) => events?.kinds.some((each) => each.kind === one && each.offered) ?? false;
  const topics = events?.kinds.flatMap((each) => each.topic ?? []) ?? [];

  const keep = (answers: Answers) => {
    const given = ruleOf(answers, forLife);
    if (given) return () => save(given);
    form.setFields([{ name: 'schedule', errors: [say('mustBe', { what: say('field.schedule') })] }]);
    return undefined;
  };

  return (
    <RuleModal<Answers>
      {...{ form, open, close, say, language }}
      isNew={!rule}
      initialValues={rule ? { ...rule, schedule: rule.schedule && weekOf(rule.schedule) } : {}}
      problems={{ said, within: /^(?:cameras\.[^.]+\.)?events\[\d+\]\.?/ }}
      save={keep}
    >
      <Form.Item name="kind" label={say('eventKind')} rules={[{ required: true, message: say('mustBe', { what: say('field.kind') }) }]}>
        <Select
          virtual={false}
          options={[...cameraEventKinds]
            .sort((a, b) => Number(offered(b)) - Number(offered(a)))
            .map((value) => ({
              value,
              label: `${cameraEventRows[value].title[language]}${offered(value) ? ` (${say('eventKindOffered')})` : ''}`,
            }))}
        />
      </Form.Item>
      {kind === 'other' ? (
        <Form.Item name="topic" label={say('eventTopic')} {...(topics.length === 0 ? {} : { extra: topics.join(', ') })}>
          <Input spellCheck={false} />
        </Form.Item>
      ) : null}
      <Form.Item name="source" label={say('eventSource')} extra={say('eventSourceHelp')}>
        <Input spellCheck={false} />
      </Form.Item>
      <Form.Item
        name="type"
        label={say('ruleType')}
        {...(kind === undefined ? {} : { extra: say('eventTypeHelp', { type: titleOf(cameraEventRows[kind].type)[language] }) })}
      >
        <AlarmTypeField language={language} />
      </Form.Item>
      <Form.Item name="name" label={say('eventName')} extra={say('eventNameHelp')}>
        <Input />
      </Form.Item>
      {forLife ? (
        <Alert type="info" showIcon title={say('lifeAlways')} className="gap" />
      ) : (
        <Form.Item name="schedule" label={say('schedule')}>
          <ScheduleField say={say} />
        </Form.Item>
      )}
      <Form.Item name="channels" label={say('eventChannels')} extra={say('eventChannelsHelp')}>
        <Select mode="multiple" options={channels.map(({ id, number, name }) => ({ value: id, label: `${number} ${name}` }))} />
      </Form.Item>
    </RuleModal>
  );
}

/** Undefined: a window of its schedule is not one. */
function ruleOf({ kind, source, topic, name, type, schedule, channels = [] }: Answers, forLife: boolean): CameraEventRule | undefined {
  if (kind === undefined) return undefined;
  const windows = forLife ? undefined : schedule?.map(windowText);
  const readable = windows?.flatMap((text) => text ?? []);
  if (windows && readable?.length !== windows.length) return undefined;
  return {
    kind,
    ...(source?.trim() ? { source: source.trim() } : {}),
    ...(kind === 'other' && topic?.trim() ? { topic: topic.trim() } : {}),
    ...(name?.trim() ? { name: name.trim() } : {}),
    ...(type?.trim() ? { type: type.trim() } : {}),
    ...(readable ? { schedule: readable } : {}),
    ...(channels.length > 0 ? { channels: channels.map(channelId) } : {}),
  };
}
