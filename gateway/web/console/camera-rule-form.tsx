/** One rule for the events of a camera: which, what alarm it becomes, when it counts, and who looks. */
import { Alert, Button, Form, Input, Modal, Select } from 'antd';
import { useState } from 'react';
import { titleOf } from '../../domain/alarm-types.ts';
import type { CameraEventsView, ChannelView } from '../../domain/api.ts';
import { type CameraEventKind, type CameraEventRule, cameraEventKinds, cameraEventRows, isLifeRule } from '../../domain/camera-events.ts';
import { channelId } from '../../domain/ids.ts';
import { fieldErrors } from '../shared/problem-text.ts';
import { type WeekWindow, weekOf, windowText } from '../shared/week-text.ts';
import { AlarmTypeField } from './alarm-type-field.tsx';
import type { PageProps } from './console.tsx';
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
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<readonly string[]>([]);
  const kind = Form.useWatch('kind', form);
  const type = Form.useWatch('type', form);
  const forLife = kind !== undefined && isLifeRule({ kind, ...(type ? { type } : {}) });
  const offered = (one: CameraEventKind) => events?.kinds.some((each) => each.kind === one && each.offered) ?? false;
  const topics = events?.kinds.flatMap((each) => each.topic ?? []) ?? [];

  const submit = async (answers: Answers) => {
    const given = ruleOf(answers, forLife);
    if (!given) {
      form.setFields([{ name: 'schedule', errors: [say('mustBe', { what: say('field.schedule') })] }]);
      return;
    }
    setBusy(true);
    setWrong([]);
    try {
      await save(given);
      close();
    } catch (error) {
      const { fields, rest } = fieldErrors(error, { said, within: /^(?:cameras\.[^.]+\.)?events\[\d+\]\.?/ }, { say, language });
      form.setFields([...fields]);
      if (fields[0]) form.scrollToField(fields[0].name, { focus: true });
      setWrong(rest);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Modal open={open} onCancel={close} title={say(rule ? 'editRule' : 'addRule')} footer={null}>
      <Form<Answers>
        form={form}
        layout="vertical"
        requiredMark={false}
        scrollToFirstError={{ focus: true }}
        initialValues={rule ? { ...rule, schedule: rule.schedule && weekOf(rule.schedule) } : {}}
        onFinish={(answers) => void submit(answers)}
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
        {wrong.map((line) => (
          <Alert key={line} type="error" showIcon title={line} className="gap" />
        ))}
        <Button type="primary" htmlType="submit" loading={busy}>
          {say('save')}
        </Button>
      </Form>
    </Modal>
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
