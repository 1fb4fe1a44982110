/** One command to a panel: why, for how long it is valid, and what became of it. What does harm is confirmed first. */
import { Alert, Button, Checkbox, Form, Input, InputNumber, Modal, Radio, Select } from 'antd';
import { useEffect, useState } from 'react';
import { api, type CommandAnswer, type CommandOp } from '../shared/api.ts';
import { problemText } from '../shared/problem-text.ts';
import type { Language, Say } from '../shared/texts.ts';

export interface Command {
  readonly op: CommandOp;
  /** Of siren. */
  readonly on?: boolean;
  /** Of bypass and unbypass. */
  readonly zone?: { readonly id: string; readonly name: string };
}

const dangerous = ['disarm', 'reset', 'siren', 'bypass'] as const;
const dangerOf = ({ op, on }: Command) => dangerous.find((one) => one === op && on !== false);
export const isDangerous = (command: Command): boolean => dangerOf(command) !== undefined;

export function commandTitle({ op, on, zone }: Command, say: Say): string {
  const name = say(op === 'siren' && on === false ? 'op.sirenOff' : `op.${op}`);
  return zone === undefined ? name : `${name} ${zone.id} ${zone.name}`;
}

interface Answers {
  readonly mode?: 'away' | 'home' | 'night';
  readonly partition?: string;
  readonly reason: string;
  readonly seconds: number;
}

interface CommandFormProps {
  readonly panel: string;
  readonly command: Command;
  readonly open: boolean;
  /** Of the panel, as it told them. */
  readonly partitions: readonly string[];
  readonly say: Say;
  readonly language: Language;
  /** Something is in the log now. */
  told(): void;
  close(): void;
}

const alertOf = { accepted: 'success', refused: 'error', unknown: 'warning', 'not-sent': 'warning' } as const;

export function CommandForm({ panel, command, open, partitions, say, language, told, close }: CommandFormProps) {
  const [sentFor, setSentFor] = useState<number>();
  const [result, setResult] = useState<CommandAnswer>();
  const [failure, setFailure] = useState<unknown>();
  const danger = dangerOf(command);

  const send = async ({ mode, partition, reason, seconds }: Answers) => {
    const { op, on, zone } = command;
    setSentFor(seconds);
    setFailure(undefined);
    try {
      const where = { ...(partition === undefined ? {} : { partition }), ...(mode === undefined ? {} : { mode }) };
      const what = { ...(on === undefined ? {} : { on }), ...(zone === undefined ? {} : { zone: zone.id }) };
      setResult(await api.command(panel, op, { reason: reason.trim(), seconds, ...where, ...what }));
    } catch (error) {
      setFailure(error);
    } finally {
      setSentFor(undefined);
      told();
    }
  };

  return (
    <Modal open={open} onCancel={close} title={commandTitle(command, say)} footer={null}>
      {result ? (
        <>
          <Alert
            type={alertOf[result.outcome]}
            showIcon
            title={say(`outcome.${result.outcome}`)}
            description={result.words[language]}
            className="gap"
          />
          <Button type="primary" autoFocus onClick={close}>
            {say('close')}
          </Button>
        </>
      ) : (
        <Form<Answers>
          layout="vertical"
          requiredMark={false}
          scrollToFirstError={{ focus: true }}
          disabled={sentFor !== undefined}
          initialValues={{ seconds: 15, ...(command.op === 'arm' ? { mode: 'away' } : {}) }}
          onFinish={(answers) => void send(answers)}
        >
          {danger ? <Alert type="warning" showIcon title={say(`danger.${danger}`)} className="gap" /> : null}
          {command.op === 'arm' ? (
            <Form.Item name="mode" label={say('mode')}>
              <Radio.Group options={(['away', 'home', 'night'] as const).map((value) => ({ value, label: say(`mode.${value}`) }))} />
            </Form.Item>
          ) : null}
          {command.zone === undefined && command.op !== 'sync' && partitions.length > 1 ? (
            <Form.Item name="partition" label={say('partition')}>
              <Select allowClear placeholder={say('wholePanel')} options={partitions.map((value) => ({ value, label: value }))} />
            </Form.Item>
          ) : null}
          <Form.Item
            name="reason"
            label={say('commandReason')}
            extra={say('commandReasonHelp')}
            rules={[{ required: true, whitespace: true, message: say('mustGiveReason') }]}
          >
            <Input autoFocus maxLength={80} />
          </Form.Item>
          <Form.Item name="seconds" label={say('validFor')} extra={say('validForHelp')} rules={[{ required: true, message: say('validForHelp') }]}>
            <InputNumber min={1} max={60} precision={0} suffix={say('secondsUnit')} />
          </Form.Item>
          {danger ? (
            <Form.Item
              name="certain"
              valuePropName="checked"
              rules={[{ validator: (_, ticked) => (ticked === true ? Promise.resolve() : Promise.reject(new Error(say('mustBeCertain')))) }]}
            >
              <Checkbox>{say('certain')}</Checkbox>
            </Form.Item>
          ) : null}
          {failure === undefined ? null : <Alert type="error" showIcon title={problemText(failure, say, language)} className="gap" />}
          <Button type="primary" htmlType="submit" danger={danger !== undefined} loading={sentFor !== undefined}>
            {commandTitle(command, say)}
          </Button>
          {sentFor === undefined ? null : <Awaiting seconds={sentFor} say={say} />}
        </Form>
      )}
    </Modal>
  );
}

/** How long the panel may still take. */
function Awaiting({ seconds, say }: { readonly seconds: number; readonly say: Say }) {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    const tick = setInterval(() => setLeft((before) => Math.max(0, before - 1)), 1_000);
    return () => clearInterval(tick);
  }, []);
  return (
    <p className="quiet" role="status">
      {say('awaiting', { n: left })}
    </p>
  );
}
